import { priceRowAt } from '../../../billing/rates.ts';
import type { Card } from '../../../models/card.ts';
import { cacheWrites } from '../../../models/rate-card.ts';
import { code, type DocPage, h2, list, p, table } from '../structure/document.ts';
import { modelPath, type SiteContext } from '../structure/site-context.ts';
import { holdsFrom, priceHistory, usd } from './prices.ts';

/** The rate card of today, and how prices came to be. */
export function pricingPage({ catalog, nowMs, publicUrl }: SiteContext): DocPage {
  return {
    path: '/docs/pricing',
    title: 'Pricing',
    summary: 'What each model costs, in USD per 1M tokens. 1 USD is 1,000,000 credits.',
    wide: true,
    blocks: [
      table(
        'Rate card, in USD per 1M tokens',
        ['Model', '>Input', '>Output', '>Cache read', '>Cache write, 5 min', '>Cache write, 1 h', 'Holds from'],
        catalog.cards.map((card) => rateRow(card, nowMs)),
        { sortable: true },
      ),
      h2('What is billed'),
      list(
        'Input that is not cached, cache reads, cache writes and output are counted apart: no token is billed twice.',
        'Reasoning is output, on every model.',
        'A cache write without a price of its own costs what input costs; one of 1 hour what one of 5 minutes costs.',
        'A key whose group has a factor pays these prices times that factor.',
        'An answer with an error is not billed, nor is a stream that the upstream breaks. [Limits and billing](/docs/guides/limits-and-billing) has the cases in full.',
      ),
      h2('For programs'),
      p('The same rate card as JSON. It needs no key.'),
      code('sh', `curl ${publicUrl}/api/pricing`),
      h2('Price history'),
      p('A price holds from its first day until the next one’s. Prices that are planned are listed too.'),
      priceHistory(catalog.cards),
    ],
  };
}

function rateRow(card: Card, nowMs: number): { id: string; cells: string[] } {
  const price = priceRowAt(card, nowMs);
  const { fiveMinutes, oneHour } = cacheWrites(price);
  return {
    id: card.id,
    cells: [
      `[${card.id}](${modelPath(card.id)})`,
      ...[price.input, price.output, price.cache_read, fiveMinutes, oneHour].map(usd),
      holdsFrom(price),
    ],
  };
}
