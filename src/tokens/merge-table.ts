const EMPTY = 0;
const LOAD_FACTOR = 0.5;

/**
 * Which two adjacent tokens merge into which: open addressing over one Int32Array of (left, right, merged) triples.
 * A lower merged id is a higher priority. A Map of the same pairs takes five times the memory and cannot be shared.
 */
export class MergeTable {
  readonly slots: Int32Array;
  readonly #mask: number;

  constructor(slots: Int32Array) {
    this.slots = slots;
    this.#mask = slots.length / 3 - 1;
  }

  static forCount(count: number): MergeTable {
    const capacity = 2 ** Math.ceil(Math.log2(count / LOAD_FACTOR));
    return new MergeTable(new Int32Array(new SharedArrayBuffer(capacity * 3 * Int32Array.BYTES_PER_ELEMENT)));
  }

  set(left: number, right: number, merged: number): void {
    let slot = hash(left, right) & this.#mask;
    while (this.slots[slot * 3 + 2] !== EMPTY) slot = (slot + 1) & this.#mask;
    this.slots[slot * 3] = left;
    this.slots[slot * 3 + 1] = right;
    this.slots[slot * 3 + 2] = merged;
  }

  /** Id of the merged token, 0 where the pair does not merge (no merge makes id 0). */
  get(left: number, right: number): number {
    const { slots } = this;
    let slot = hash(left, right) & this.#mask;
    for (;;) {
      const merged = slots[slot * 3 + 2]!;
      if (merged === EMPTY) return 0;
      if (slots[slot * 3] === left && slots[slot * 3 + 1] === right) return merged;
      slot = (slot + 1) & this.#mask;
    }
  }
}

function hash(left: number, right: number): number {
  let h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
