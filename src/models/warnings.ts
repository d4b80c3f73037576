import { dearestUpstreamCostAt, priceAt, priceRowAt, type Rates } from '../billing/rates.ts';
import type { Card } from './card.ts';
import type { Catalog } from './catalog.ts';

/**
 * What an operator should know at start and from `doctor`, one line each: models sold below what their upstream costs
 * at any time of the day, and models whose first price has not begun.
 */
export function warnings(catalog: Catalog, nowMs: number): string[] {
  return catalog.cards.flatMap((card) => [...notBegun(card, nowMs), ...belowCost(card, nowMs)]);
}

const buckets = [
  ['input', 'input'],
  ['cache read', 'cacheRead'],
  ['cache write of 5 minutes', 'cacheWrite5m'],
  ['cache write of 1 hour', 'cacheWrite1h'],
  ['output', 'output'],
] as const satisfies [string, keyof Rates][];

/** A cache write without a price of its own has that of the bucket before it, and is no loss of its own. */
const FALLBACK: Partial<Record<keyof Rates, keyof Rates>> = { cacheWrite5m: 'input', cacheWrite1h: 'cacheWrite5m' };

function belowCost(card: Card, nowMs: number): string[] {
  const dearest = dearestUpstreamCostAt(card, nowMs);
  if (dearest === undefined) return [];
  const price = priceAt(card, nowMs);
  const losses = buckets
    .filter(([, bucket]) => price[bucket] < dearest[bucket] && !sameAs(FALLBACK[bucket], bucket, price, dearest))
    .map(([name, bucket]) => `${name} ${perMillion(price[bucket])} against up to ${perMillion(dearest[bucket])}`);
  if (losses.length === 0) return [];
  return [
    `${card.id} is sold below what its upstream charges, in USD per 1M tokens: ${losses.join(', ')}. ` +
      `Set prices.${card.id} in bytespike.yaml to change it.`,
  ];
}

const sameAs = (other: keyof Rates | undefined, bucket: keyof Rates, ...tables: Rates[]): boolean =>
  other !== undefined && tables.every((rates) => rates[other] === rates[bucket]);

function notBegun(card: Card, nowMs: number): string[] {
  const { from } = priceRowAt(card, nowMs);
  if (Date.parse(from) <= nowMs) return [];
  return [
    `${card.id} has no price before ${from}; that one is charged until then. Is the clock of this machine right?`,
  ];
}

/** Atto-dollars per token → USD per 1M tokens. */
function perMillion(rate: bigint): string {
  const digits = rate.toString().padStart(13, '0');
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`.replace(/\.?0+$/, '');
}
