import type { KeyStanding } from '../billing/index.ts';
import { formatUsd } from '../billing/rates.ts';
import type { Key } from '../keys/key.ts';
import { isoTime } from './answer.ts';

/** The limits of a key on requests and tokens a minute and on requests in flight, those that are set, and what counts now. */
export function rateLimitRows(key: Key, { traffic }: KeyStanding) {
  return (['rpm', 'tpm', 'concurrency'] as const)
    .filter((name) => key[name] > 0)
    .map((name) => ({ name, limit: key[name], used: traffic[name] }));
}

/** The USD limits of a key and how far each is used up: quota first, then windows from the shortest. */
export function limitRows({ limits }: KeyStanding) {
  return limits
    .filter(({ name }) => name !== 'wallet')
    .map((limit) => ({
      name: limit.name === 'quota' ? 'quota' : `rate_limit_${limit.name}`,
      limit_usd: formatUsd(limit.limit),
      spent_usd: formatUsd(limit.spent),
      remaining_usd: formatUsd(limit.rest > 0n ? limit.rest : 0n),
      resets_at: isoTime(limit.resetsAt),
    }));
}
