import type { Protocol } from '../../../../protocols/protocol.ts';

/** What has been said, in words that belong to neither protocol. */
export type Turn = Question | Answer | ToolResults;

export interface Question {
  role: 'user';
  text: string;
}

/** What was given back for the calls of the answer before, in their order. */
export interface ToolResults {
  role: 'tool';
  results: { callId: string; name: string; text: string }[];
}

/** A piece of an answer, in the order in which the model gave them. */
export type AnswerPart =
  /** `signature`: what the Messages protocol wants back with it. */
  | { kind: 'reasoning'; text: string; signature: string | undefined }
  | { kind: 'text'; text: string }
  /** `input` is JSON text, as it came. */
  | { kind: 'call'; id: string; name: string; input: string };

export interface TokenCounts {
  /** All of the prompt. */
  input: number;
  /** Of the prompt, read from a cache. */
  cached: number;
  /** Reasoning included. */
  output: number;
}

export interface AnswerFailure {
  message: string;
  /** HTTP status; undefined in the middle of a stream. */
  status: number | undefined;
  code: string;
}

export interface Answer {
  role: 'assistant';
  protocol: Protocol;
  model: string;
  /** `stopped`: by the person who asked. */
  state: 'running' | 'done' | 'stopped' | 'failed';
  parts: AnswerPart[];
  /** In the protocol's own words, such as `stop` or `end_turn`. */
  stopReason: string | undefined;
  failure: AnswerFailure | undefined;
  tokens: TokenCounts | undefined;
  requestId: string | undefined;
  upstream: string | undefined;
  /** What the gateway had to change or stand in for, from its headers. */
  changed: string[];
  emulated: string[];
  /** As seen from here, in ms from the click. */
  firstTokenMs: number | undefined;
  durationMs: number | undefined;
  /** Exact decimal USD. `none`: nothing was billed. Undefined while that is not known. */
  costUsd: string | 'none' | undefined;
}

export function startedAnswer(protocol: Protocol, model: string): Answer {
  return {
    role: 'assistant',
    protocol,
    model,
    state: 'running',
    parts: [],
    stopReason: undefined,
    failure: undefined,
    tokens: undefined,
    requestId: undefined,
    upstream: undefined,
    changed: [],
    emulated: [],
    firstTokenMs: undefined,
    durationMs: undefined,
    costUsd: undefined,
  };
}

export type CallPart = AnswerPart & { kind: 'call' };

const callsOf = (answer: Answer): CallPart[] => answer.parts.filter((part) => part.kind === 'call');

/** Calls that wait for their results: those of the last answer, when it has ended well. */
export function openCalls(turns: readonly Turn[]): CallPart[] {
  const last = turns.at(-1);
  return last?.role === 'assistant' && last.state === 'done' ? callsOf(last) : [];
}

/** Reasoning alone is no answer, nor is a text that was stopped before its first word. */
const saysSomething = (part: AnswerPart): boolean =>
  part.kind === 'call' || (part.kind === 'text' && part.text.trim() !== '');

/**
 * What of a conversation can be sent on. Calls of an answer that did not end are left out, for they may be half there
 * and got no result; so is an answer of which nothing is left then, with its question where another one follows.
 */
export function sendable(turns: readonly Turn[]): Turn[] {
  return turns
    .map((turn) =>
      turn.role === 'assistant' && turn.state !== 'done'
        ? { ...turn, parts: turn.parts.filter(({ kind }) => kind !== 'call') }
        : turn,
    )
    .filter((turn) => turn.role !== 'assistant' || turn.parts.some(saysSomething))
    .filter((turn, at, kept) => turn.role !== 'user' || kept[at + 1]?.role !== 'user');
}
