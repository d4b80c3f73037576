import { GatewayError } from '../errors/catalogue.ts';
import type { ReasoningCollector } from './collect-reasoning.ts';
import { asObject, type JsonObject, parseJson } from './json.ts';
import type { Usage } from './usage.ts';
import type { ReadError } from './wire.ts';

/** A non-streamed answer that went through a lane: what the client gets, and what the bill needs. */
export interface WholeAnswer {
  body: string;
  /** The same with this usage in it: for answers that tell it, where the upstream told none, or not all. */
  bodyWith?: (charged: Usage) => string;
  /** Undefined when the upstream reported none. */
  usage: Usage | undefined;
  /** Output for counting when no report came; made when it is asked for. */
  output: AnswerOutput;
}

/** All that an answer says, calls and their input as text. */
export interface AnswerOutput {
  readonly text: string;
  readonly reasoning: string;
}

/** An answer's text, parsed. Throws `upstream_error` where it is no JSON object. */
export function parseAnswer(text: string): JsonObject {
  const whole = text.trim();
  const body = asObject(parseJson(whole));
  if (body !== undefined) return body;
  throw new GatewayError(
    'upstream_error',
    whole === '' ? 'The upstream sent an empty answer.' : 'The upstream sent something other than JSON.',
  );
}

/** Joins what the parts of an answer say. */
export class OutputOfParts<Part> implements AnswerOutput {
  readonly #parts: readonly Part[];
  readonly #textOf: (part: Part, index: number) => string;
  readonly #reasoningOf: (part: Part) => string;

  constructor(
    parts: readonly Part[],
    textOf: (part: Part, index: number) => string,
    reasoningOf: (part: Part) => string,
  ) {
    this.#parts = parts;
    this.#textOf = textOf;
    this.#reasoningOf = reasoningOf;
  }

  get text(): string {
    return this.#parts.map(this.#textOf).join('');
  }

  get reasoning(): string {
    return this.#parts.map(this.#reasoningOf).join('');
  }
}

/** What a whole answer is read with on the express lane. */
export interface WholeOptions {
  /** Name that the client asked for. */
  model: string;
  /** The surface's answers need repairs. */
  repair: boolean;
  /** Turns an upstream's error object into ours. */
  readError: ReadError;
  /** Takes out what the upstream wants back with its calls. */
  collector?: ReasoningCollector | undefined;
}
