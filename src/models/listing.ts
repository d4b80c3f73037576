import { GatewayError } from '../errors/catalogue.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { Capability, Card } from './card.ts';

/** `GET /v1/models` in OpenAI's shape, with the fields that ByteSpike adds. Prices are left out on purpose. */
interface ModelObject {
  id: string;
  object: 'model';
  /** Unix seconds of the release. */
  created: number;
  owned_by: string;
  family: string;
  display_name: string;
  capabilities: Capability[];
  context_window: number;
  max_output_tokens: number;
  input_modalities: string[];
  output_modalities: string[];
  /** Both protocols reach every model; `anthropic_messages:translated` says that it is by translation. */
  protocols_aggregate: string[];
  pricing_url: string;
}

interface ListingContext {
  /** Where this installation is reached, without trailing slash. */
  publicUrl: string;
}

export function modelObject(card: Card, context: ListingContext): ModelObject {
  const native = card.routes.map((route) => route.protocol);
  return {
    id: card.id,
    object: 'model',
    created: Date.parse(card.released) / 1000,
    owned_by: card.vendor,
    family: card.family,
    display_name: card.name,
    capabilities: card.capabilities,
    context_window: card.window,
    max_output_tokens: card.max_output,
    input_modalities: card.input_modalities,
    output_modalities: card.output_modalities,
    protocols_aggregate: protocolNames.map(([protocol, name]) =>
      native.includes(protocol) ? name : `${name}:translated`,
    ),
    pricing_url: `${context.publicUrl}/docs/pricing#${card.id}`,
  };
}

const protocolNames: readonly [Protocol, string][] = [
  ['messages', 'anthropic_messages'],
  ['chat-completions', 'openai_chat_completions'],
];

export function modelList(cards: readonly Card[], context: ListingContext): { object: 'list'; data: ModelObject[] } {
  return { object: 'list', data: cards.map((card) => modelObject(card, context)) };
}

/** `GET /v1/models` in Anthropic's shape (`ModelInfo` of its SDK 1.12), for clients that send `anthropic-version`. */
interface ModelInfo {
  type: 'model';
  id: string;
  display_name: string;
  /** RFC 3339. */
  created_at: string;
  lifecycle: 'active';
  max_input_tokens: number;
  max_tokens: number;
  capabilities: null;
  deprecated_at: null;
  line: null;
  retires_at: null;
}

export function modelInfo(card: Card): ModelInfo {
  return {
    type: 'model',
    id: card.id,
    display_name: card.name,
    created_at: `${card.released}T00:00:00Z`,
    lifecycle: 'active',
    max_input_tokens: card.window,
    max_tokens: card.max_output,
    // Anthropic's own vocabulary for its own models; null is its word for "not told".
    capabilities: null,
    deprecated_at: null,
    line: null,
    retires_at: null,
  };
}

interface ModelInfoPage {
  data: ModelInfo[];
  has_more: boolean;
  first_id: string | null;
  last_id: string | null;
}

/**
 * One page of models in Anthropic's shape. `query` has `limit` (1 to 1000, default 20), `after_id` and `before_id`.
 * Throws GatewayError `invalid_param` on a limit out of range, an id that is not listed, or both ids at once.
 */
export function modelInfoPage(cards: readonly Card[], query: URLSearchParams): ModelInfoPage {
  const limit = pageLimit(query.get('limit'));
  const after = query.get('after_id');
  const before = query.get('before_id');
  if (after !== null && before !== null) {
    throw invalid('before_id', 'cannot be given together with after_id; leave one of them out');
  }
  let start = after === null ? 0 : position(cards, 'after_id', after) + 1;
  let end = Math.min(start + limit, cards.length);
  if (before !== null) {
    end = position(cards, 'before_id', before);
    start = Math.max(0, end - limit);
  }
  const data = cards.slice(start, end).map(modelInfo);
  return {
    data,
    // In the direction that the client pages in.
    has_more: before === null ? end < cards.length : start > 0,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

function pageLimit(text: string | null): number {
  if (text === null) return 20;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1000) throw invalid('limit', 'must be a whole number from 1 to 1000');
  return limit;
}

function position(cards: readonly Card[], field: string, id: string): number {
  const found = cards.findIndex((card) => card.id === id);
  if (found === -1) throw invalid(field, 'must be the id of a listed model, as first_id or last_id gave it');
  return found;
}

function invalid(field: string, problem: string): GatewayError {
  return new GatewayError('invalid_param', `${field} ${problem}.`, { param: field });
}
