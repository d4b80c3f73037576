import type { GatewayError } from '../errors/catalogue.ts';
import type { Group, Key } from '../keys/key.ts';
import type { Budget } from './budget.ts';
import type { ReserveInput } from './money.ts';
import { refuse, refuseForHolds } from './refusal.ts';
import { SHRINK_FLOOR, WorstCase } from './worst-case.ts';

export interface AttemptOptions {
  now: () => number;
  /** A key as it stands now: while a call waits, its limits may change. */
  currentKey: (key: Key) => Key;
}

/** One call on its way to a hold. */
export class Attempt {
  readonly input: ReserveInput;
  readonly budget: Budget;
  readonly worst: WorstCase;
  readonly now: () => number;
  readonly #currentKey: (key: Key) => Key;
  /** Set once it is taken. */
  amount = 0n;
  maxOutput = 0;
  tokens = 0;

  constructor(input: ReserveInput, group: Group, budget: Budget, { now, currentKey }: AttemptOptions) {
    this.input = input;
    this.budget = budget;
    this.worst = new WorstCase(input, group.multiplier);
    this.now = now;
    this.#currentKey = currentKey;
  }

  /** As it stands now. */
  get key(): Key {
    return this.#currentKey(this.input.key);
  }

  /** Takes the call as it was asked for, if everything can hold it now. */
  take(): boolean {
    return this.#take(this.worst.maxOutput, this.now());
  }

  /**
   * The same, or, when a limit could not hold the call even if nothing else were running, with as much output as can be
   * held now. Never shrinks a call that has only to wait for others.
   */
  takeOrShrink(): boolean {
    const now = this.now();
    if (this.#take(this.worst.maxOutput, now)) return true;
    if (!this.#mayShrink(now)) return false;
    const output = this.worst.largestOutput(this.budget.room(this.key, now));
    return output >= SHRINK_FLOOR && this.#take(output, now);
  }

  /** Throws `rate_limit_exceeded` when the key's tokens a minute cannot take the prompt. */
  checkTokens(): void {
    const { requests } = this.budget;
    const now = this.now();
    if (!requests.tokensFit(this.worst.inputTokens, this.key, now)) {
      requests.refuseTokens(this.worst.inputTokens, this.key, now);
    }
  }

  /** True when waiting for running calls cannot help. */
  hopeless(): boolean {
    const now = this.now();
    const least = this.#mayShrink(now) ? SHRINK_FLOOR : this.worst.maxOutput;
    return this.worst.cost(least) > this.budget.rest(this.key, now);
  }

  refusal(): GatewayError {
    const now = this.now();
    return refuse(this.worst, this.budget.limits(this.key, now), now);
  }

  refusalForHolds(): GatewayError {
    return refuseForHolds(this.worst, this.budget.room(this.key, this.now()));
  }

  #mayShrink(now: number): boolean {
    return (
      this.key.onLimit === 'shrink' &&
      this.worst.maxOutput > SHRINK_FLOOR &&
      this.worst.cost(this.worst.maxOutput) > this.budget.rest(this.key, now)
    );
  }

  #take(maxOutput: number, now: number): boolean {
    const { budget, key, worst } = this;
    const amount = worst.cost(maxOutput);
    if (amount > budget.room(key, now) || !budget.requests.tokensFit(worst.inputTokens, key, now)) return false;
    budget.hold(amount);
    budget.requests.addTokens(worst.inputTokens, this.input.startMs, now);
    this.amount = amount;
    this.maxOutput = maxOutput;
    this.tokens = worst.inputTokens;
    return true;
  }
}
