import { priceRowAt } from '../billing/rates.ts';
import type { Card, Price } from './card.ts';

/** A row of `GET /api/pricing`. Rates are JSON numbers, for reading; bills are computed from the card's decimals. */
interface RateCardRow {
  model: string;
  category: 'text';
  vendor: string;
  /** USD per 1M tokens. */
  rates: {
    input_per_1m: number;
    /** What a write costs that lives 5 minutes; the input price where the vendor has no price of its own for it. */
    cache_write_per_1m: number;
    /** Only on models that price it. */
    cache_write_1h_per_1m?: number;
    cache_read_per_1m: number;
    output_per_1m: number;
    currency: 'USD';
  };
  /** Instant from which the rates hold; that of the gateway's start for an operator's, which it read then. */
  updated_at: string;
}

/** Where a write has no price of its own it costs what a read of the input costs, and 1 hour what 5 minutes cost. */
export function cacheWrites(price: Price): { fiveMinutes: string; oneHour: string } {
  const fiveMinutes = price.cache_write_5m ?? price.input;
  return { fiveMinutes, oneHour: price.cache_write_1h ?? fiveMinutes };
}

export function rateCard(cards: readonly Card[], nowMs: number): RateCardRow[] {
  return cards.map((card) => {
    const price = priceRowAt(card, nowMs);
    return {
      model: card.id,
      category: 'text',
      vendor: card.vendor,
      rates: {
        input_per_1m: Number(price.input),
        cache_write_per_1m: Number(cacheWrites(price).fiveMinutes),
        ...(price.cache_write_1h === undefined ? {} : { cache_write_1h_per_1m: Number(price.cache_write_1h) }),
        cache_read_per_1m: Number(price.cache_read),
        output_per_1m: Number(price.output),
        currency: 'USD',
      },
      updated_at: price.read_at ?? price.from,
    };
  });
}
