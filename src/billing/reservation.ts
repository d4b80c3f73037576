import type { Group, Key } from '../keys/key.ts';
import type { Store } from '../storage/store.ts';
import { Attempt } from './attempt.ts';
import type { Budget } from './budget.ts';
import { Hold, type HoldOptions } from './hold.ts';
import { HoldQueue } from './hold-queue.ts';
import type { LeaveSignal, MoneyEvent, Reservation, ReserveInput } from './money.ts';
import { storageUnavailable } from './refusal.ts';

export interface DeskOptions {
  store: Store;
  now: () => number;
  currentKey: (key: Key) => Key;
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
    const { store, currentKey, onEvent } = options;
    this.#holdOptions = { store, currentKey, onEvent, onLetGo: () => this.wake() };
  }

  reserve(input: ReserveInput, key: Key, group: Group, budget: Budget): Reservation | Promise<Reservation> {
    const attempt = new Attempt(input, key, group, budget, this.#options.now);
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
      attempt.checkTokens();
      if (!attempt.takeOrShrink()) await this.#waitForHolds(attempt, attempt.input.signal);
    }
    return new Hold(attempt, this.#holdOptions);
  }

  /** Something came free: calls that wait for it try again. */
  wake(): void {
    this.#queue.wake();
  }

  async #waitForHolds(attempt: Attempt, signal: LeaveSignal | undefined): Promise<void> {
    if (attempt.hopeless()) throw attempt.refusal();
    const taken = await this.#queue.wait(() => attempt.takeOrShrink(), this.#options.waitMs, signal);
    if (!taken) throw attempt.hopeless() ? attempt.refusal() : attempt.refusalForHolds();
  }
}
