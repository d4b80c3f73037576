import { GatewayError } from '../../errors/catalogue.ts';
import type { Card } from '../card.ts';
import { alternatives, naming, tokenLabel } from './alternatives.ts';

/** An answer that is cut to less than this is of no use to an agent; better to say so. */
export const LEAST_OUTPUT = 1024;

export interface OutputLimit {
  /** Output limit of the call in tokens. */
  maxTokens: number;
  /** True when the client asked for more: `maxTokens` goes into the upstream request and the field is listed. */
  lowered: boolean;
}

/**
 * What a call may put out: what the client asked for (without that, the card's limit), at most the card's limit.
 * This is the whole check while `fitsWithoutCounting`; else `checkWindow` has the last word.
 */
export function outputLimit(card: Card, maxTokensAsked: number | undefined): OutputLimit {
  const asked = maxTokensAsked ?? card.max_output;
  return asked > card.max_output ? { maxTokens: card.max_output, lowered: true } : { maxTokens: asked, lowered: false };
}

/** True when prompt and output fit the window by the bound alone, so that no token needs to be counted. */
export function fitsWithoutCounting(card: Card, promptBound: number, maxTokensAsked: number | undefined): boolean {
  return promptBound + outputLimit(card, maxTokensAsked).maxTokens <= card.window;
}

/**
 * Fits the call into the card's window. `promptTokens` is a count, not a bound.
 * Throws GatewayError `context_length_exceeded` when the prompt alone is too long, or leaves under 1,024 tokens and the
 * output asked for does not fit there. Agents match on the beginnings of both texts.
 */
export function checkWindow({
  card,
  promptTokens,
  maxTokensAsked,
  cards,
}: {
  card: Card;
  promptTokens: number;
  /** Undefined: the client sent none. */
  maxTokensAsked: number | undefined;
  /** Models to name instead: those that this installation serves. */
  cards: readonly Card[];
}): OutputLimit {
  const { window } = card;
  if (promptTokens > window) {
    throw tooLong(
      `prompt is too long: ${promptTokens} tokens > ${window} maximum. Shorten the prompt of this request to ${card.id}`,
      card,
      cards,
    );
  }
  const limit = outputLimit(card, maxTokensAsked);
  if (promptTokens + limit.maxTokens <= window) return limit;
  const left = window - promptTokens;
  if (left < LEAST_OUTPUT) {
    throw tooLong(
      `input length and \`max_tokens\` exceed context limit: ${promptTokens} + ${limit.maxTokens} > ${window}. Shorten the prompt or lower max_tokens to at most ${left} for ${card.id}`,
      card,
      cards,
    );
  }
  return { maxTokens: left, lowered: maxTokensAsked !== undefined };
}

function tooLong(begin: string, card: Card, cards: readonly Card[]): GatewayError {
  const longer = alternatives(card, cards, (other) => other.window > card.window).sort((a, b) => a.window - b.window);
  return new GatewayError(
    'context_length_exceeded',
    `${begin}${naming(longer, ', or use a model with a longer window:', '.', (other) => tokenLabel(other.window))}`,
    { param: 'messages' },
  );
}
