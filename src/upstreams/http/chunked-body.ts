import { CR, LF, latin1 } from './fields.ts';

const MAX_LINE_BYTES = 4 * 1024;
const MAX_TRAILER_BYTES = 64 * 1024;
const TRAILER = /^[!#$%&'*+\-.^`|~\w]+:[\t\x20-\x7e\x80-\xff]*$/;

/** Takes a body's bytes, from `start` to `end` of what was pushed: a view per frame would cost more than the frame. */
export interface BodyBytes {
  onBody(bytes: Uint8Array, start: number, end: number): void;
}

/** How a side of the gateway reads chunks. */
export interface ChunkRules {
  /** The error to throw for what is no chunked body. */
  readonly malformed: (what: string) => Error;
  /** Lines may end in LF alone, and trailers be anything. Not for what a client sends: a proxy before us may see other lines in it. */
  readonly lenient: boolean;
}

/** Reads a body in the chunked transfer coding (RFC 9112, 7.1), whatever pieces it comes in. Trailers are let go. */
export class ChunkedBody {
  readonly #to: BodyBytes;
  readonly #rules: ChunkRules;
  #state: 'size' | 'chunk' | 'chunk end' | 'trailers' | 'done' = 'size';
  /** Bytes of a line that is not whole yet. */
  #rest: Uint8Array | undefined;
  /** Of the chunk. */
  #left = 0;
  #trailerBytes = 0;
  #lineEnd = 0;

  constructor(to: BodyBytes, rules: ChunkRules) {
    this.#to = to;
    this.#rules = rules;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Takes bytes from `from` until the body's end or theirs. Returns where it stopped. */
  push(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      switch (this.#state) {
        case 'size':
          at = this.#size(bytes, at);
          break;
        case 'chunk':
          at = this.#chunk(bytes, at);
          break;
        case 'chunk end':
          at = this.#chunkEnd(bytes, at);
          break;
        case 'trailers':
          at = this.#trailer(bytes, at);
          break;
        case 'done':
          return at;
      }
    }
    return at;
  }

  #chunk(bytes: Uint8Array, from: number): number {
    const to = Math.min(bytes.length, from + this.#left);
    this.#left -= to - from;
    if (this.#left === 0) this.#state = 'chunk end';
    this.#to.onBody(bytes, from, to);
    return to;
  }

  #size(bytes: Uint8Array, from: number): number {
    if (this.#rest === undefined) {
      // Nearly always: digits, CR, LF, all in one piece.
      let size = 0;
      let at = from;
      for (let digit = hexDigit(bytes[at]); digit >= 0 && at - from < 8; digit = hexDigit(bytes[++at]))
        size = size * 16 + digit;
      if (at > from && bytes[at] === CR && bytes[at + 1] === LF) {
        this.#begin(size);
        return at + 2;
      }
    }
    const line = this.#line(bytes, from);
    if (line === undefined) return bytes.length;
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(line)?.[1];
    if (size === undefined) throw this.#rules.malformed('a chunk has no size');
    this.#begin(Number.parseInt(size, 16));
    return this.#lineEnd;
  }

  #begin(size: number): void {
    this.#left = size;
    this.#state = size === 0 ? 'trailers' : 'chunk';
  }

  #chunkEnd(bytes: Uint8Array, from: number): number {
    if (bytes[from] === CR && bytes[from + 1] === LF && this.#rest === undefined) {
      this.#state = 'size';
      return from + 2;
    }
    const line = this.#line(bytes, from);
    if (line === undefined) return bytes.length;
    if (line !== '') throw this.#rules.malformed('a chunk is longer than it says');
    this.#state = 'size';
    return this.#lineEnd;
  }

  #trailer(bytes: Uint8Array, from: number): number {
    const line = this.#line(bytes, from);
    if (line === undefined) return bytes.length;
    this.#trailerBytes += line.length;
    if (this.#trailerBytes > MAX_TRAILER_BYTES) throw this.#rules.malformed('the trailers are too long');
    if (line === '') this.#state = 'done';
    else if (!this.#rules.lenient && !TRAILER.test(line)) throw this.#rules.malformed('a trailer is no header field');
    return this.#lineEnd;
  }

  /** The line that begins at `from`, over pieces if it must; `#lineEnd` is where the next begins. Undefined: not whole yet. */
  #line(bytes: Uint8Array, from: number): string | undefined {
    const end = bytes.indexOf(LF, from);
    const rest = this.#rest;
    if (end < 0) {
      const more = bytes.slice(from);
      this.#rest = rest === undefined ? more : Buffer.concat([rest, more]);
      if (this.#rest.length > MAX_LINE_BYTES) throw this.#rules.malformed('a line is too long');
      return undefined;
    }
    this.#rest = undefined;
    this.#lineEnd = end + 1;
    const whole = rest === undefined ? bytes.subarray(from, end) : Buffer.concat([rest, bytes.subarray(from, end)]);
    if (whole.length > MAX_LINE_BYTES) throw this.#rules.malformed('a line is too long');
    const ended = whole.at(-1) === CR;
    if (!ended && !this.#rules.lenient) throw this.#rules.malformed('a line has no CR at its end');
    return latin1(whole, 0, ended ? whole.length - 1 : whole.length);
  }
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
