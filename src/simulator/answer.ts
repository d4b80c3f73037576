import type { Finish, Generation } from './generation.ts';
import type { SimRequest } from './sim-request.ts';
import type { SimUsage } from './usage.ts';

/** One server-sent event on its way out. */
export interface Frame {
  kind: 'start' | 'block-start' | 'delta' | 'signature' | 'block-stop' | 'finish' | 'done';
  /** The whole block, its blank line included. */
  text: string;
  /** What it stands for at the set speed. */
  tokens: number;
}

/** An answer in the making: what both surfaces need to write it. */
export interface Answer {
  request: SimRequest;
  generation: Generation;
  /** A UUID: on the Messages surface also the signature of the thinking. */
  id: string;
  createdSeconds: number;
  promptTokens: number;
  cachedTokens: number;
  /** A fault that ends the answer otherwise. */
  finishOverride: Finish | undefined;
}

/** Whole only once the generation has ended; before that, what was used so far. */
export function usageOf(answer: Answer): SimUsage {
  const { generation, request, promptTokens, cachedTokens } = answer;
  return {
    promptTokens,
    cachedTokens,
    outputTokens: generation.outputTokens,
    reasoningTokens: request.thinking ? generation.reasoningTokens : undefined,
  };
}
