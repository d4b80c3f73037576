import { GatewayError } from '../../errors/catalogue.ts';
import { asArray, isObject, type JsonObject } from '../../protocols/json.ts';
import { isSet, kindByKey, partsForGoogle } from '../../protocols/vendor-tools.ts';
import type { Card } from '../card.ts';
import { alternatives, naming } from './alternatives.ts';

/**
 * Server tools that search or fetch the web, at a model whose card does not have `web_search`. Throws GatewayError
 * `unsupported_feature` that names the field and the models that have it. A client's own function of such a name passes.
 */
export function guardWebSearch({
  body,
  card,
  cards,
}: {
  body: JsonObject;
  card: Card;
  /** Models to name instead: those that this installation serves. */
  cards: readonly Card[];
}): void {
  if (card.capabilities.includes('web_search')) return;
  const found = findWebSearch(body);
  if (found === undefined) return;
  const searching = alternatives(card, cards, (other) => other.capabilities.includes('web_search'));
  const instead = naming(searching, 'Models that search:', 'No model here does.');
  throw new GatewayError(
    'unsupported_feature',
    `${card.id} has no web search or grounding of its own (${found}). Remove it and offer a search as a function tool that you run yourself. ${instead}`,
    { param: found },
  );
}

/** Requests for a search outside `tools`: OpenAI's, and two extensions that clients of ByteSpike send. */
const searchFields = ['web_search_options', 'web_search', 'grounding'];

/** Anthropic's `web_search_20250305`, `web_fetch_…`; OpenAI's `web_search_preview`; Google's and others' names. */
const searchToolType = /^(web_search|web_fetch|google_search|browser_search|grounding)(_|$)/;

/** Google's tools have no `type` but are named by their only key: `{"google_search": {}}`. */
const searchToolKeys = [
  'google_search',
  'googleSearch',
  'google_search_retrieval',
  'googleSearchRetrieval',
  ...searchFields,
];

/** The field that asks for a search, `tools[2]`; undefined when none does. */
function findWebSearch(body: JsonObject): string | undefined {
  for (const name of searchFields) if (isSet(body[name])) return name;
  const found = searchToolIn(body, '');
  if (found !== undefined) return found;
  for (const [path, part] of partsForGoogle(body)) {
    const within = searchToolIn(part, path);
    if (within !== undefined) return within;
  }
  return undefined;
}

function searchToolIn({ tools }: JsonObject, path: string): string | undefined {
  const index = asArray(tools).findIndex(isSearchTool);
  return index === -1 ? undefined : `${path}tools[${index}]`;
}

function isSearchTool(tool: unknown): boolean {
  if (!isObject(tool)) return false;
  const { type } = tool;
  return typeof type === 'string' ? searchToolType.test(type) : kindByKey(tool, searchToolKeys) !== undefined;
}
