import type { Key } from '../keys/key.ts';
import type { RequestLimits } from '../limits/request-limits.ts';
import { RollingWindow } from '../limits/rolling-window.ts';
import { type KeySpending, PARTS_KEPT, PARTS_PER_SPAN, SPANS, type Span } from '../storage/records.ts';
import type { Charge } from './money.ts';
import type { Wallet } from './wallet.ts';

/** One limit of a call, as it stands. Nano-dollars. */
export interface Limit {
  name: 'wallet' | 'quota' | Span;
  limit: bigint;
  spent: bigint;
  /** `limit - spent`; below zero when the limit was lowered under what is spent. */
  rest: bigint;
  /** Of a window: Unix ms when its oldest part leaves. */
  resetsAt: number | undefined;
}

/**
 * What one key has spent and holds, next to the wallet that pays for it. Checking and taking happen here without a pause
 * between them, which is what keeps spent + held within every limit.
 */
export class Budget {
  readonly wallet: Wallet;
  readonly requests: RequestLimits;
  /** Charges booked here that are not yet stored. */
  unstored = 0;
  readonly #windows: readonly [Span, RollingWindow][];
  #spent: bigint;
  #held = 0n;

  constructor(wallet: Wallet, stored: KeySpending, requests: RequestLimits) {
    this.wallet = wallet;
    this.requests = requests;
    this.#spent = stored.spent;
    this.#windows = SPANS.map(({ name, ms }) => [name, new RollingWindow(ms, PARTS_PER_SPAN, PARTS_KEPT)]);
    for (const { span, part, spent } of stored.parts) this.#window(span).restore(part, spent);
  }

  get spent(): bigint {
    return this.#spent;
  }

  get held(): bigint {
    return this.#held;
  }

  /** What one more call may hold: what is left of the tightest limit after the holds of running calls. */
  room(key: Key, nowMs: number): bigint {
    return smaller(this.#restOfKey(key, nowMs) - this.#held, this.wallet.rest() - this.wallet.held);
  }

  /** What one call could hold if no other were running. */
  rest(key: Key, nowMs: number): bigint {
    return smaller(this.#restOfKey(key, nowMs), this.wallet.rest());
  }

  hold(amount: bigint): void {
    this.#held += amount;
    this.wallet.held += amount;
  }

  letGo(amount: bigint): void {
    this.#held -= amount;
    this.wallet.held -= amount;
  }

  /** Books a charge at its request's start; a negative one takes back what could not be stored. */
  spend({ cost, absorbed }: Charge, startMs: number, nowMs: number): void {
    this.#spent += cost;
    for (const [, window] of this.#windows) window.add(cost, startMs, nowMs);
    this.wallet.pay(cost, absorbed);
  }

  /** The limits that are set, wallet first, then quota, then windows from the shortest. */
  limits(key: Key, nowMs: number): Limit[] {
    const limits: Limit[] = [];
    const { wallet } = this;
    if (!wallet.unlimited) limits.push(limit('wallet', wallet.balance + wallet.spent, wallet.spent));
    if (key.quota > 0n) limits.push(limit('quota', key.quota, this.#spent));
    return [...limits, ...this.windows(key, nowMs)];
  }

  /** The USD windows that are set, from the shortest. */
  windows(key: Key, nowMs: number): Limit[] {
    const limits: Limit[] = [];
    for (const [span, window] of this.#windows) {
      const most = windowLimit(key, span);
      if (most > 0n) limits.push(limit(span, most, window.total(nowMs), window.resetsAt(nowMs)));
    }
    return limits;
  }

  /** True when forgetting it changes nothing: what it knows is stored, and nothing runs. */
  idle(): boolean {
    return this.unstored === 0 && this.#held === 0n && this.requests.idle();
  }

  #restOfKey(key: Key, nowMs: number): bigint {
    let rest = key.quota > 0n ? key.quota - this.#spent : NO_LIMIT;
    for (const [span, window] of this.#windows) {
      const limit = windowLimit(key, span);
      if (limit === 0n) continue;
      rest = smaller(rest, limit - window.total(nowMs));
    }
    return rest;
  }

  #window(span: Span): RollingWindow {
    const found = this.#windows.find(([name]) => name === span);
    if (found === undefined) throw new RangeError(`no window of ${span}`);
    return found[1];
  }
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** More than any call can cost. */
const NO_LIMIT = 1n << 62n;

function windowLimit(key: Key, span: Span): bigint {
  return span === '5h' ? key.limit5h : span === '1d' ? key.limit1d : key.limit7d;
}

function limit(name: Limit['name'], limit: bigint, spent: bigint, resetsAt?: number): Limit {
  return { name, limit, spent, rest: limit - spent, resetsAt };
}
