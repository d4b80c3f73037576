import {
  dearestUpstreamCostAt,
  MULTIPLIER_PLACES,
  PRICE_PLACES,
  parseMultiplier,
  priceAt,
  priceRowAt,
  type Rates,
} from '../billing/rates.ts';
import { formatDecimal } from '../billing/usd.ts';
import type { Group } from '../keys/key.ts';
import type { Card } from './card.ts';
import type { Catalog } from './catalog.ts';

type Buyers = Pick<Group, 'id' | 'models' | 'multiplier'>;

/**
 * What an operator should know at start and from `doctor`, one line each: models sold to some group below what their
 * upstream costs at any time of the day, and models whose first price has not begun.
 */
export function warnings(catalog: Catalog, groups: readonly Buyers[], nowMs: number): string[] {
  return catalog.cards.flatMap((card) => [...notBegun(card, nowMs), ...belowCost(card, groups, nowMs)]);
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

/** A line for each multiplier at which it is sold below cost. */
function belowCost(card: Card, groups: readonly Buyers[], nowMs: number): string[] {
  const dearest = dearestUpstreamCostAt(card, nowMs);
  if (dearest === undefined) return [];
  const price = priceAt(card, nowMs);
  const buyers = groups.filter(({ models }) => models === undefined || models.includes(card.id));
  return [...Map.groupBy(buyers, ({ multiplier }) => parseMultiplier(multiplier))].flatMap(([factor, some]) => {
    const losses = buckets
      .map(([name, bucket]) => ({ name, bucket, sold: price[bucket] * factor, cost: dearest[bucket] * ONCE }))
      .filter(({ bucket, sold, cost }) => sold < cost && !sameAs(FALLBACK[bucket], bucket, price, dearest))
      .map(({ name, sold, cost }) => `${name} ${perMillion(sold)} against up to ${perMillion(cost)}`);
    if (losses.length === 0) return [];
    const ids = some.map(({ id }) => id).join(', ');
    const to = factor === ONCE ? '' : ` to ${ids} (${formatDecimal(factor, MULTIPLIER_PLACES)} times its price)`;
    const or = factor === ONCE ? '' : ', or that multiplier,';
    // What to do comes first: the log cuts what is long.
    return [
      `${card.id} is sold below what its upstream charges${to}. Set prices.${card.id} in bytespike.yaml${or} to change it. ` +
        `In USD per 1M tokens: ${losses.join(', ')}.`,
    ];
  });
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

const ONCE = parseMultiplier('1');

/** Atto-dollars per token times a multiplier → USD per 1M tokens. */
const perMillion = (rate: bigint): string => formatDecimal(rate, PRICE_PLACES + MULTIPLIER_PLACES);
