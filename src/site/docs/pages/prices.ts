import { priceRowAt } from '../../../billing/rates.ts';
import type { Card, Price } from '../../../models/card.ts';
import { priceText } from '../../price-text.ts';
import { type Block, table } from '../structure/document.ts';
import { modelPath } from '../structure/site-context.ts';

export const usd = priceText;

/** Whether bytespike.yaml gives prices of the card. */
export const isOperators = ({ prices }: Card): boolean => prices.some(({ read_at }) => read_at !== undefined);

/** The day from which a price holds. Nobody knows since when an operator's price does. */
export const holdsFrom = ({ from, read_at }: Price): string => (read_at === undefined ? from.slice(0, 10) : 'set here');

/** What holds at Unix ms, as one sentence: `$0.435 / 1M input, $0.87 / 1M output, $0.004 / 1M cache read`. */
export function priceSentence(card: Card, nowMs: number): string {
  const price = priceRowAt(card, nowMs);
  return [
    `${usd(price.input)} / 1M input`,
    `${usd(price.output)} / 1M output`,
    `${usd(price.cache_read)} / 1M cache read`,
  ].join(', ');
}

/** Every price that ever held and every one that is planned, the newest first. */
export function priceHistory(cards: readonly Card[]): Block {
  const rows = cards.flatMap((card) =>
    card.prices
      .toReversed()
      .map((price) => [
        `[${card.id}](${modelPath(card.id)})`,
        holdsFrom(price),
        usd(price.input),
        usd(price.output),
        usd(price.cache_read),
        price.source,
      ]),
  );
  return table(
    'Price history, in USD per 1M tokens',
    ['Model', 'From', '>Input', '>Output', '>Cache read', 'Source'],
    rows,
    { narrow: 'stack' },
  );
}

/** Unix ms of the next change of any price after `nowMs`; undefined when none is planned. */
export function nextPriceChange(cards: readonly Card[], nowMs: number): number | undefined {
  const coming = cards.flatMap(({ prices }) => prices.map(({ from }) => Date.parse(from))).filter((at) => at > nowMs);
  return coming.length === 0 ? undefined : Math.min(...coming);
}
