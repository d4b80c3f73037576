import { PRICE_PLACES, type Rates } from './rates.ts';
import { formatDecimal } from './usd.ts';

/** What a charge was computed with, frozen into its row, so that the doctor can compute it again years later. */
export interface Terms {
  rates: Rates;
  multiplier: string;
}

/** As JSON text; rates in atto-dollars per token, as decimal strings, in a fixed order. */
export function writeTerms(terms: Terms): string {
  const known = newest.get(terms.rates);
  if (known?.multiplier === terms.multiplier) return known.text;
  const text = termsText(terms);
  newest.set(terms.rates, { multiplier: terms.multiplier, text });
  return text;
}

/** A card's rates are one object for as long as they hold, and nearly all calls are of one group. */
const newest = new WeakMap<Rates, { multiplier: string; text: string }>();

function termsText({ rates, multiplier }: Terms): string {
  const { input, output, cacheRead, cacheWrite5m, cacheWrite1h } = rates;
  return JSON.stringify({
    unit: 'atto-usd-per-token',
    input: `${input}`,
    output: `${output}`,
    cache_read: `${cacheRead}`,
    cache_write_5m: `${cacheWrite5m}`,
    cache_write_1h: `${cacheWrite1h}`,
    multiplier,
  });
}

/** Undefined when the text is not one that `writeTerms` made. */
export function readTerms(text: string): Terms | undefined {
  try {
    const value = JSON.parse(text) as Record<string, string>;
    const rate = (name: string) => BigInt(value[name] ?? 'missing');
    return {
      rates: {
        input: rate('input'),
        output: rate('output'),
        cacheRead: rate('cache_read'),
        cacheWrite5m: rate('cache_write_5m'),
        cacheWrite1h: rate('cache_write_1h'),
      },
      multiplier: String(value.multiplier),
    };
  } catch {
    return undefined;
  }
}

/** What a charge was computed with, as decimals: USD per 1M tokens, and the factor of the key's group. */
export function priceOfTerms({ rates, multiplier }: Terms) {
  const decimal = (rate: bigint) => formatDecimal(rate, PRICE_PLACES);
  return {
    input: decimal(rates.input),
    cache_read: decimal(rates.cacheRead),
    cache_write_5m: decimal(rates.cacheWrite5m),
    cache_write_1h: decimal(rates.cacheWrite1h),
    output: decimal(rates.output),
    multiplier,
  };
}
