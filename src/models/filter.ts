import { GatewayError } from '../errors/catalogue.ts';
import { type Card, capabilities } from './card.ts';

/** Tags of the public documentation for kinds of models that are not served here: they match nothing. */
const foreignTags = ['image_gen', 'video_gen'];
const tags: readonly string[] = [...capabilities, ...foreignTags];

/**
 * Cards that the query of `GET /v1/models` asks for: `capability` (may repeat; all of them are needed) and `family`
 * (the family, `gpt`, or its vendor, `openai`; one of them is enough). Parameters it does not know are ignored.
 * Throws GatewayError `invalid_param` on a capability that does not exist.
 */
export function filterCards(cards: readonly Card[], query: URLSearchParams): Card[] {
  const wanted = query.getAll('capability');
  if (!wanted.every((tag) => tags.includes(tag))) {
    throw new GatewayError('invalid_param', `capability must be one of ${tags.join(', ')}.`, { param: 'capability' });
  }
  const families = query.getAll('family').map((family) => family.toLowerCase());
  return cards.filter(
    (card) =>
      wanted.every((tag) => card.capabilities.some((one) => one === tag)) &&
      (families.length === 0 || families.includes(card.family) || families.includes(card.vendor)),
  );
}
