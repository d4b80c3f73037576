const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

// Of the platform's Buffer, because they compare and read parts without making views of them.
const { compare, utf8Slice } = Buffer.prototype as Buffer & { utf8Slice(start: number, end: number): string };

/**
 * What two deltas of one piece have in common on either side of a translation: all but the text. A block that begins and
 * ends like the one before says the same with another text, and so does what leaves for it; comparing is several times
 * cheaper than parsing, decoding and encoding.
 */
export class DeltaTemplate {
  /** The block as it came. */
  readonly #block: Uint8Array;
  readonly #textStart: number;
  readonly #textEnd: number;
  readonly #outHead: string;
  readonly #outTail: string;

  private constructor(block: Uint8Array, textStart: number, textEnd: number, outHead: string, outTail: string) {
    this.#block = block;
    this.#textStart = textStart;
    this.#textEnd = textEnd;
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
    const textEnd = at + Buffer.byteLength(quoted) - 1;
    const outTail = out.slice(outAt + quoted.length - 1);
    return new DeltaTemplate(block, at + 1, textEnd, out.slice(0, outAt + 1), outTail);
  }

  /** Whether both were made of blocks of the same kind. */
  isLike(other: DeltaTemplate): boolean {
    const block = other.#block;
    return (
      this.#outHead === other.#outHead &&
      this.#outTail === other.#outTail &&
      this.#hasEnds(block, 0, other.#textStart, other.#textEnd, block.length)
    );
  }

  /** The text of a block of this kind; undefined for any other, and for texts with escapes in them. */
  read(bytes: Uint8Array, start: number, end: number): string | undefined {
    const textStart = start + this.#textStart;
    const textEnd = end - (this.#block.length - this.#textEnd);
    // An empty text is no delta to many.
    if (textEnd <= textStart || !this.#hasEnds(bytes, start, textStart, textEnd, end)) return undefined;
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

  #hasEnds(bytes: Uint8Array, start: number, textStart: number, textEnd: number, end: number): boolean {
    const block = this.#block;
    return (
      compare.call(bytes, block, 0, this.#textStart, start, textStart) === 0 &&
      compare.call(bytes, block, this.#textEnd, block.length, textEnd, end) === 0
    );
  }
}
