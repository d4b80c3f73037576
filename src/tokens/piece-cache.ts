const SLOTS = 1 << 14;
const MAX_BYTES = 24;

/**
 * Token counts of short pieces seen before: words repeat. Direct-mapped, of fixed size (half a megabyte), keyed by the
 * bytes themselves: neither hostile text nor a long day makes it grow, and no string of a prompt is kept alive by it.
 */
export class PieceCache {
  readonly #keys = new Uint8Array(SLOTS * MAX_BYTES);
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #counts = new Uint8Array(SLOTS);

  hash(bytes: Uint8Array, length: number): number {
    if (length > MAX_BYTES) return 0;
    let h = length;
    for (let i = 0; i < length; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193);
    return ((h ^ (h >>> 15)) >>> 0) & (SLOTS - 1);
  }

  /** The count, or 0 when it is not known. */
  get(bytes: Uint8Array, length: number, slot: number): number {
    if (this.#lengths[slot] !== length) return 0;
    const offset = slot * MAX_BYTES;
    for (let i = 0; i < length; i++) if (this.#keys[offset + i] !== bytes[i]) return 0;
    return this.#counts[slot]!;
  }

  set(bytes: Uint8Array, length: number, slot: number, count: number): void {
    if (length > MAX_BYTES) return;
    this.#lengths[slot] = length;
    this.#counts[slot] = count;
    this.#keys.set(bytes.subarray(0, length), slot * MAX_BYTES);
  }
}
