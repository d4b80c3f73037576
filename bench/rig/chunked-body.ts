const LF = 0x0a;

/** Cuts the framing out of a chunked body, wherever the network or a gateway cut it. */
export class ChunkedBody {
  /** Bytes of the open chunk still to come, its line end included; 0: a size line comes next. */
  #left = 0;
  #size = 0;
  /** The size line that is being read has its digits. */
  #sized = false;
  #last = false;

  /** Calls `onData` with the bounds of each piece of content. Returns true when the last chunk is there. */
  push(bytes: Uint8Array, from: number, onData: (start: number, end: number) => void): boolean {
    let i = from;
    while (i < bytes.length) {
      if (this.#left === 0) {
        i = this.#sizeLine(bytes, i);
        continue;
      }
      const end = Math.min(bytes.length, i + this.#left);
      const content = Math.min(end, i + this.#left - 2);
      if (content > i && !this.#last) onData(i, content);
      this.#left -= end - i;
      i = end;
      if (this.#left === 0 && this.#last) return true;
    }
    return false;
  }

  #sizeLine(bytes: Uint8Array, from: number): number {
    for (let i = from; i < bytes.length; i++) {
      const c = bytes[i]!;
      if (c === LF) {
        this.#last = this.#size === 0;
        this.#left = this.#size + 2;
        this.#size = 0;
        this.#sized = false;
        return i + 1;
      }
      const digit = hex(c);
      if (digit < 0) this.#sized = true;
      else if (!this.#sized) this.#size = this.#size * 16 + digit;
    }
    return bytes.length;
  }
}

function hex(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const letter = c | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
