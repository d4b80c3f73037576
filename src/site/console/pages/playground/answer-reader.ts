import type { AnswerFailure, AnswerPart, TokenCounts } from './conversation.ts';

/** What an answer consists of so far, as it is read. */
interface Reading {
  parts: AnswerPart[];
  stopReason: string | undefined;
  tokens: TokenCounts | undefined;
  /** The stream said that it failed. */
  failure: AnswerFailure | undefined;
  /** The protocol's last frame was there: what ends without it was cut off. */
  ended: boolean;
}

/** Reads one protocol's answers. What it does not know it leaves alone. */
export interface AnswerReader {
  reading: Reading;
  /** The data of one frame of a stream. */
  frame(data: string): void;
  /** The body of an answer that does not stream. */
  whole(body: unknown): void;
}

export const emptyReading = (): Reading => ({
  parts: [],
  stopReason: undefined,
  tokens: undefined,
  failure: undefined,
  ended: false,
});

/** Lengthens the last part when it is of the kind, else begins one. */
export function appendText(parts: AnswerPart[], kind: 'text' | 'reasoning', text: string): void {
  const last = parts.at(-1);
  if (last?.kind === kind) last.text += text;
  else parts.push(kind === 'text' ? { kind, text } : { kind, text, signature: undefined });
}

export const countOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
