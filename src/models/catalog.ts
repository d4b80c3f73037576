import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Card } from './card.ts';
import { readCard, type YamlParser } from './card-file.ts';
import { cardProblems, catalogProblems, type FiledCard } from './card-rules.ts';
import { CatalogError } from './catalog-error.ts';
import { overridePrices } from './price-overrides.ts';
import { fastYaml, strictYaml } from './yaml-parsers.ts';

/** Every model that this installation knows, by id and by every name that clients may ask for. Frozen. */
export interface Catalog {
  /** In order of id. */
  readonly cards: readonly Card[];
  readonly byId: ReadonlyMap<string, Card>;
  /** Ids, aliases and retired names, in lower case. */
  readonly byName: ReadonlyMap<string, NamedModel>;
}

export type NamedModel =
  | { kind: 'card'; card: Card }
  /** `since` is a day, `2026-07-24`. */
  | { kind: 'retired'; successor: Card; since: string | undefined };

/**
 * What the operator has set of it: a card in `catalogFolder` replaces ours of the same id as a whole, others are added; each
 * price given replaces that price in every row of the card; `configFile` is what messages call the file that they stand in.
 */
export interface CatalogOptions extends Partial<Pick<Config, 'catalogFolder' | 'priceOverrides' | 'configFile'>> {
  /** Folder of our own cards; the one that ships with the product unless a test says otherwise. */
  folder?: string;
}

const ownFolder = join(import.meta.dir, '..', '..', 'catalog');

/**
 * Reads and checks every card, synchronously, once at start.
 * Throws CatalogError with every problem: file, field path, what is wrong, what is allowed.
 */
export function loadCatalog(options: CatalogOptions = {}): Catalog {
  const { catalogFolder, priceOverrides = {}, configFile = 'bytespike.yaml' } = options;
  const own = readFolder(options.folder ?? ownFolder, 'catalog', fastYaml);
  const extra = catalogFolder === undefined ? undefined : readFolder(catalogFolder, catalogFolder, strictYaml);
  const filed = new Map([...own.filed, ...(extra?.filed ?? [])]);
  const problems = [...own.problems, ...(extra?.problems ?? [])];
  // Names, links and overrides are only worth judging once every card is there.
  if (problems.length === 0)
    problems.push(...overridePrices(filed, priceOverrides, configFile), ...catalogProblems([...filed.values()]));
  if (problems.length > 0) throw new CatalogError(problems);
  return catalogOf([...filed.values()].map(({ card }) => card));
}

/** The catalog of cards that are checked already. */
function catalogOf(unordered: readonly Card[]): Catalog {
  const cards = unordered.map(deepFreeze).sort((a, b) => (a.id < b.id ? -1 : 1));
  const byId = new Map(cards.map((card) => [card.id, card]));
  const byName = new Map<string, NamedModel>();
  for (const card of cards) {
    for (const name of [card.id, ...card.aliases]) byName.set(name.toLowerCase(), { kind: 'card', card });
    for (const { name, successor, since } of card.retired_names) {
      byName.set(name.toLowerCase(), { kind: 'retired', successor: byId.get(successor) ?? card, since });
    }
  }
  return { cards, byId, byName };
}

/** `label` names the folder in messages. */
function readFolder(
  folder: string,
  label: string,
  parse: YamlParser,
): { filed: Map<string, FiledCard>; problems: string[] } {
  const filed = new Map<string, FiledCard>();
  const problems: string[] = [];
  for (const name of cardFiles(folder, label)) {
    const file = `${label}/${name}`;
    let text: string;
    try {
      text = readFileSync(join(folder, name), 'utf8');
    } catch (error) {
      problems.push(`${file}: cannot be read (${(error as { code?: unknown }).code}); allowed is the file of a card`);
      continue;
    }
    const result = readCard(file, text, parse);
    if ('problems' in result) {
      problems.push(...result.problems);
      continue;
    }
    const { card } = result;
    // One file per id: what the folder lists is what there is, and no id can occur twice.
    if (name !== `${card.id}.yaml`) problems.push(`${file}: id is ${card.id}; the file must be called ${card.id}.yaml`);
    problems.push(...cardProblems({ file, card }));
    filed.set(card.id, { file, card });
  }
  return { filed, problems };
}

function cardFiles(folder: string, label: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort();
  } catch {
    throw new CatalogError([
      `catalog: the folder ${label} cannot be read; allowed is a folder of cards, one YAML file each`,
    ]);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
