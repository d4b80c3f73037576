import { concat, type TextTap } from '../lane.ts';

const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Bytes of a chunk that are replaced on its way. */
export interface Cut {
  start: number;
  end: number;
  by: Uint8Array | undefined;
}

/**
 * What chunks of one answer have in common: all but the text of a delta. A chunk that begins and ends like the one before
 * needs no look at its members; comparing it is ten times cheaper than walking through.
 */
export class ChunkTemplate {
  readonly #head: Uint8Array;
  readonly #tail: Uint8Array;
  /** Offset of the first line end in the tail. */
  readonly #lineEnd: number;
  readonly #outHead: Uint8Array;
  readonly #outTail: Uint8Array;
  readonly #changes: boolean;
  /** Where the text goes. */
  readonly #tap: TextTap;

  /** From a chunk that was walked through: the text's bounds with its quotes, and the cuts, none of them within the text. */
  constructor(chunk: Uint8Array, text: { start: number; end: number; tap: TextTap }, cuts: readonly Cut[]) {
    this.#head = chunk.slice(0, text.start + 1);
    this.#tail = chunk.slice(text.end - 1);
    this.#lineEnd = this.#tail.indexOf(LF);
    this.#outHead = applyCuts(chunk, 0, text.start + 1, cuts);
    this.#outTail = applyCuts(chunk, text.end - 1, chunk.length, cuts);
    this.#changes = cuts.length > 0;
    this.#tap = text.tap;
  }

  /** What leaves for a chunk of this kind; undefined for one of another. */
  fill(chunk: Uint8Array): Uint8Array | undefined {
    const start = this.#head.length;
    const end = chunk.length - this.#tail.length;
    if (end <= start || !equals(chunk, 0, start, this.#head) || !equals(chunk, end, chunk.length, this.#tail)) {
      return undefined;
    }
    // The text must be one string on one line, or the ends say nothing about the middle.
    if (chunk.indexOf(QUOTE, start) !== end || chunk[end - 1] === BACKSLASH) return undefined;
    if (chunk.indexOf(LF, start) !== end + this.#lineEnd) return undefined;
    this.#tap.add(chunk, start - 1, end + 1);
    const outStart = this.#outHead.length;
    const size = outStart + (end - start) + this.#outTail.length;
    if (!this.#changes) return chunk;
    const out = new Uint8Array(size);
    out.set(this.#outHead);
    copy.call(chunk, out, outStart, start, end);
    out.set(this.#outTail, outStart + (end - start));
    return out;
  }
}

/** The bytes from `start` to `end` with those cuts that lie between; `cuts` in order. */
export function applyCuts(chunk: Uint8Array, start: number, end: number, cuts: readonly Cut[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let copied = start;
  for (const cut of cuts) {
    if (cut.start < start || cut.end > end) continue;
    pieces.push(chunk.subarray(copied, cut.start));
    if (cut.by !== undefined) pieces.push(cut.by);
    copied = cut.end;
  }
  pieces.push(chunk.subarray(copied, end));
  return concat(pieces);
}

// Of the platform's Buffer, because they compare and copy parts without making views of them.
const { compare, copy } = Buffer.prototype;

function equals(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  return compare.call(bytes, other, 0, other.length, start, end) === 0;
}
