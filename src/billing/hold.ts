import { totalInput, totalOutput, type Usage } from '../protocols/usage.ts';
import type { Store } from '../storage/store.ts';
import type { ChargeRecord } from '../storage/writes.ts';
import type { Attempt } from './attempt.ts';
import type { Charge, LeaveSignal, MoneyEvent, Outcome, Reservation } from './money.ts';
import { charge, upstreamCostAt } from './rates.ts';
import { notStored } from './refusal.ts';
import { writeTerms } from './terms.ts';

export interface HoldOptions {
  store: Store;
  onEvent: (event: MoneyEvent) => void;
  onLetGo: () => void;
}

/** What is held for one running call, until it is settled or released: whichever comes first, once. */
export class Hold implements Reservation {
  readonly maxOutput: number;
  readonly shrunk: boolean;
  readonly #attempt: Attempt;
  readonly #options: HoldOptions;
  #settled: Promise<Charge> | undefined;

  constructor(attempt: Attempt, options: HoldOptions) {
    this.#attempt = attempt;
    this.#options = options;
    this.maxOutput = attempt.maxOutput;
    this.shrunk = attempt.maxOutput < attempt.worst.maxOutput;
  }

  settle(outcome: Outcome, signal?: LeaveSignal): Promise<Charge> {
    this.#settled ??= this.#settle(outcome, signal);
    return this.#settled;
  }

  /** The prompt stays booked in tokens a minute, as counted: whoever leaves early has used the upstream's patience all the same. */
  release(): void {
    if (this.#settled !== undefined) return;
    this.#settled = NOTHING_CHARGED;
    this.#letGo();
    void this.#attempt.count();
  }

  async #settle(outcome: Outcome, signal: LeaveSignal | undefined): Promise<Charge> {
    const { budget, input, worst, amount } = this.#attempt;
    const now = this.#attempt.now();
    let { usage } = outcome;
    let price = charge(usage, worst.rates, worst.multiplier);
    if (price > amount && !budget.wallet.canBook(price - amount)) {
      usage = this.#asHeld(usage);
      price = charge(usage, worst.rates, worst.multiplier);
    }
    // Beyond the hold, what the tightest limit still has; the rest is the house's.
    const room = price > amount ? budget.room(this.#attempt.key, now) : 0n;
    const most = room > 0n ? amount + room : amount;
    const cost = price < most ? price : most;
    const booked: Charge = { cost, absorbed: price - cost };
    const before = budget.wallet.level();
    budget.spend(booked, input.startMs, now);
    const levelChanged = budget.wallet.level() !== before;
    // The bound of the prompt gives way to what was used, output included.
    this.#attempt.bookTokens(totalInput(usage) + totalOutput(usage));
    this.#letGo();
    budget.unstored++;
    try {
      await this.#options.store.write({ kind: 'charge', charge: this.#record(outcome, usage, booked, now) }, signal);
    } catch (cause) {
      // Nothing was written and the answer does not leave: it is as if the upstream had broken.
      budget.spend({ cost: -cost, absorbed: -booked.absorbed }, input.startMs, this.#attempt.now());
      this.#options.onLetGo();
      throw signal?.aborted && cause === signal.reason ? cause : notStored(cause);
    } finally {
      budget.unstored--;
    }
    this.#report(booked.absorbed, levelChanged);
    return booked;
  }

  /** A report whose price is beyond all that the books can hold is nonsense: it is bent to what was held. */
  #asHeld({ source }: Usage): Usage {
    const { input, worst, maxOutput } = this.#attempt;
    this.#options.onEvent({ type: 'beyond-books', requestId: input.requestId, keyId: input.key.id });
    return { ...worst.usage(maxOutput), source, clamped: true };
  }

  #letGo(): void {
    this.#attempt.budget.letGo(this.#attempt.amount);
    this.#options.onLetGo();
  }

  #report(absorbed: bigint, levelChanged: boolean): void {
    const { input, budget } = this.#attempt;
    const { onEvent } = this.#options;
    if (absorbed > 0n) onEvent({ type: 'absorbed', requestId: input.requestId, keyId: input.key.id, amount: absorbed });
    if (!levelChanged) return;
    const { accountId, balance } = budget.wallet;
    onEvent({ type: 'wallet-level', accountId, level: budget.wallet.level(), balance });
  }

  #record(outcome: Outcome, usage: Usage, { cost, absorbed }: Charge, at: number): ChargeRecord {
    const { input, worst, amount } = this.#attempt;
    const upstreamRates = outcome.costsByCard ? upstreamCostAt(input.card, input.startMs) : undefined;
    return {
      requestId: input.requestId,
      accountId: input.key.accountId,
      keyId: input.key.id,
      at,
      startedAt: input.startMs,
      model: outcome.model,
      upstream: outcome.upstream,
      upstreamModel: outcome.upstreamModel,
      protocol: outcome.protocol,
      stream: outcome.stream,
      status: outcome.status,
      ending: outcome.ending,
      simulated: outcome.simulated,
      inputUncached: usage.input.uncached,
      cacheRead: usage.input.cacheRead,
      cacheWrite5m: usage.input.cacheWrite5m,
      cacheWrite1h: usage.input.cacheWrite1h,
      outputText: usage.output.text,
      reasoning: usage.output.reasoning,
      usageSource: usage.source,
      clamped: usage.clamped === true,
      cost,
      absorbed,
      upstreamCost: upstreamRates === undefined ? undefined : charge(usage, upstreamRates),
      held: amount,
      terms: writeTerms(worst),
      ttftMs: outcome.ttftMs,
      durationMs: outcome.durationMs,
    };
  }
}

const NOTHING_CHARGED: Promise<Charge> = Promise.resolve({ cost: 0n, absorbed: 0n });
