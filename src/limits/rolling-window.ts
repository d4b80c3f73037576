/**
 * A sum over the last `spanMs`, kept in parts: a part counts in full until it has wholly left, so the sum is never
 * below the truth. Memory is bounded by the number of parts, and an idle window holds nothing.
 */
export class RollingWindow {
  readonly spanMs: number;
  readonly partMs: number;
  /** Non-empty parts, oldest first; a part's number is its start in units of `partMs` since the epoch. */
  #parts: Part[] = [];
  #total = 0n;

  constructor(spanMs: number, parts = 60) {
    this.spanMs = spanMs;
    this.partMs = spanMs / parts;
  }

  /** The sum as it stands at `nowMs`. */
  total(nowMs: number): bigint {
    this.#expire(nowMs);
    return this.#total;
  }

  /** Books `amount` at the instant that it belongs to; a negative one takes back. An instant that has left is ignored. */
  add(amount: bigint, atMs: number, nowMs: number): void {
    const number = this.partOf(atMs);
    if (amount === 0n || this.#leaves(number) <= nowMs) return;
    this.#put(number, amount);
    this.#expire(nowMs);
  }

  /** Puts a part back as it was stored. */
  restore(number: number, amount: bigint): void {
    this.#put(number, amount);
  }

  partOf(atMs: number): number {
    return Math.floor(atMs / this.partMs);
  }

  /** Oldest part number that still counts at `nowMs`. */
  oldestPart(nowMs: number): number {
    return Math.floor((nowMs - this.spanMs) / this.partMs);
  }

  /** Unix ms at which the oldest non-empty part leaves. Of an empty window: when something booked now would leave. */
  resetsAt(nowMs: number): number {
    this.#expire(nowMs);
    return this.#leaves(this.#parts[0]?.number ?? this.partOf(nowMs));
  }

  /** Unix ms from which `amount` more fits under `limit`; undefined: never, it is over the limit by itself. */
  fitsAt(amount: bigint, limit: bigint, nowMs: number): number | undefined {
    let total = this.total(nowMs);
    if (total + amount <= limit) return nowMs;
    for (const part of this.#parts) {
      total -= part.amount;
      if (total + amount <= limit) return this.#leaves(part.number);
    }
    return undefined;
  }

  get size(): number {
    return this.#parts.length;
  }

  #put(number: number, amount: bigint): void {
    this.#total += amount;
    // Nearly always the newest part or the one before: requests end in about the order in which they start.
    let at = this.#parts.length - 1;
    while (at >= 0 && (this.#parts[at] as Part).number > number) at--;
    const found = this.#parts[at];
    if (found?.number !== number) {
      this.#parts.splice(at + 1, 0, { number, amount });
      return;
    }
    found.amount += amount;
    if (found.amount === 0n) this.#parts.splice(at, 1);
  }

  #expire(nowMs: number): void {
    let gone = 0;
    for (const part of this.#parts) {
      if (this.#leaves(part.number) > nowMs) break;
      this.#total -= part.amount;
      gone++;
    }
    if (gone > 0) this.#parts.splice(0, gone);
  }

  #leaves(number: number): number {
    return (number + 1) * this.partMs + this.spanMs;
  }
}

interface Part {
  number: number;
  amount: bigint;
}
