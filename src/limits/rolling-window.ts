/**
 * A sum over the last `spanMs`, kept in parts: a part counts in full until it has wholly left, so the sum is never
 * below the truth. Of parts that have left, the newest are kept up to a number: a clock that was ahead and steps back
 * finds them again. While it is ahead new parts push out as many old ones, which by then have left by any clock.
 */
export class RollingWindow {
  readonly spanMs: number;
  readonly partMs: number;
  readonly #kept: number;
  /** Non-empty parts, oldest first; a part's number is its start in units of `partMs` since the epoch. */
  readonly #parts: Part[] = [];
  /** Index of the first part that counts; those before it have left. */
  #first = 0;
  /** Of the parts that count. */
  #total = 0n;

  /** `kept`: parts that are held, also such as have left; those that count are held in any case. */
  constructor(spanMs: number, parts = 60, kept = parts + 1) {
    this.spanMs = spanMs;
    this.partMs = spanMs / parts;
    this.#kept = kept;
  }

  /** The sum as it stands at `nowMs`. */
  total(nowMs: number): bigint {
    this.#turn(nowMs);
    return this.#total;
  }

  /** Books `amount` at the instant that it belongs to; a negative one takes back. */
  add(amount: bigint, atMs: number, nowMs: number): void {
    if (amount === 0n) return;
    this.#put(this.partOf(atMs), amount);
    this.#turn(nowMs);
    this.#forget();
  }

  /** Puts a part back as it was stored. */
  restore(number: number, amount: bigint): void {
    this.#put(number, amount);
  }

  partOf(atMs: number): number {
    return Math.floor(atMs / this.partMs);
  }

  /** Unix ms at which the oldest non-empty part leaves. Of an empty window: when something booked now would leave. */
  resetsAt(nowMs: number): number {
    this.#turn(nowMs);
    return this.#tellable(this.#parts[this.#first]?.number ?? this.partOf(nowMs), nowMs);
  }

  /**
   * Unix ms from which `amount` more fits under `limit`, as far as that can be told: what was booked while the clock was ahead
   * leaves by that clock. Undefined: never, it is over the limit by itself.
   */
  fitsAt(amount: bigint, limit: bigint, nowMs: number): number | undefined {
    let total = this.total(nowMs);
    if (total + amount <= limit) return nowMs;
    for (let i = this.#first; i < this.#parts.length; i++) {
      const part = this.#parts[i]!;
      total -= part.amount;
      if (total + amount <= limit) return this.#tellable(part.number, nowMs);
    }
    return undefined;
  }

  get size(): number {
    return this.#parts.length;
  }

  /** A new part counts until `#turn` has looked at the clock, if it stands where others count or before the first. */
  #put(number: number, amount: bigint): void {
    // Nearly always the newest part or the one before: requests end in about the order in which they start.
    let at = this.#parts.length - 1;
    while (at >= 0 && (this.#parts[at] as Part).number > number) at--;
    const found = this.#parts[at];
    if (found?.number !== number) {
      at++;
      this.#parts.splice(at, 0, { number, amount });
      if (at < this.#first) this.#first++;
      else this.#total += amount;
      return;
    }
    if (at >= this.#first) this.#total += amount;
    found.amount += amount;
    if (found.amount !== 0n) return;
    this.#parts.splice(at, 1);
    if (at < this.#first) this.#first--;
  }

  /** Brings the first part that counts to where it is at `nowMs`, which may lie before an instant asked for earlier. */
  #turn(nowMs: number): void {
    for (; this.#first > 0; this.#first--) {
      const before = this.#parts[this.#first - 1]!;
      if (this.#leaves(before.number) <= nowMs) break;
      this.#total += before.amount;
    }
    for (; this.#first < this.#parts.length; this.#first++) {
      const part = this.#parts[this.#first]!;
      if (this.#leaves(part.number) > nowMs) break;
      this.#total -= part.amount;
    }
  }

  #forget(): void {
    const over = Math.min(this.#first, this.#parts.length - this.#kept);
    if (over <= 0) return;
    this.#parts.splice(0, over);
    this.#first -= over;
  }

  /** Clients sleep for as long as they are told, so it is never longer than what is booked now would count. */
  #tellable(number: number, nowMs: number): number {
    return Math.min(this.#leaves(number), this.#leaves(this.partOf(nowMs)));
  }

  #leaves(number: number): number {
    return (number + 1) * this.partMs + this.spanMs;
  }
}

interface Part {
  number: number;
  amount: bigint;
}
