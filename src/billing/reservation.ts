import type { Group } from '../keys/key.ts';
import type { Store } from '../storage/store.ts';
import { Attempt, type AttemptOptions } from './attempt.ts';
import type { Budget } from './budget.ts';
import { Hold, type HoldOptions } from './hold.ts';
import { HoldQueue } from './hold-queue.ts';
import type { LeaveSignal, MoneyEvent, Reservation, ReserveInput } from './money.ts';
import { storageUnavailable } from './refusal.ts';

interface DeskOptions extends AttemptOptions {
  store: Store;
  /** How long a call waits for the holds of others. */
  waitMs: number;
  onEvent: (event: MoneyEvent) => void;
}

/**
 * Holds the worst case of a call against wallet, quota and every window at once, before the upstream is called. Between
 * the check and the taking there is no pause, so no interleaving of calls can pass a limit.
 */
export class ReservationDesk {
  readonly #options: DeskOptions;
  readonly #holdOptions: HoldOptions;
  readonly #queue = new HoldQueue();

  constructor(options: DeskOptions) {
    this.#options = options;
    const { store, onEvent } = options;
    this.#holdOptions = { store, onEvent, onLetGo: () => this.wake() };
  }

  reserve(input: ReserveInput, group: Group, budget: Budget): Reservation | Promise<Reservation> {
    const attempt = new Attempt(input, group, budget, this.#options);
    const writable = this.#options.store.ensureWritable();
    if (writable === undefined && attempt.take()) return new Hold(attempt, this.#holdOptions);
    return this.#reserveLater(attempt, writable);
  }

  async #reserveLater(attempt: Attempt, writable: Promise<void> | undefined): Promise<Reservation> {
    try {
      await writable;
    } catch (cause) {
      throw storageUnavailable(cause);
    }
    if (!attempt.take()) {
      await attempt.worst.refine();
      await attempt.checkTokens();
      if (!attempt.takeOrShrink()) await this.#waitForHolds(attempt, attempt.input.signal);
    }
    return new Hold(attempt, this.#holdOptions);
  }

  /** Something came free, or a key was changed: calls that wait for it try again. */
  wake(): void {
    this.#queue.wake();
  }

  async #waitForHolds(attempt: Attempt, signal: LeaveSignal | undefined): Promise<void> {
    if (attempt.hopeless()) throw attempt.refusal();
    const take = (): boolean => attempt.takeOrShrink();
    const taken = await this.#queue.wait(take, this.#options.waitMs, signal);
    if (taken) return;
    // Others may have taken the tokens while it waited.
    await attempt.checkTokens();
    if (!take()) throw attempt.hopeless() ? attempt.refusal() : attempt.refusalForHolds();
  }
}
