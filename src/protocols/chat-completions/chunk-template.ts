import { type ByteSink, concat, type TextTap } from '../lane.ts';

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

  /** Sends what lies from `chunkStart` to `chunkEnd`, if it is a chunk of this kind; otherwise does nothing and is false. */
  fill(bytes: Uint8Array, chunkStart: number, chunkEnd: number, sink: ByteSink): boolean {
    const start = chunkStart + this.#head.length;
    const end = chunkEnd - this.#tail.length;
    if (end <= start || !equals(bytes, chunkStart, start, this.#head) || !equals(bytes, end, chunkEnd, this.#tail)) {
      return false;
    }
    // The text must be one string on one line, or the ends say nothing about the middle.
    if (bytes.indexOf(QUOTE, start) !== end || bytes[end - 1] === BACKSLASH) return false;
    if (bytes.indexOf(LF, start) !== end + this.#lineEnd) return false;
    this.#tap.add(bytes, start - 1, end + 1);
    if (!this.#changes) {
      sink.add(bytes, chunkStart, chunkEnd);
      return true;
    }
    const outStart = this.#outHead.length;
    const outEnd = outStart + (end - start);
    const out = new Uint8Array(outEnd + this.#outTail.length);
    out.set(this.#outHead);
    copy.call(bytes, out, outStart, start, end);
    out.set(this.#outTail, outEnd);
    sink.add(out);
    return true;
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
