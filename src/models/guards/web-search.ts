import { GatewayError } from '../../errors/catalogue.ts';
import { asArray, isObject, type JsonObject } from '../../protocols/json.ts';
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
  const index = asArray(body.tools).findIndex(isSearchTool);
  return index === -1 ? undefined : `tools[${index}]`;
}

function isSearchTool(tool: unknown): boolean {
  if (!isObject(tool)) return false;
  const { type } = tool;
  if (typeof type === 'string') return searchToolType.test(type);
  // A tool with a name is the client's own: on Messages those need no type.
  return typeof tool.name !== 'string' && searchToolKeys.some((key) => isSet(tool[key]));
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== false;
