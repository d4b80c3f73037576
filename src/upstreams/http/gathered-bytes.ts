/** What is as long is kept as it lies in what was read; of shorter ones each view would take several times what it shows. */
const LONG_BYTES = 4 * 1024;
/** Short ones are copied behind one another into pieces of this size. */
const PIECE_BYTES = 16 * 1024;

/** A body that comes in pieces, in room that follows its length and not their number: a chunk may have one byte. */
export class GatheredBytes {
  #pieces: Uint8Array[] = [];
  /** The one that is being filled. */
  #open: Uint8Array | undefined;
  #filled = 0;
  #size = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    // Nearly always the first is all.
    const first = this.#size === 0;
    this.#size += size;
    if (!first && size < LONG_BYTES) {
      this.#copy(bytes, start, end);
      return;
    }
    this.#close();
    this.#pieces.push(bytes.subarray(start, end));
  }

  /** All of them; they are let go here. */
  take(): Uint8Array {
    this.#close();
    const pieces = this.#pieces;
    const size = this.#size;
    this.clear();
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size);
  }

  clear(): void {
    this.#pieces = [];
    this.#open = undefined;
    this.#size = 0;
  }

  #copy(bytes: Uint8Array, from: number, end: number): void {
    for (let at = from; at < end; ) {
      if (this.#open === undefined) {
        this.#open = new Uint8Array(PIECE_BYTES);
        this.#filled = 0;
      }
      const next = Math.min(end, at + this.#open.length - this.#filled);
      for (; at < next; at++) this.#open[this.#filled++] = bytes[at]!;
      if (this.#filled === this.#open.length) this.#close();
    }
  }

  #close(): void {
    if (this.#open !== undefined) this.#pieces.push(this.#open.subarray(0, this.#filled));
    this.#open = undefined;
  }
}
