// Of the platform's Buffer, because they compare and copy parts without making views of them.
const { compare, copy } = Buffer.prototype;

/** A block of a stream but for one text in it: what stands before and behind the text. */
export class BlockEnds {
  readonly headLength: number;
  readonly tailLength: number;
  readonly #block: Uint8Array;

  /** `block` is kept; the text's bounds are those of its characters, without quotes. */
  constructor(block: Uint8Array, textStart: number, textEnd: number) {
    this.#block = block;
    this.headLength = textStart;
    this.tailLength = block.length - textEnd;
  }

  /** Whether what lies from `start` to `end` begins and ends in the same way, with something in between. */
  fit(bytes: Uint8Array, start: number, end: number): boolean {
    const textStart = start + this.headLength;
    const textEnd = end - this.tailLength;
    const block = this.#block;
    return (
      textEnd > textStart &&
      compare.call(bytes, block, 0, this.headLength, start, textStart) === 0 &&
      compare.call(bytes, block, block.length - this.tailLength, block.length, textEnd, end) === 0
    );
  }

  /** Writes what stands before the text to where `out` begins. */
  copyHead(out: Uint8Array): void {
    copy.call(this.#block, out, 0, 0, this.headLength);
  }

  /** Whether both have the same ends. */
  equals(other: BlockEnds): boolean {
    const sameLengths = this.headLength === other.headLength && this.tailLength === other.tailLength;
    return sameLengths && this.fit(other.#block, 0, other.#block.length);
  }
}
