import { BlockEnds } from './block-ends.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

// Of the platform's Buffer, because it reads a part without making a view of it.
const { utf8Slice } = Buffer.prototype as Buffer & { utf8Slice(start: number, end: number): string };

/**
 * What two deltas of one piece have in common on either side of a translation: all but the text. A block that begins and
 * ends like the one before says the same with another text, and so does what leaves for it; comparing is several times
 * cheaper than parsing, decoding and encoding.
 */
export class DeltaTemplate {
  readonly #ends: BlockEnds;
  readonly #outHead: string;
  readonly #outTail: string;

  private constructor(ends: BlockEnds, outHead: string, outTail: string) {
    this.#ends = ends;
    this.#outHead = outHead;
    this.#outTail = outTail;
  }

  /**
   * Of a block, the text that was read from it and what left for it. Undefined where the text is not found exactly once,
   * as a JSON string, on both sides, and where there are escapes in the block: the text might be one that is written with them.
   */
  static of(bytes: Uint8Array, start: number, end: number, text: string, out: string): DeltaTemplate | undefined {
    const quoted = `"${text}"`;
    if (text === '' || JSON.stringify(text) !== quoted) return undefined;
    const block = Buffer.from(bytes.subarray(start, end));
    if (block.includes(BACKSLASH)) return undefined;
    const at = block.indexOf(quoted);
    const outAt = out.indexOf(quoted);
    if (at < 0 || block.indexOf(quoted, at + 1) >= 0 || outAt < 0 || out.includes(quoted, outAt + 1)) return undefined;
    const ends = new BlockEnds(block, at + 1, at + Buffer.byteLength(quoted) - 1);
    return new DeltaTemplate(ends, out.slice(0, outAt + 1), out.slice(outAt + quoted.length - 1));
  }

  /** Whether both were made of blocks of the same kind. */
  isLike(other: DeltaTemplate): boolean {
    return this.#outHead === other.#outHead && this.#outTail === other.#outTail && this.#ends.equals(other.#ends);
  }

  /** The text of a block of this kind; undefined for any other, for no text, and for texts with escapes in them. */
  read(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (!this.#ends.fit(bytes, start, end)) return undefined;
    const textStart = start + this.#ends.headLength;
    const textEnd = end - this.#ends.tailLength;
    for (let at = textStart; at < textEnd; at++) {
      const c = bytes[at]!;
      if (c === QUOTE || c === BACKSLASH || c < SPACE) return undefined;
    }
    return utf8Slice.call(bytes, textStart, textEnd);
  }

  /** What leaves for a block of this kind; `text` as `read` gave it. */
  write(text: string): string {
    return this.#outHead + text + this.#outTail;
  }
}
