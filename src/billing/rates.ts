import type { Card, Price, UpstreamCost } from '../models/card.ts';
import type { Usage } from '../protocols/usage.ts';
import { parseDecimal } from './usd.ts';

export { formatUsd, parseUsd } from './usd.ts';

/**
 * What a token costs at one moment, in atto-dollars (1e-18 USD): USD per 1M tokens with 12 places, as an integer.
 * A missing cache-write price falls back: 1 hour to 5 minutes, 5 minutes to input, since a written token is at least read.
 */
export interface Rates {
  input: bigint;
  output: bigint;
  cacheRead: bigint;
  cacheWrite5m: bigint;
  cacheWrite1h: bigint;
}

/** The price that the catalog asks for `card` at Unix ms. The earliest price also covers what lies before it. */
export function priceAt(card: Card, ms: number): Rates {
  return currentPrice(card, ms).rates;
}

/** The card's row behind `priceAt`: its decimals, its source, the instant from which it holds. */
export function priceRowAt(card: Card, ms: number): Price {
  return currentPrice(card, ms).row;
}

/**
 * What the upstream charges us at Unix ms, by its time-of-day band; undefined when the card does not say.
 * The instant decides as a whole: whether a vendor goes by the start or the end of a call is not documented.
 */
export function upstreamCostAt(card: Card, ms: number): Rates | undefined {
  const cost = holding(tablesOf(card).costs, ms);
  if (cost === undefined) return undefined;
  const now = new Date(ms);
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes();
  const band = cost.bands.find((one) => one.days.has(now.getUTCDay()) && one.from <= minute && minute < one.to);
  return band?.rates ?? cost.rates;
}

/** The dearest that the upstream charges at any time of the day while the cost of Unix ms holds. */
export function dearestUpstreamCostAt(card: Card, ms: number): Rates | undefined {
  const cost = holding(tablesOf(card).costs, ms);
  if (cost === undefined) return undefined;
  return cost.bands.reduce((dearest, band) => dearer(dearest, band.rates), cost.rates);
}

/**
 * Nano-dollars for one answer: the sum over the disjoint buckets, times the group's multiplier, rounded once, half up.
 * `multiplier` is a decimal string with at most 9 places. Throws RangeError on counts that are no non-negative integers.
 */
export function charge(usage: Usage, rates: Rates, multiplier = '1'): bigint {
  const { input, output } = usage;
  const atto =
    priceOf(input.uncached, rates.input) +
    priceOf(input.cacheRead, rates.cacheRead) +
    priceOf(input.cacheWrite5m, rates.cacheWrite5m) +
    priceOf(input.cacheWrite1h, rates.cacheWrite1h) +
    priceOf(output.text, rates.output) +
    priceOf(output.reasoning, rates.output);
  return toNano(atto, multiplier);
}

/**
 * Nano-dollars that no answer of at most so many tokens can pass: every input token in the dearest bucket that the
 * request can reach. `cacheWrite` is the dearest write that the body asks for.
 */
export function worstCase(
  most: { input: number; output: number; cacheWrite: '5m' | '1h' | undefined },
  rates: Rates,
  multiplier = '1',
): bigint {
  const input = dearestInput(rates, most.cacheWrite);
  return toNano(priceOf(most.input, input) + priceOf(most.output, rates.output), multiplier);
}

/** The bucket of input tokens that cost most, of those that `cacheWrite` leaves within reach. */
export function dearestBucket(rates: Rates, cacheWrite: '5m' | '1h' | undefined): keyof Usage['input'] {
  const dearest = dearestInput(rates, cacheWrite);
  if (dearest === rates.input) return 'uncached';
  if (dearest === rates.cacheRead) return 'cacheRead';
  return dearest === rates.cacheWrite5m ? 'cacheWrite5m' : 'cacheWrite1h';
}

function dearestInput(rates: Rates, cacheWrite: '5m' | '1h' | undefined): bigint {
  let dearest = max(rates.input, rates.cacheRead);
  if (cacheWrite !== undefined) dearest = max(dearest, rates.cacheWrite5m);
  if (cacheWrite === '1h') dearest = max(dearest, rates.cacheWrite1h);
  return dearest;
}

/** Places of a price in USD per 1M tokens; with the 6 of the million, atto-dollars per token. */
export const PRICE_PLACES = 12;
export const MULTIPLIER_PLACES = 9;
const UNIT = 10n ** BigInt(9 + MULTIPLIER_PLACES);
const HALF_UNIT = UNIT / 2n;

const ATTO_PER_NANO = 10n ** 9n;
const HALF_NANO = ATTO_PER_NANO / 2n;

function toNano(atto: bigint, multiplier: string): bigint {
  // Nearly every group's; the same sum without the multiplier's places.
  if (multiplier === '1') return (atto + HALF_NANO) / ATTO_PER_NANO;
  return (atto * parseMultiplier(multiplier) + HALF_UNIT) / UNIT;
}

/** A group's multiplier in units of 10^-MULTIPLIER_PLACES. Throws RangeError. */
export function parseMultiplier(text: string): bigint {
  const value = parseDecimal(text, MULTIPLIER_PLACES);
  if (typeof value === 'string')
    throw new RangeError(`multiplier must be a decimal with at most 9 places, got ${text}`);
  return value;
}

/** Atto-dollars of so many tokens. */
function priceOf(tokens: number, rate: bigint): bigint {
  // Most buckets of most answers.
  if (tokens === 0) return 0n;
  if (!Number.isSafeInteger(tokens) || tokens < 0)
    throw new RangeError(`a token count must be a whole number, got ${tokens}`);
  return BigInt(tokens) * rate;
}

interface Timed {
  /** Unix ms. */
  since: number;
  rates: Rates;
}

interface Tables {
  prices: (Timed & { row: Price })[];
  costs: (Timed & { bands: { days: Set<number>; from: number; to: number; rates: Rates }[] })[];
}

/** Cards are frozen by the catalog, so their decimals are read once and not per request. */
const tables = new WeakMap<Card, Tables>();

function tablesOf(card: Card): Tables {
  let found = tables.get(card);
  if (found === undefined) {
    found = {
      prices: card.prices.map((row) => ({ since: Date.parse(row.from), rates: toRates(row), row })),
      costs: (card.upstream_cost ?? []).map((cost) => ({
        since: Date.parse(cost.from),
        rates: toRates(cost),
        bands: (cost.bands ?? []).map((band) => ({
          days: new Set(band.days.map((day) => WEEK.indexOf(day))),
          from: minuteOfDay(band.from),
          to: minuteOfDay(band.to),
          rates: toRates({ ...cost, ...band }),
        })),
      })),
    };
    tables.set(card, found);
  }
  return found;
}

function currentPrice(card: Card, ms: number): Tables['prices'][number] {
  const { prices } = tablesOf(card);
  const found = holding(prices, ms) ?? prices[0];
  if (found === undefined) throw new Error(`card ${card.id} has no price`);
  return found;
}

/** Positions are those of `Date.getUTCDay`. */
const WEEK = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The last entry that has begun; entries are in order of time. */
function holding<T extends Timed>(entries: readonly T[], ms: number): T | undefined {
  for (let i = entries.length - 1; i >= 0; i--) if (entries[i]!.since <= ms) return entries[i];
  return undefined;
}

function toRates(
  row: Pick<UpstreamCost, 'input' | 'output' | 'cache_read' | 'cache_write_5m' | 'cache_write_1h'>,
): Rates {
  const input = rate(row.input);
  const cacheWrite5m = row.cache_write_5m === undefined ? input : rate(row.cache_write_5m);
  return {
    input,
    output: rate(row.output),
    cacheRead: rate(row.cache_read),
    cacheWrite5m,
    cacheWrite1h: row.cache_write_1h === undefined ? cacheWrite5m : rate(row.cache_write_1h),
  };
}

function rate(decimal: string): bigint {
  const value = parseDecimal(decimal, PRICE_PLACES);
  if (typeof value === 'string')
    throw new RangeError(`a price must be a decimal with at most 12 places, got ${decimal}`);
  return value;
}

/** `06:30` → 390. */
function minuteOfDay(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

function dearer(a: Rates, b: Rates): Rates {
  return {
    input: max(a.input, b.input),
    output: max(a.output, b.output),
    cacheRead: max(a.cacheRead, b.cacheRead),
    cacheWrite5m: max(a.cacheWrite5m, b.cacheWrite5m),
    cacheWrite1h: max(a.cacheWrite1h, b.cacheWrite1h),
  };
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
