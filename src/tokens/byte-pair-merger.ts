import type { MergeTable } from './merge-table.ts';

/** Above this many bytes a heap finds the next merge; below it a scan is faster. */
const SCAN_LIMIT = 48;

/**
 * Byte-pair merging of one piece: always the pair with the lowest id, the leftmost of equals. O(n log n) on a piece of
 * any length; the plain loop takes seconds on 20,000 letters without a break.
 */
export class BytePairMerger {
  readonly #merges: MergeTable;
  /** Doubly linked list of what is left, by position of its first byte. */
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** Id that the token here and the following one merge into; 0: none. */
  #merged = new Int32Array(0);
  #heap = new PairHeap();

  constructor(merges: MergeTable) {
    this.#merges = merges;
  }

  /** Merges `ids[0..length)` in place and returns how many are left. */
  merge(ids: Int32Array, length: number): number {
    return length <= SCAN_LIMIT ? this.#mergeByScan(ids, length) : this.#mergeByHeap(ids, length);
  }

  #mergeByScan(ids: Int32Array, length: number): number {
    const merged = this.#reserve(SCAN_LIMIT);
    let left = length;
    for (let i = 0; i + 1 < left; i++) merged[i] = this.#merges.get(ids[i]!, ids[i + 1]!);
    for (;;) {
      let best = 0;
      let at = -1;
      for (let i = 0; i + 1 < left; i++) {
        const id = merged[i]!;
        if (id !== 0 && (at < 0 || id < best)) {
          best = id;
          at = i;
        }
      }
      if (at < 0) return left;
      ids[at] = best;
      left--;
      ids.copyWithin(at + 1, at + 2, left + 1);
      merged.copyWithin(at + 1, at + 2, left);
      if (at > 0) merged[at - 1] = this.#merges.get(ids[at - 1]!, best);
      if (at + 1 < left) merged[at] = this.#merges.get(best, ids[at + 1]!);
    }
  }

  #mergeByHeap(ids: Int32Array, length: number): number {
    const merged = this.#reserve(length);
    const next = this.#next;
    const previous = this.#previous;
    const heap = this.#heap;
    for (let i = 0; i < length; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      merged[i] = i + 1 < length ? this.#merges.get(ids[i]!, ids[i + 1]!) : 0;
      if (merged[i] !== 0) heap.push(merged[i]!, i);
    }
    for (;;) {
      const at = heap.pop();
      if (at < 0) break;
      // An entry is stale when its pair has since merged into something else.
      if (merged[at] === 0 || merged[at] !== heap.poppedId) continue;
      const gone = next[at]!;
      const after = next[gone]!;
      ids[at] = merged[at]!;
      merged[gone] = 0;
      next[at] = after;
      merged[at] = 0;
      if (after < length) {
        previous[after] = at;
        merged[at] = this.#merges.get(ids[at]!, ids[after]!);
        if (merged[at] !== 0) heap.push(merged[at]!, at);
      }
      const before = previous[at]!;
      if (before >= 0) {
        merged[before] = this.#merges.get(ids[before]!, ids[at]!);
        if (merged[before] !== 0) heap.push(merged[before]!, before);
      }
    }
    let count = 0;
    for (let i = 0; i < length; i = next[i]!) ids[count++] = ids[i]!;
    return count;
  }

  #reserve(length: number): Int32Array {
    if (this.#merged.length < length) {
      this.#merged = new Int32Array(length);
      this.#next = new Int32Array(length);
      this.#previous = new Int32Array(length);
    }
    return this.#merged;
  }
}

/** Binary heap of (id, position), smallest id first, then leftmost; both packed into one double. */
class PairHeap {
  #keys = new Float64Array(256);
  #size = 0;
  /** Id of the pair that `pop` gave last. */
  poppedId = 0;

  push(id: number, position: number): void {
    if (this.#size === this.#keys.length) {
      const grown = new Float64Array(this.#size * 2);
      grown.set(this.#keys);
      this.#keys = grown;
    }
    const keys = this.#keys;
    const key = id * 2 ** 32 + position;
    let i = this.#size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[i] = keys[parent]!;
      i = parent;
    }
    keys[i] = key;
  }

  /** Position of the smallest pair, -1 when there is none. */
  pop(): number {
    if (this.#size === 0) return -1;
    const keys = this.#keys;
    const top = keys[0]!;
    const last = keys[--this.#size]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= last) break;
      keys[i] = keys[child]!;
      i = child;
    }
    keys[i] = last;
    this.poppedId = Math.floor(top / 2 ** 32);
    return top % 2 ** 32;
  }
}
