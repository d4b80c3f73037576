import type { Key } from '../keys/key.ts';
import type { Budget } from './budget.ts';
import { formatUsd } from './rates.ts';
import { orNothing, tightest } from './refusal.ts';

/**
 * `x-ratelimit-*` of the USD window with the least left, `x-quota-remaining-credits` of the lifetime quota; each is left
 * out when the key has no such limit. They tell what is charged, not what running calls hold, so an answer without a
 * charge leaves them as they were.
 */
export function limitHeaders(key: Key, budget: Budget, nowMs: number): Record<string, string> {
  const headers: Record<string, string> = {};
  const window = tightest(budget.windows(key, nowMs));
  if (window !== undefined) {
    headers['x-ratelimit-limit'] = dollars(window.limit);
    headers['x-ratelimit-remaining'] = dollars(orNothing(window.rest));
    headers['x-ratelimit-reset'] = String(Math.ceil((window.resetsAt ?? nowMs) / 1000));
  }
  if (key.quota > 0n) headers['x-quota-remaining-credits'] = roundedUp(orNothing(key.quota - budget.spent));
  return headers;
}

/** Every digit that counts, two places at least: `50.00`, `49.999565`. */
const dollars = (nano: bigint): string => formatUsd(nano, 2);

/** Two places, rounded up: what is left never reads as nothing. */
function roundedUp(nano: bigint): string {
  const cents = (nano + NANO_PER_CENT - 1n) / NANO_PER_CENT;
  return dollars(cents * NANO_PER_CENT);
}

const NANO_PER_CENT = 10_000_000n;
