import type { Protocol } from '../protocols/protocol.ts';

/** One model as the catalog describes it (catalog/<id>.yaml, checked against the schema in card-schema.ts). */
export interface Card {
  /** Canonical id, `deepseek-v4-pro`. */
  id: string;
  /** Display name, `DeepSeek V4 Pro`. */
  name: string;
  /** Who makes it, as in `owned_by`: deepseek, openai, anthropic, google. */
  vendor: string;
  /** `family` of /v1/models: deepseek, gpt, claude, gemini. */
  family: string;
  /** Series it belongs to and how that differs from its neighbours. */
  series: { name: string; note?: string; distinct_from?: string[] };
  /** Ids of the models that follow and precede it. */
  successor?: string;
  predecessor?: string;
  /** Other names that clients may ask for; the answer carries the name asked for. */
  aliases: string[];
  /** Names that once existed and now answer 400 `model_retired`, with the successor to use. */
  retired_names: { name: string; successor: string; since?: string }[];
  /** ISO date of release; `created` of /v1/models. */
  released: string;
  /** One paragraph of plain facts for the model page. */
  summary: string;
  /** What is said about the model that nobody here has measured, and who says it. */
  claims?: { text: string; by: string }[];
  /** Whole context window in tokens, prompt and output together. */
  window: number;
  /** Output limit in tokens, reasoning included. */
  max_output: number;
  capabilities: Capability[];
  input_modalities: ('text' | 'image' | 'audio' | 'video' | 'document')[];
  output_modalities: 'text'[];
  prices: Price[];
  /** What the upstream charges us; optional, with time-of-day bands. */
  upstream_cost?: UpstreamCost[];
  routes: Route[];
  tokens: TokenConstants;
  /** Links to other ids are resolved by the site. */
  when_to_use: Advice[];
  when_not_to_use: Advice[];
  /** How this model's reasoning shows on each protocol and what it is billed as; page text. */
  reasoning?: { chat_completions: string; messages: string; billing?: string };
  /** Timeouts in ms that override the configuration's. */
  timeouts?: { connect_ms?: number; first_byte_ms?: number; idle_ms?: number };
  /** Where the card's facts come from and when they were read. */
  sources: { what: string; where: string; read: string }[];
}

/** Tags of /v1/models; docs.bytespike.ai has the same words, but for the parallel ones and `json_object`. */
export const capabilities = [
  'text',
  'vision',
  'audio',
  'video',
  'tool_use',
  'parallel_tool_use',
  'streaming',
  'json_object',
  'json_schema',
  /** Reasoning that the client can read. */
  'thinking',
  /** The client steers the prompt cache; a cache without that needs no tag. */
  'cache_control',
  'logprobs',
  'web_search',
] as const;

export type Capability = (typeof capabilities)[number];

/** USD per 1M tokens as decimal strings; no float ever touches money. */
export interface Price {
  /** ISO instant from which it holds, until the next row's. */
  from: string;
  input: string;
  output: string;
  cache_read: string;
  /** Where it is missing, a write costs what a read of the input costs. */
  cache_write_5m?: string;
  cache_write_1h?: string;
  /** Whose price it is and when it was read. */
  source: string;
  /** ISO instant at which this process read it: of an operator's price nobody says since when it holds. */
  read_at?: string;
}

export interface UpstreamCost {
  from: string;
  input: string;
  output: string;
  cache_read: string;
  cache_write_5m?: string;
  cache_write_1h?: string;
  /** Bands of the day with other prices. Days and times are UTC, `01:00` to `04:00`; `24:00` ends a day. */
  bands?: {
    days: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
    from: string;
    to: string;
    input: string;
    output: string;
    cache_read: string;
  }[];
  source: string;
}

/** A way to reach the model: which vendor's account, on which protocol, under which name there. */
export interface Route {
  /** Vendor whose upstreams may serve it, `deepseek`. */
  vendor: string;
  protocol: Protocol;
  /** Model name at the upstream. */
  model: string;
  /**
   * What the upstream refuses: names from refusals.ts (upstreams/<vendor>.ts has the cure of each), `role-developer`,
   * or names of request fields, `seed`, which are dropped and listed.
   */
  refuses: string[];
  /** Request fields that cost more or name state in our account and are nevertheless allowed on this route. */
  allows: string[];
  /** `anthropic-beta` values that may go up; `*`: all. */
  betas: string[];
  /** Repairs of the answer that this surface needs, e.g. `messages-stream`. */
  repairs: string[];
}

/** Constants for the bound of a reservation and for counting. Tokens unless said. */
export interface TokenConstants {
  /** `deepseek-v3`: exact vocabulary. `estimate`: the same vocabulary times `factor`. */
  tokenizer: 'deepseek-v3' | 'estimate';
  /** Multiplier on the count, ≥ 1 for an estimate; a decimal. */
  factor: number;
  per_request: number;
  per_message: number;
  /** Template cost of a tool definition beyond its own text, and once when any tool is there. */
  per_tool: number;
  tools_once: number;
  /** Upper bound for one image. */
  per_image: number;
}

export interface Advice {
  title: string;
  text: string;
  /** Ids of models that fit instead or beside. */
  models?: string[];
}
