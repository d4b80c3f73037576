import type { Socket } from 'bun';
import { CR, LF } from '../../upstreams/http/fields.ts';

/** What is small leaves from here, in one go: no piece of an answer needs memory of its own. */
const SCRATCH_BYTES = 64 * 1024;
/** Room for a head before a body that has to be measured first. */
const HEAD_ROOM = 4 * 1024;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
/** `0`, CR LF, CR LF: the chunk that ends a body. */
const LAST_CHUNK_BYTES = 5;
/** Hexadecimal digits of the longest chunk, and two line ends. */
const CHUNK_FRAME_BYTES = 12;

/** Sends over a socket, and keeps what the kernel has no room for until it has. */
export class SocketWriter {
  readonly #socket: Socket<unknown>;
  #unsent: Uint8Array | undefined;
  #shutWhenSent = false;

  constructor(socket: Socket<unknown>) {
    this.#socket = socket;
  }

  /** Nothing waits for room. */
  get idle(): boolean {
    return this.#unsent === undefined;
  }

  /** There may be room again. True when some of what waited is sent. */
  flush(): boolean {
    const unsent = this.#unsent;
    if (unsent === undefined) return false;
    const written = this.#socket.write(unsent);
    if (written === 0) return false;
    // Below zero: the connection is closed, which its close event tells.
    this.#unsent = written > 0 && written < unsent.length ? unsent.subarray(written) : undefined;
    if (this.#unsent === undefined && this.#shutWhenSent) this.#socket.shutdown();
    return true;
  }

  /** Closes our side of the connection once all is sent. */
  shutWhenSent(): void {
    this.#shutWhenSent = true;
    if (this.#unsent === undefined) this.#socket.shutdown();
  }

  /** Text of a head: each character is a byte. */
  writeText(text: string): void {
    this.#write(Buffer.from(text, 'latin1'), 0, text.length);
  }

  /** A head that has to know the body's length in bytes, and the body where it is wanted. */
  writeWhole(headOf: (length: number) => string, body: string | Uint8Array, wanted: boolean): void {
    const room = SCRATCH_BYTES - HEAD_ROOM;
    // A character takes three bytes at most.
    const small = typeof body === 'string' ? body.length * 3 <= room : body.length <= room;
    if (!small) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      const head = Buffer.from(headOf(bytes.length), 'latin1');
      const whole = wanted ? Buffer.concat([head, bytes]) : head;
      this.#write(whole, 0, whole.length);
      return;
    }
    let length: number;
    if (typeof body === 'string') length = scratch.write(body, HEAD_ROOM, 'utf8');
    else {
      length = body.length;
      scratch.set(body, HEAD_ROOM);
    }
    const head = headOf(length);
    const end = wanted ? HEAD_ROOM + length : HEAD_ROOM;
    const start = HEAD_ROOM - head.length;
    if (start < 0) {
      const whole = Buffer.concat([Buffer.from(head, 'latin1'), scratch.subarray(HEAD_ROOM, end)]);
      this.#write(whole, 0, whole.length);
      return;
    }
    scratch.write(head, start, 'latin1');
    this.#write(scratch, start, end);
  }

  /**
   * A piece of a streamed body, after the head where that has not left yet. `chunked`: in the chunked transfer coding.
   * False: what follows would wait.
   */
  writeFrame(head: string, bytes: Uint8Array, chunked: boolean, last: boolean): boolean {
    const most = head.length + bytes.length + CHUNK_FRAME_BYTES + LAST_CHUNK_BYTES;
    const out = most <= SCRATCH_BYTES ? scratch : Buffer.allocUnsafe(most);
    let at = head === '' ? 0 : out.write(head, 0, 'latin1');
    if (chunked && bytes.length > 0) at = writeHex(out, at, bytes.length);
    out.set(bytes, at);
    at += bytes.length;
    if (chunked && bytes.length > 0) at = writeLineEnd(out, at);
    if (chunked && last) {
      out[at++] = 0x30;
      at = writeLineEnd(out, writeLineEnd(out, at));
    }
    if (at > 0) this.#write(out, 0, at);
    return this.#unsent === undefined;
  }

  #write(bytes: Uint8Array, from: number, to: number): void {
    if (this.#unsent !== undefined) {
      this.#unsent = Buffer.concat([this.#unsent, bytes.subarray(from, to)]);
      return;
    }
    const written = this.#socket.write(bytes, from, to - from);
    // Below zero: the connection is closed, which its close event tells.
    if (written >= 0 && written < to - from) this.#unsent = bytes.slice(from + written, to);
  }
}

/** A chunk's size and its line end. Returns where the chunk begins. */
function writeHex(out: Uint8Array, from: number, size: number): number {
  let digits = 1;
  for (let rest = size >>> 4; rest > 0; rest >>>= 4) digits++;
  for (let i = digits - 1, rest = size; i >= 0; i--, rest >>>= 4) {
    const digit = rest & 15;
    out[from + i] = digit < 10 ? 0x30 + digit : 0x57 + digit;
  }
  return writeLineEnd(out, from + digits);
}

function writeLineEnd(out: Uint8Array, at: number): number {
  out[at] = CR;
  out[at + 1] = LF;
  return at + 2;
}
