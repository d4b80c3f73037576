import type { Card } from '../../../models/card.ts';
import type { Catalog } from '../../../models/catalog.ts';
import type { Operation } from '../../openapi/operation.ts';

/** What pages are made of. */
export interface SiteContext {
  catalog: Catalog;
  /** Cards that some upstream of this installation serves. */
  served: readonly Card[];
  /** Where this installation is reached, without trailing slash. */
  publicUrl: string;
  version: string;
  /** True while the built-in simulator answers for every card. */
  simulated: boolean;
  /** Every route, for the reference. */
  operations: readonly Operation[];
  /** Unix ms whose prices are shown. */
  nowMs: number;
}

export const modelPath = (id: string): string => `/docs/models/${encodeURIComponent(id)}`;

/** Id → path of the page, for links in texts. */
export function modelPaths({ catalog }: SiteContext): Map<string, string> {
  return new Map(catalog.cards.map(({ id }) => [id, modelPath(id)]));
}

/** The model that examples name: the newest reasoning model that is served, else the first of the catalog. */
export function exampleModel({ catalog, served }: SiteContext): Card {
  const flagship = catalog.byId.get('deepseek-v4-pro');
  if (flagship !== undefined && (served.includes(flagship) || served.length === 0)) return flagship;
  const card = served.find(({ capabilities }) => capabilities.includes('thinking')) ?? served[0] ?? catalog.cards[0];
  if (card === undefined) throw new RangeError('the catalog holds no card');
  return card;
}
