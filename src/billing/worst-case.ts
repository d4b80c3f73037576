import type { Usage } from '../protocols/usage.ts';
import type { ReserveInput } from './money.ts';
import { dearestBucket, priceAt, type Rates, worstCase } from './rates.ts';

/** The least output that is worth a call with a lowered limit. Tokens per answer. */
export const SHRINK_FLOOR = 1_024;

/**
 * What a call could cost at most. First by the cheap bound: every byte a token, every input token in the dearest
 * bucket. After `refine` by the bound that counting the prompt gives, and the dearest cache write that the body asks for.
 */
export class WorstCase {
  readonly rates: Rates;
  readonly multiplier: string;
  readonly maxOutput: number;
  readonly #input: ReserveInput;
  #tokens: number;
  #cacheWrite: '5m' | '1h' | undefined = '1h';
  #refined = false;

  constructor(input: ReserveInput, multiplier: string) {
    this.#input = input;
    this.rates = priceAt(input.card, input.startMs);
    this.multiplier = multiplier;
    this.maxOutput = input.maxOutput;
    this.#tokens = input.inputBound;
  }

  /** Input tokens that it reckons with. */
  get inputTokens(): number {
    return this.#tokens;
  }

  /** True once the prompt is counted. */
  get counted(): boolean {
    return this.#refined || this.#input.inputCount !== undefined;
  }

  /** Input tokens for a limit by the minute: what the prompt has where it is counted, which its bound may be far from. */
  get countedTokens(): number {
    return this.#input.inputCount ?? this.#tokens;
  }

  /** True when the whole window is held for what the count knows nothing of. */
  get holdsWindow(): boolean {
    const { inputCount, card } = this.#input;
    return inputCount !== undefined && inputCount < card.window && this.#tokens >= card.window;
  }

  /** Output tokens over all answers asked for. */
  outputTokens(maxOutput: number): number {
    return maxOutput * this.#input.choices;
  }

  /** Nano-dollars with an output limit of so many tokens per answer. */
  cost(maxOutput: number): bigint {
    const most = { input: this.#tokens, output: this.outputTokens(maxOutput), cacheWrite: this.#cacheWrite };
    return worstCase(most, this.rates, this.multiplier);
  }

  /** What that cost reckons with, at most, as the usage of an answer: its price is that cost. */
  usage(maxOutput: number): Pick<Usage, 'input' | 'output'> {
    const input = { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
    input[dearestBucket(this.rates, this.#cacheWrite)] = this.#tokens;
    return { input, output: { text: this.outputTokens(maxOutput), reasoning: 0 } };
  }

  /** Counts the prompt, once. */
  async refine(): Promise<void> {
    if (this.#refined) return;
    this.#refined = true;
    this.#tokens = await this.#input.countInput();
    this.#cacheWrite = this.#input.cacheWrite();
  }

  /** The largest output limit that costs at most `room`; 0 when none does. Cost grows with it, so halving finds it. */
  largestOutput(room: bigint): number {
    let fits = 0;
    let over = this.maxOutput + 1;
    while (over - fits > 1) {
      const middle = Math.floor((fits + over) / 2);
      if (this.cost(middle) <= room) fits = middle;
      else over = middle;
    }
    return fits;
  }
}
