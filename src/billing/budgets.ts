import { RequestLimits } from '../limits/request-limits.ts';
import type { KeySpending } from '../storage/records.ts';
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
      budget = this.#make(this.#store.spendingOf(keyId));
    } catch (cause) {
      throw storageUnavailable(cause);
    }
    this.#budgets.set(keyId, budget);
    return budget;
  }

  /** For whoever only looks: of a key that is not in use, one that is made of what is `stored` and not kept. */
  lookAt(keyId: string, stored: KeySpending = NOTHING_SPENT): Budget {
    return this.#budgets.get(keyId) ?? this.#make(stored);
  }

  has(keyId: string): boolean {
    return this.#budgets.has(keyId);
  }

  get size(): number {
    return this.#budgets.size;
  }

  #make(stored: KeySpending): Budget {
    return new Budget(this.#wallet, stored, new RequestLimits(this.#monotonicNow));
  }

  #sweep(): void {
    for (const [keyId, budget] of this.#budgets) {
      if (budget.idle()) this.#budgets.delete(keyId);
    }
    // When most are in use there is nothing to gain from looking again soon.
    this.#sweepAt = Math.max(SWEEP_ABOVE, this.#budgets.size * 2);
  }
}

/** With windows that are full a budget takes 25 KB. */
const SWEEP_ABOVE = 5_000;

const NOTHING_SPENT: KeySpending = { spent: 0n, parts: [] };
