/** The part of a socket that an outbox needs. */
interface Writable {
  write(bytes: Uint8Array): number;
}

/** Writes to a socket and keeps what the kernel has no room for, in order. */
export class Outbox {
  readonly #socket: Writable;
  #waiting: Uint8Array[] = [];

  constructor(socket: Writable) {
    this.#socket = socket;
  }

  /** The bytes may be changed by the caller once this returns. */
  write(bytes: Uint8Array): void {
    if (this.#waiting.length > 0) {
      this.#waiting.push(bytes.slice());
      return;
    }
    const written = Math.max(0, this.#socket.write(bytes));
    if (written < bytes.length) this.#waiting.push(bytes.slice(written));
  }

  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const bytes of waiting) this.write(bytes);
  }
}
