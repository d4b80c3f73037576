import { RequestLimits } from '../limits/request-limits.ts';
import type { Store } from '../storage/store.ts';
import { Budget } from './budget.ts';
import { storageUnavailable } from './refusal.ts';
import type { Wallet } from './wallet.ts';

/**
 * The budget of each key that was used in this run; read from the store at its first use. Past a certain number, those
 * at rest are forgotten: all that they know is stored.
 */
export class Budgets {
  readonly #store: Store;
  readonly #wallet: Wallet;
  readonly #monotonicNow: (() => number) | undefined;
  readonly #budgets = new Map<string, Budget>();
  #sweepAt = SWEEP_ABOVE;

  constructor(store: Store, wallet: Wallet, monotonicNow?: () => number) {
    this.#store = store;
    this.#wallet = wallet;
    this.#monotonicNow = monotonicNow;
  }

  /** Throws `storage_unavailable` when a first use cannot be read. */
  of(keyId: string): Budget {
    const found = this.#budgets.get(keyId);
    if (found !== undefined) return found;
    if (this.#budgets.size >= this.#sweepAt) this.#sweep();
    let budget: Budget;
    try {
      budget = new Budget(this.#wallet, this.#store.spendingOf(keyId), new RequestLimits(this.#monotonicNow));
    } catch (cause) {
      throw storageUnavailable(cause);
    }
    this.#budgets.set(keyId, budget);
    return budget;
  }

  get size(): number {
    return this.#budgets.size;
  }

  #sweep(): void {
    for (const [keyId, budget] of this.#budgets) {
      if (budget.idle()) this.#budgets.delete(keyId);
    }
    // When most are in use there is nothing to gain from looking again soon.
    this.#sweepAt = Math.max(SWEEP_ABOVE, this.#budgets.size * 2);
  }
}

const SWEEP_ABOVE = 20_000;
