import type { AccountRecord, WalletRecord } from '../storage/records.ts';
import type { TransferRecord } from '../storage/writes.ts';
import type { WalletLevel, WalletStatus } from './money.ts';

/** An account's wallet in memory. Nano-dollars. What it holds back for running calls is here and nowhere else. */
export class Wallet {
  readonly accountId: string;
  unlimited: boolean;
  balance: bigint;
  held = 0n;
  toppedUp: bigint;
  adjusted: bigint;
  spent: bigint;
  #toppedUpTo: bigint;

  constructor(account: AccountRecord, stored: WalletRecord | undefined) {
    this.accountId = account.id;
    this.unlimited = account.unlimited;
    this.balance = stored?.balance ?? 0n;
    this.toppedUp = stored?.toppedUp ?? 0n;
    this.adjusted = stored?.adjusted ?? 0n;
    this.spent = stored?.spent ?? 0n;
    this.#toppedUpTo = stored?.toppedUpTo ?? 0n;
  }

  /** Left when every running call is done and free; undefined: no limit. */
  rest(): bigint | undefined {
    return this.unlimited ? undefined : this.balance;
  }

  /** A negative amount takes a charge back that could not be stored. */
  pay(amount: bigint): void {
    this.balance -= amount;
    this.spent += amount;
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
