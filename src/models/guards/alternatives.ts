import type { Card } from '../card.ts';

/** How many models a message can name and still be read. */
const NAMED = 6;

/** Models of `cards` that fit where `card` does not: first those that its own advice names, then by id. */
export function alternatives(card: Card, cards: readonly Card[], fits: (other: Card) => boolean): Card[] {
  const advised = card.when_not_to_use.flatMap((advice) => advice.models ?? []);
  const rank = ({ id }: Card): number => (advised.includes(id) ? advised.indexOf(id) : advised.length);
  return cards
    .filter((other) => other.id !== card.id && fits(other))
    .sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1))
    .slice(0, NAMED);
}

/** A sentence that names models, with what `detail` says of each; `otherwise` when there is none. */
export function naming(
  models: readonly Card[],
  lead: string,
  otherwise: string,
  detail?: (card: Card) => string,
): string {
  if (models.length === 0) return otherwise;
  return `${lead} ${models.map((card) => (detail === undefined ? card.id : `${card.id} (${detail(card)})`)).join(', ')}.`;
}

/** 65536 → `64K`, 200000 → `200K`, 1000000 → `1M`: as model pages write a window. */
export function tokenLabel(tokens: number): string {
  // 128000 is 125 times 1024 as well, but nobody calls it 125K.
  for (const thousand of [1000, 1024]) {
    if (tokens % thousand ** 2 === 0) return `${tokens / thousand ** 2}M`;
    if (tokens % thousand === 0) return `${tokens / thousand}K`;
  }
  return String(tokens);
}
