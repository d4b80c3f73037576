import { GatewayError } from '../errors/catalogue.ts';
import type { Card } from './card.ts';

/**
 * Cards that the query of `GET /v1/models` asks for: `capability` (may repeat; all of them are needed) and `family`
 * (the family, `gpt`, or its vendor, `openai`; one of them is enough). Parameters it does not know are ignored.
 * Throws GatewayError `invalid_param` on a value that no card of `cards` has, naming those that some have.
 */
export function filterCards(cards: readonly Card[], query: URLSearchParams): Card[] {
  const capabilities = query.getAll('capability');
  const families = query.getAll('family').map((family) => family.toLowerCase());
  known('capability', capabilities, new Set(cards.flatMap((card) => card.capabilities)));
  known('family', families, new Set(cards.flatMap((card) => [card.family, card.vendor])));
  return cards.filter(
    (card) =>
      capabilities.every((capability) => card.capabilities.some((one) => one === capability)) &&
      (families.length === 0 || families.includes(card.family) || families.includes(card.vendor)),
  );
}

function known(field: string, values: readonly string[], allowed: ReadonlySet<string>): void {
  if (values.every((value) => allowed.has(value))) return;
  const names = [...allowed].sort().join(', ');
  throw new GatewayError(
    'invalid_param',
    `${field} must be one of ${names === '' ? 'none: no model is listed' : names}.`,
    {
      param: field,
    },
  );
}
