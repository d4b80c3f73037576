import type { AuditEntry } from '../storage/rows.ts';
import { DEFAULT_ACCOUNT } from './key.ts';

/** Who does an administrative act, and from where. */
export interface Actor {
  /** Name of the admin token, `control-socket`, or `start`. */
  name: string;
  /** Empty: from no network. */
  ip: string;
}

/** The start of the process itself, for what the environment decides. */
export const START: Actor = { name: 'start', ip: '' };

/** The audit row of an act. `before` and `after` are what a client may see of the thing: never a secret or its hash. */
export function auditEntry(
  actor: Actor,
  action: string,
  target: string,
  nowMs: number,
  change: { before?: unknown; after?: unknown },
): AuditEntry {
  const text = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value, bigintAsText));
  return {
    accountId: DEFAULT_ACCOUNT,
    at: nowMs,
    actor: actor.name,
    action,
    target,
    ip: actor.ip,
    before: text(change.before),
    after: text(change.after),
  };
}

const bigintAsText = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
