import { GatewayError } from '../errors/catalogue.ts';
import type { Card } from './card.ts';
import type { Catalog, NamedModel } from './catalog.ts';
import { nearestNames } from './nearest.ts';

/** A model as a request asks for it. `asked` is the client's own spelling, which the answer repeats. */
interface ResolvedModel {
  card: Card;
  asked: string;
}

type Resolution =
  | ({ kind: 'card' } & ResolvedModel)
  | Extract<NamedModel, { kind: 'retired' }>
  /** `nearest`: ids, the likeliest first. */
  | { kind: 'unknown'; nearest: string[] };

/** Looks a name up among ids, aliases and retired names; letter case does not matter. */
export function resolveModel(catalog: Catalog, name: string): Resolution {
  const found = catalog.byName.get(name.toLowerCase());
  if (found === undefined) return { kind: 'unknown', nearest: nearestModels(catalog.cards, name) };
  return found.kind === 'card' ? { kind: 'card', card: found.card, asked: name } : found;
}

/** The id of a model that is named by id or alias; any other name as it is. */
export function idOf(catalog: Catalog, name: string): string {
  const found = resolveModel(catalog, name);
  return found.kind === 'card' ? found.card.id : name;
}

/**
 * The card for a request's `model`. Throws GatewayError, always with `param: model`: `invalid_param` when it is no name,
 * `model_retired` with the successor, `model_not_found` with the nearest of `served` (by default the whole catalog).
 */
export function requireModel(catalog: Catalog, model: unknown, served: readonly Card[] = catalog.cards): ResolvedModel {
  if (typeof model !== 'string' || model === '') {
    throw new GatewayError('invalid_param', 'model must be the name of a model. GET /v1/models lists them.', {
      param: 'model',
    });
  }
  const found = resolveModel(catalog, model);
  if (found.kind === 'card') return found;
  if (found.kind === 'retired') {
    const since = found.since === undefined ? 'is retired' : `was retired on ${found.since}`;
    throw new GatewayError('model_retired', `The model ${quoted(model)} ${since}. Use ${found.successor.id} instead.`, {
      param: 'model',
    });
  }
  throw modelNotFound(model, served);
}

/** 404 `model_not_found`, naming the `successor` of a retired name, else the nearest of `served`. */
export function modelNotFound(name: string, served: readonly Card[], successor?: Card): GatewayError {
  const nearest = successor === undefined ? nearestModels(served, name) : [];
  let hint = nearest.length === 0 ? '' : ` The nearest names are ${nearest.join(', ')}.`;
  if (successor !== undefined) hint = ` It is retired; use ${successor.id} instead.`;
  return new GatewayError(
    'model_not_found',
    `The model ${quoted(name)} does not exist here.${hint} GET /v1/models lists them all.`,
    { param: 'model' },
  );
}

function nearestModels(cards: readonly Card[], name: string): string[] {
  return nearestNames(
    name,
    cards.map((card) => ({ id: card.id, names: [card.id, ...card.aliases] })),
  );
}

/** The client's own text, cut and escaped: a name may be a megabyte or hold control characters. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 61)}...` : name);
}
