import { PRICE_PLACES } from '../billing/rates.ts';
import { parseDecimal } from '../billing/usd.ts';
import type { Config } from '../config/config.ts';
import type { Price } from './card.ts';
import type { FiledCard } from './card-rules.ts';

const buckets = ['input', 'output', 'cache_read', 'cache_write_5m', 'cache_write_1h'] as const;

/**
 * Puts the prices of the operator's file into the cards, by id: a price given there replaces that price in every row, past
 * and to come. Rows that are alike then are one: the price does not change between them. Returns the problems; the cards in
 * `filed` are replaced, never changed.
 */
export function overridePrices(
  filed: Map<string, FiledCard>,
  overrides: Config['priceOverrides'],
  file: string,
): string[] {
  const problems: string[] = [];
  for (const [id, override] of Object.entries(overrides)) {
    const found = filed.get(id);
    if (found === undefined) {
      problems.push(`${file}: prices.${id} is no model; allowed are ${[...filed.keys()].join(', ')}`);
      continue;
    }
    const given: Partial<Record<(typeof buckets)[number], string>> = {};
    for (const bucket of buckets) {
      const price = override[bucket];
      if (price === undefined) continue;
      given[bucket] = price;
      if (typeof parseDecimal(price, PRICE_PLACES) === 'string') {
        problems.push(
          `${file}: prices.${id}.${bucket} is ${JSON.stringify(price)}; allowed is USD per 1M tokens as a decimal in quotes, such as "0.435"`,
        );
      }
    }
    const rows = found.card.prices.map((price) => ({ ...price, ...given, source: file }));
    const [first, ...later] = rows.filter((row, at) => at === 0 || !isSamePrice(row, rows[at - 1]));
    // What the card says of the day is said of its own price.
    const prices = first === undefined ? [] : [{ ...first, read_at: new Date().toISOString() }, ...later];
    filed.set(id, { ...found, card: { ...found.card, prices } });
  }
  return problems;
}

const isSamePrice = (one: Price, other: Price | undefined): boolean =>
  buckets.every((bucket) => one[bucket] === other?.[bucket]);
