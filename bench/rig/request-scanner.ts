const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Finds the ends of requests in what a connection sends, and looks at nothing but path and framing. */
export class RequestScanner {
  #head: Buffer = Buffer.alloc(0);
  #path = '';
  /** Bytes of the body still to come; -1: it ends with a last chunk. */
  #missing = 0;
  #inBody = false;
  /** The last bytes of a chunked body, for a terminator that two reads share. */
  #tail: Buffer = Buffer.alloc(0);

  /** Paths of the requests that these bytes complete. A client here never pipelines. */
  push(bytes: Buffer): string[] {
    let rest = bytes;
    if (!this.#inBody) {
      const head = this.#head.length === 0 ? rest : Buffer.concat([this.#head, rest]);
      const end = head.indexOf(HEAD_END);
      if (end < 0) {
        this.#head = Buffer.from(head);
        return [];
      }
      this.#head = Buffer.alloc(0);
      this.#readHead(head.toString('latin1', 0, end + 2));
      rest = head.subarray(end + 4);
      this.#inBody = true;
    }
    if (this.#missing >= 0) {
      this.#missing -= rest.length;
      if (this.#missing > 0) return [];
    } else {
      this.#tail = Buffer.concat([this.#tail, rest]).subarray(-LAST_CHUNK.length);
      if (!this.#tail.equals(LAST_CHUNK)) return [];
    }
    this.#inBody = false;
    return [this.#path];
  }

  #readHead(head: string): void {
    this.#path = head.slice(head.indexOf(' ') + 1, head.indexOf(' ', head.indexOf(' ') + 1));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#missing = length === undefined ? (/\r\ntransfer-encoding: *chunked/i.test(head) ? -1 : 0) : Number(length);
    this.#tail = Buffer.alloc(0);
  }
}
