import type { AccountRecord, AdminTokenRecord, GroupRecord, KeyRecord, SecretRecord } from './records.ts';
import type { AuditEntry, LedgerRow } from './rows.ts';

/** One change, whole or not at all. Administrative ones carry their audit row, so that neither is there alone. */
export type Write =
  | { kind: 'charge'; charge: ChargeRecord }
  | { kind: 'transfer'; transfer: TransferRecord; audit: AuditEntry | undefined }
  | { kind: 'account'; account: AccountRecord; audit: AuditEntry | undefined }
  | { kind: 'group'; group: GroupRecord; audit: AuditEntry | undefined }
  /** `role`: it has it from now on, and no other key. */
  | { kind: 'key'; key: KeyRecord; secrets: SecretRecord[]; audit: AuditEntry; role?: KeyRole }
  | { kind: 'admin-token'; token: AdminTokenRecord; audit: AuditEntry }
  | { kind: 'audit'; audit: AuditEntry };

/** `first`: its secret is set by the environment. `playground`: it pays for what administrators try in the console. */
export type KeyRole = 'first' | 'playground';

/** A settled request: its usage row and its ledger row at once. Written once per request id. */
export interface ChargeRecord {
  requestId: string;
  accountId: string;
  keyId: string;
  /** When it settled: `created_at` of the row. */
  at: number;
  /** When the request began: chooses price and window parts. */
  startedAt: number;
  model: string;
  upstream: string;
  upstreamModel: string;
  protocol: string;
  stream: boolean;
  status: number;
  ending: 'complete' | 'client_left';
  simulated: boolean;
  inputUncached: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  outputText: number;
  reasoning: number;
  usageSource: 'upstream' | 'estimated';
  clamped: boolean;
  /** What the wallet paid. `cost + absorbed` is the price of the usage. */
  cost: bigint;
  absorbed: bigint;
  /** What the upstream charges us for it; undefined: the card does not say. */
  upstreamCost: bigint | undefined;
  /** What was reserved. */
  held: bigint;
  /** Rates and multiplier that the price was computed with, as JSON text of `terms.ts` in billing. */
  terms: string;
  ttftMs: number | undefined;
  durationMs: number;
}

/** Money into or out of a wallet by hand. */
export interface TransferRecord {
  accountId: string;
  cause: 'top_up' | 'adjustment';
  /** Signed: what the wallet gains. */
  amount: bigint;
  at: number;
  note: string;
  actor: string;
  /** The same key again gives the first row back. */
  idempotencyKey: string;
}

/** `repeated`: the idempotency key was known and `row` is what was booked then. */
export interface TransferResult {
  row: LedgerRow;
  repeated: boolean;
}
