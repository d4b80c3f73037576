import type { Tokenizer } from '../tokens/tokenizer.ts';
import type { Plan } from './plan.ts';
import type { SimCall } from './sim-request.ts';
import { StopMatcher } from './stop-matcher.ts';

/** One token, or the few that make up one character, on its way to the client. */
export type Piece =
  | { kind: 'reasoning'; text: string; tokens: number }
  | { kind: 'text'; text: string; tokens: number }
  | { kind: 'call'; index: number; id: string; name: string; tokens: number }
  | { kind: 'arguments'; index: number; text: string; tokens: number };

export type Finish = 'stop' | 'length' | 'tool_calls' | 'insufficient_system_resource' | 'aborted' | 'content_filter';

/**
 * Markup around calls, in tokens: for the list, and for each call besides its name and arguments. Derived from the
 * recorded usage of one call (44 tokens with 8 of name and arguments, and one that ends the reasoning).
 */
const CALL_LIST_TOKENS = 15;
const CALL_TOKENS = 20;
/** Ends the reasoning. Counted beside it, not in it: recorded completions are reasoning + 1 + answer. */
const THINK_END_TOKENS = 1;

/**
 * Generates an answer token by token, within its limits. Iterate it once; the totals are whole at the end. What is not
 * asked for is not made: a client that leaves costs nothing further.
 */
export class Generation implements Iterable<Piece> {
  reasoningTokens = 0;
  /** All output, reasoning included. */
  outputTokens = 0;
  /** What was generated so far. */
  reasoning = '';
  text = '';
  calls: SimCall[] = [];
  finish: Finish = 'stop';
  stopSequence: string | undefined;
  readonly #plan: Plan;
  readonly #limits: { maxTokens: number; stop: readonly string[]; thinking: boolean };
  readonly #tokenizer: Tokenizer;

  constructor(
    plan: Plan,
    limits: { maxTokens: number; stop: readonly string[]; thinking: boolean },
    tokenizer: Tokenizer,
  ) {
    this.#plan = plan;
    this.#limits = limits;
    this.#tokenizer = tokenizer;
  }

  *[Symbol.iterator](): Generator<Piece> {
    for (const piece of this.#pieces()) {
      if (piece.kind === 'reasoning') this.reasoning += piece.text;
      else if (piece.kind === 'text') this.text += piece.text;
      else if (piece.kind === 'arguments') this.calls[piece.index]!.arguments += piece.text;
      else this.calls.push({ id: piece.id, name: piece.name, arguments: '' });
      yield piece;
    }
  }

  *#pieces(): Generator<Piece> {
    for (const part of this.#tokensOf(this.#plan.reasoning)) {
      if (!this.#spend(part.tokens)) return;
      this.reasoningTokens += part.tokens;
      yield { kind: 'reasoning', ...part };
    }
    if (this.#limits.thinking && !this.#spend(THINK_END_TOKENS)) return;
    yield* this.#text();
    if (this.stopSequence !== undefined || this.finish === 'length') return;
    if (this.#plan.calls.length > 0) yield* this.#calls();
  }

  *#text(): Generator<Piece> {
    const matcher = new StopMatcher(this.#limits.stop);
    for (const { text, tokens } of this.#tokensOf(this.#plan.text)) {
      if (!this.#spend(tokens)) {
        // What was held back as the possible start of a stop sequence is part of the answer after all.
        if (matcher.held !== '') yield { kind: 'text', text: matcher.held, tokens: 0 };
        return;
      }
      const shown = matcher.push(text);
      if (shown !== '') yield { kind: 'text', text: shown, tokens };
      this.stopSequence = matcher.matched;
      if (this.stopSequence !== undefined) return;
    }
    if (matcher.held !== '') yield { kind: 'text', text: matcher.held, tokens: 0 };
  }

  *#calls(): Generator<Piece> {
    if (!this.#spend(CALL_LIST_TOKENS)) return;
    for (const [index, call] of this.#plan.calls.entries()) {
      const tokens = CALL_TOKENS + this.#tokenizer.count(call.name);
      if (!this.#spend(tokens)) return;
      yield { kind: 'call', index, id: call.id, name: call.name, tokens };
      for (const part of this.#tokensOf([call.arguments])) {
        if (!this.#spend(part.tokens)) return;
        yield { kind: 'arguments', index, ...part };
      }
    }
    this.finish = 'tool_calls';
  }

  *#tokensOf(texts: Iterable<string>): Generator<{ text: string; tokens: number }> {
    for (const text of texts) yield* this.#tokenizer.split(text);
  }

  /** False, and the end by `length`, when the limit does not hold so many more. */
  #spend(tokens: number): boolean {
    if (this.outputTokens + tokens > this.#limits.maxTokens) {
      this.finish = 'length';
      return false;
    }
    this.outputTokens += tokens;
    return true;
  }
}
