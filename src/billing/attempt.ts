import type { GatewayError } from '../errors/catalogue.ts';
import type { Group, Key } from '../keys/key.ts';
import { checkUsable } from '../keys/usable.ts';
import type { BoundedPrompt } from '../limits/request-limits.ts';
import type { Budget } from './budget.ts';
import type { ReserveInput } from './money.ts';
import { refuse, refuseForHolds } from './refusal.ts';
import { SHRINK_FLOOR, WorstCase } from './worst-case.ts';

export interface AttemptOptions {
  now: () => number;
  /** A key as it stands now: while a call is on its way, its limits may change, and it may be revoked. */
  currentKey: (key: Key) => Key;
}

/** One call on its way to a hold. */
export class Attempt implements BoundedPrompt {
  readonly input: ReserveInput;
  readonly budget: Budget;
  readonly worst: WorstCase;
  readonly now: () => number;
  readonly #currentKey: (key: Key) => Key;
  /** Set once it is taken. */
  amount = 0n;
  maxOutput = 0;
  /** Tokens a minute. */
  booked = 0;
  /** When they were booked, by the clock of the limits on tokens a minute. */
  #tokensAt = 0;

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

  /**
   * Takes the call as it was asked for, if everything can hold it now. Throws `invalid_api_key`, as `takeOrShrink` does, when
   * its key opens nothing any more: the body may have been long in coming, or the prompt in being counted.
   */
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

  /**
   * Throws `rate_limit_exceeded` when the key's tokens a minute cannot take the prompt, though of every other there is only
   * booked what it has. Counts no more of them than it takes.
   */
  async checkTokens(): Promise<void> {
    const { requests } = this.budget;
    const { countedTokens } = this.worst;
    while (!requests.tokensFit(countedTokens, this.key)) {
      const counting = requests.countBounded();
      if (counting === undefined) requests.refuseTokens(countedTokens, this.key);
      await counting;
    }
  }

  /** The prompt was booked by its bound and not used: it is counted, and stays booked as what it has. */
  async count(): Promise<void> {
    if (!this.budget.requests.bounded.has(this)) return;
    const bound = await this.input.countInput();
    if (this.budget.requests.bounded.has(this)) this.bookTokens(this.input.inputCount ?? bound);
  }

  /** Takes the place of what was booked. */
  bookTokens(tokens: number): void {
    const { requests } = this.budget;
    requests.bounded.delete(this);
    requests.addTokens(tokens - this.booked, this.#tokensAt);
    this.booked = tokens;
  }

  /** True when waiting for running calls cannot help. */
  hopeless(): boolean {
    const now = this.now();
    const least = this.#mayShrink(now) ? SHRINK_FLOOR : this.worst.maxOutput;
    return this.worst.cost(least) > this.budget.rest(this.key, now);
  }

  refusal(): GatewayError {
    const nowMs = this.now();
    const { budget } = this;
    return refuse(this.worst, { limits: budget.limits(this.key, nowMs), bookable: budget.wallet.rest(), nowMs });
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
    checkUsable(key, now);
    const amount = worst.cost(maxOutput);
    if (amount > budget.room(key, now) || !budget.requests.tokensFit(worst.countedTokens, key)) return false;
    budget.hold(amount);
    this.#tokensAt = budget.requests.now();
    this.bookTokens(worst.countedTokens);
    if (key.tpm > 0 && !worst.counted) budget.requests.bounded.add(this);
    this.amount = amount;
    this.maxOutput = maxOutput;
    return true;
  }
}
