import { formatUsd } from '../billing/rates.ts';
import { asObject } from '../protocols/json.ts';
import { isoTime } from './answer.ts';

/**
 * What an audit row keeps of a thing, in the words of the API: rows are stored as the program has them, amounts in
 * nano-dollars and instants in Unix ms, so that a row of long ago reads the same in any release.
 */
export function inApiWords(json: string | undefined): unknown {
  if (json === undefined) return null;
  // Text that this program wrote.
  const stored: unknown = JSON.parse(json);
  const fields = asObject(stored);
  if (fields === undefined) return stored;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => toField(name, value)));
}

function toField(name: string, value: unknown): [name: string, value: unknown] {
  const amount = AMOUNTS[name];
  if (amount !== undefined && typeof value === 'string') return [amount, formatUsd(BigInt(value))];
  if (name.endsWith('At') && typeof value === 'number') return [snake(name), isoTime(value)];
  return [NAMES[name] ?? snake(name), value];
}

const AMOUNTS: Readonly<Record<string, string>> = {
  quota: 'quota',
  limit5h: 'rate_limit_5h',
  limit1d: 'rate_limit_1d',
  limit7d: 'rate_limit_7d',
};

const NAMES: Readonly<Record<string, string>> = { ipAllow: 'ip_whitelist', ipDeny: 'ip_blacklist' };

/** `groupId` → `group_id` */
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
