import type { GatewayError } from '../errors/catalogue.ts';
import type { Protocol } from './protocol.ts';
import type { Usage } from './usage.ts';

/**
 * The one form between wire protocols: what a request asks, what an answer says, whatever the wire.
 * JSON that must survive byte for byte (tool schemas, tool input, arguments) is carried as text, never re-serialised.
 */
export type JsonText = string;

export interface NeutralRequest {
  /** What the client speaks: errors and notes call a field as that protocol does. */
  client: Protocol;
  /** Name that the client asked for. */
  model: string;
  /** Top-level system prompt, in order. */
  system: TextPart[];
  messages: NeutralMessage[];
  /** Where the newest user message stands in the client's list, for errors about it; -1: nowhere. */
  newestUser: number;
  tools: NeutralTool[];
  toolChoice: { type: 'auto' | 'none' | 'required' } | { type: 'tool'; name: string } | undefined;
  /** False: at most one call per turn. */
  parallelToolCalls: boolean | undefined;
  maxOutputTokens: number | undefined;
  temperature: number | undefined;
  topP: number | undefined;
  topK: number | undefined;
  stopSequences: string[];
  reasoning: NeutralReasoning | undefined;
  responseFormat: NeutralResponseFormat | undefined;
  stream: boolean;
  includeUsage: boolean;
  endUser: string | undefined;
  /** A mark of the whole prompt: the upstream caches as much of it as it can. */
  cacheControl: JsonText | undefined;
  /** Fields without a neutral form, and what happens to each where it has no counterpart. */
  extras: Extra[];
}

/** A field that was set to something other than its default. `name` is the client's: `n`, `context_management`. */
export type Extra =
  /** Left out and listed. */
  | { name: string; fate: 'drop' }
  /** The same, and no rule names it. */
  | { name: string; fate: 'unknown' }
  /** Asks for something in the answer that cannot be had: refused. `advice` says why, and what to do. */
  | { name: string; fate: 'refuse'; code: 'unsupported_parameter' | 'unsupported_feature'; advice: string };

export interface NeutralReasoning {
  mode: 'enabled' | 'disabled' | 'adaptive' | undefined;
  budgetTokens: number | undefined;
  effort: string | undefined;
  /** `omitted` and the like; a display hint. */
  display: string | undefined;
}

/** Plain text is no format: undefined. */
export type NeutralResponseFormat =
  | { type: 'json_object' }
  | {
      type: 'json_schema';
      name: string | undefined;
      schema: JsonText;
      strict: boolean | undefined;
      description: string | undefined;
    };

export interface NeutralTool {
  name: string;
  description: string | undefined;
  /** JSON Schema as text, key order kept. Undefined: no parameters were given. */
  schema: JsonText | undefined;
  strict: boolean | undefined;
  cacheControl: JsonText | undefined;
}

export type NeutralMessage =
  | { role: 'system'; parts: TextPart[] }
  | { role: 'user'; parts: (TextPart | ImagePart | DocumentPart | ToolResultPart)[]; name?: string }
  | { role: 'assistant'; parts: (TextPart | ReasoningPart | ToolCallPart | RefusalPart)[]; name?: string };

export interface TextPart {
  type: 'text';
  text: string;
  cacheControl?: JsonText;
}
/** The model's words for not answering; an answer with one finishes with `refusal`. */
interface RefusalPart {
  type: 'refusal';
  text: string;
  /** The vendor's words, not the model's: no output, so never counted. */
  byVendor?: true;
}
export interface ImagePart {
  type: 'image';
  source: { kind: 'base64'; mediaType: string; data: string } | { kind: 'url'; url: string };
  detail?: string;
  cacheControl?: JsonText;
}
export interface DocumentPart {
  type: 'document';
  source:
    | { kind: 'base64'; mediaType: string; data: string }
    | { kind: 'url'; url: string }
    | { kind: 'text'; text: string };
  title?: string;
  cacheControl?: JsonText;
}
export interface ReasoningPart {
  type: 'reasoning';
  text: string;
  /** Opaque; never judged by its shape. Undefined: the client's protocol carries none. */
  signature: string | undefined;
  /** Encrypted reasoning without text (`redacted_thinking`). */
  redacted?: string;
}
export interface ToolCallPart {
  type: 'tool-call';
  id: string;
  name: string;
  /** JSON text of the arguments, as received: an object, but for what a model got wrong. */
  input: JsonText;
  /** The upstream's own data about the call, which must come back with it (`extra_content`: Gemini's thought signature). */
  opaque?: JsonText;
  cacheControl?: JsonText;
}
export interface ToolResultPart {
  type: 'tool-result';
  callId: string;
  parts: (TextPart | ImagePart | DocumentPart)[];
  isError: boolean;
  cacheControl?: JsonText;
}

export type FinishReason =
  | 'stop'
  | 'stop_sequence'
  | 'length'
  | 'tool_calls'
  | 'content_filter'
  | 'refusal'
  | 'pause'
  | 'context_window';

export interface NeutralAnswer {
  id: string;
  model: string;
  createdSeconds: number | undefined;
  parts: (TextPart | ReasoningPart | ToolCallPart | RefusalPart)[];
  finish: FinishReason;
  stopSequence: string | undefined;
  usage: Usage | undefined;
  systemFingerprint?: string;
}

/** Start, deltas and end of each piece carry the same `id`; pieces may interleave upstream. */
export type StreamPart =
  | { type: 'message-start'; id: string; model: string; usage: Usage | undefined; systemFingerprint?: string }
  /** `refusal`: these are the model's words for not answering. */
  | { type: 'text-start'; id: string; refusal?: boolean }
  /** `byVendor`: as of a `RefusalPart`. */
  | { type: 'text-delta'; id: string; text: string; byVendor?: true }
  | { type: 'text-end'; id: string }
  | { type: 'reasoning-start'; id: string; redacted?: string }
  | { type: 'reasoning-delta'; id: string; text: string }
  | { type: 'reasoning-signature'; id: string; signature: string }
  | { type: 'reasoning-end'; id: string }
  | { type: 'tool-call-start'; id: string; callId: string; name: string }
  | { type: 'tool-call-delta'; id: string; input: string }
  | { type: 'tool-call-opaque'; id: string; opaque: JsonText }
  | { type: 'tool-call-end'; id: string }
  | { type: 'ping' }
  /**
   * Reported numbers are whole totals: later ones overwrite earlier ones field by field. `tellsOutput`: the output is told
   * anew, not kept from before.
   */
  | { type: 'usage'; usage: Usage; tellsOutput: boolean }
  | { type: 'finish'; reason: FinishReason; stopSequence?: string }
  /** The upstream said that it failed, sent nonsense or ended too early. Nothing follows. */
  | { type: 'error'; error: GatewayError };
