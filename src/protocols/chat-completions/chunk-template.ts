import { BlockEnds } from '../block-ends.ts';
import { type ByteSink, concat, type TextTap } from '../lane.ts';

const LF = 0x0a;
const CR = 0x0d;
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
  readonly #ends: BlockEnds;
  /** Offset of the first line end in the tail. */
  readonly #lineEnd: number;
  /** The same of the first CR; negative where there is none. */
  readonly #carriage: number;
  /** Head and tail with the cuts made; undefined: as they come. A stream keeps its own, so there is none where none is needed. */
  readonly #head: Uint8Array | undefined;
  readonly #tail: Uint8Array | undefined;
  /** Where the text goes. */
  readonly #tap: TextTap;

  /** From a chunk that was walked through: the text's bounds with its quotes, and the cuts, none of them within the text. */
  constructor(chunk: Uint8Array, text: { start: number; end: number; tap: TextTap }, cuts: readonly Cut[]) {
    const [textStart, textEnd] = [text.start + 1, text.end - 1];
    this.#ends = new BlockEnds(chunk.slice(), textStart, textEnd);
    this.#lineEnd = chunk.indexOf(LF, textEnd) - textEnd;
    this.#carriage = chunk.indexOf(CR, textEnd) - textEnd;
    if (cuts.some(({ end }) => end <= textStart)) this.#head = applyCuts(chunk, 0, textStart, cuts);
    if (cuts.length > 0) this.#tail = applyCuts(chunk, textEnd, chunk.length, cuts);
    this.#tap = text.tap;
  }

  /**
   * Sends what lies from `chunkStart` to `chunkEnd`, if it is a chunk of this kind; otherwise does nothing and is false.
   * `carriages`: there may be a CR in `bytes`.
   */
  fill(bytes: Uint8Array, chunkStart: number, chunkEnd: number, sink: ByteSink, carriages: boolean): boolean {
    if (!this.#ends.fit(bytes, chunkStart, chunkEnd)) return false;
    const start = chunkStart + this.#ends.headLength;
    const end = chunkEnd - this.#ends.tailLength;
    // The text must be one string on one line, or the ends say nothing about the middle.
    if (bytes.indexOf(QUOTE, start) !== end || bytes[end - 1] === BACKSLASH) return false;
    if (bytes.indexOf(LF, start) !== end + this.#lineEnd) return false;
    if (carriages && !this.#endsWhereDue(bytes.indexOf(CR, start), end, chunkEnd)) return false;
    this.#tap.add(bytes, start - 1, end + 1);
    const head = this.#head;
    const tail = this.#tail;
    if (tail === undefined) {
      sink.add(bytes, chunkStart, chunkEnd);
      return true;
    }
    const textStart = head?.length ?? this.#ends.headLength;
    const textEnd = textStart + (end - start);
    const out = new Uint8Array(textEnd + tail.length);
    if (head === undefined) this.#ends.copyHead(out);
    else out.set(head);
    copy.call(bytes, out, textStart, start, end);
    out.set(tail, textEnd);
    sink.add(out);
    return true;
  }

  #endsWhereDue(carriage: number, textEnd: number, chunkEnd: number): boolean {
    return this.#carriage < 0 ? carriage < 0 || carriage >= chunkEnd : carriage === textEnd + this.#carriage;
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

// Of the platform's Buffer, because it copies a part without making a view of it.
const { copy } = Buffer.prototype;
