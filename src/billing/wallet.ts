import type { AccountRecord, WalletRecord } from '../storage/records.ts';
import type { TransferRecord } from '../storage/writes.ts';
import type { WalletLevel, WalletStatus } from './money.ts';

/**
 * What the calls of a wallet can be booked for in its life, and what can be taken out of it: with both, no sum of the books
 * passes what a column of 64 bits can say. Nano-dollars; 4.6 thousand million USD.
 */
export const MOST_BOOKED = 1n << 62n;

/** An account's wallet in memory. Nano-dollars. What it holds back for running calls is here and nowhere else. */
export class Wallet {
  readonly accountId: string;
  unlimited: boolean;
  balance: bigint;
  held = 0n;
  toppedUp: bigint;
  adjusted: bigint;
  spent: bigint;
  /** Prices of all calls: what was spent and what the house bore. */
  #priced: bigint;
  #toppedUpTo: bigint;

  constructor(account: AccountRecord, stored: WalletRecord | undefined) {
    this.accountId = account.id;
    this.unlimited = account.unlimited;
    this.balance = stored?.balance ?? 0n;
    this.toppedUp = stored?.toppedUp ?? 0n;
    this.adjusted = stored?.adjusted ?? 0n;
    this.spent = stored?.spent ?? 0n;
    this.#priced = this.spent + (stored?.absorbed ?? 0n);
    this.#toppedUpTo = stored?.toppedUpTo ?? 0n;
  }

  /** Left when every running call is done and free: the balance, where that limits, and what the books can take. */
  rest(): bigint {
    const bookable = MOST_BOOKED - this.#priced;
    return this.unlimited || bookable < this.balance ? bookable : this.balance;
  }

  /** Whether the books can take so much beyond what is held. */
  canBook(amount: bigint): boolean {
    return this.#priced + this.held + amount <= MOST_BOOKED;
  }

  /** Negative amounts take a charge back that could not be stored. */
  pay(cost: bigint, absorbed: bigint): void {
    this.balance -= cost;
    this.spent += cost;
    this.#priced += cost + absorbed;
  }

  /** A top-up or adjustment that is durable. */
  receive(cause: TransferRecord['cause'], amount: bigint): void {
    this.balance += amount;
    if (cause === 'top_up') this.toppedUp += amount;
    else this.adjusted += amount;
    if (amount > 0n) this.#toppedUpTo = this.balance;
  }

  level(): WalletLevel {
    if (this.unlimited) return 'unlimited';
    if (this.balance * 20n <= this.#toppedUpTo) return 'critical';
    return this.balance * 5n <= this.#toppedUpTo ? 'low' : 'ok';
  }

  status(): WalletStatus {
    const { unlimited, balance, held, toppedUp, adjusted, spent } = this;
    const available = balance - held;
    return { unlimited, balance, available, reserved: held, toppedUp, adjusted, spent, level: this.level() };
  }
}
