import type { ReasoningCollector } from './collect-reasoning.ts';
import type { Usage } from './usage.ts';
import type { ReadError } from './wire.ts';

/** A non-streamed answer that went through a lane: what the client gets, and what the bill needs. */
export interface WholeAnswer {
  body: string;
  /** Undefined when the upstream reported none. */
  usage: Usage | undefined;
  /** Output for counting when no report came; made when it is asked for. */
  output: AnswerOutput;
}

export interface AnswerOutput {
  readonly text: string;
  readonly reasoning: string;
}

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
