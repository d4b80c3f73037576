import type { OpenedMoney } from '../billing/index.ts';
import { formatUsd } from '../billing/rates.ts';
import type { Key } from '../keys/key.ts';
import { isoTime } from './answer.ts';

/** The USD limits of a key and how far each is used up: quota first, then windows from the shortest. */
export function limitRows(money: OpenedMoney, key: Key) {
  return money
    .spendingOf(key)
    .limits.filter(({ name }) => name !== 'wallet')
    .map((limit) => ({
      name: limit.name === 'quota' ? 'quota' : `rate_limit_${limit.name}`,
      limit_usd: formatUsd(limit.limit),
      spent_usd: formatUsd(limit.spent),
      remaining_usd: formatUsd(limit.rest > 0n ? limit.rest : 0n),
      resets_at: isoTime(limit.resetsAt),
    }));
}
