/** Head of an HTTP/1.1 answer. Names are in lower case; a name that came several times has its values joined by `, `. */
export interface ResponseHead {
  status: number;
  headers: ReadonlyMap<string, string>;
}

/** What the parser finds, in order: one head, any number of body parts, one end. */
export interface ResponseEvents {
  onHead(head: ResponseHead): void;
  /** A part of the bytes that were pushed, from `start` to `end`: a view per frame would cost more than the frame. */
  onBody(bytes: Uint8Array, start: number, end: number): void;
  /** `reusable`: the connection may carry another exchange. */
  onEnd(reusable: boolean): void;
}

/** An answer that is not HTTP, or ends where it must not. */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse';
  readonly code = 'MALFORMED_RESPONSE';
}

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_LINE_BYTES = 4 * 1024;
const CR = 0x0d;
const LF = 0x0a;

type State = 'head' | 'length' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers' | 'until close' | 'done';

/**
 * Reads one answer from a connection, whatever pieces it comes in (RFC 9112). Body bytes pass without a copy.
 * Interim answers (1xx) are stepped over. Throws MalformedResponse.
 */
export class ResponseParser {
  readonly #events: ResponseEvents;
  #state: State = 'head';
  /** Bytes of a line or a head that is not whole yet. */
  #rest: Uint8Array | undefined;
  /** Of the body, or of the chunk. */
  #left = 0;
  #keepAlive = true;
  #trailerBytes = 0;
  #lineEnd = 0;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** False until a byte of the answer has come: then nothing of it is lost by sending the request again. */
  get begun(): boolean {
    return this.#state !== 'head' || this.#rest !== undefined;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      switch (this.#state) {
        case 'head':
          at = this.#head(bytes, at);
          break;
        case 'length':
        case 'chunk':
          at = this.#body(bytes, at);
          break;
        case 'chunk size':
          at = this.#chunkSize(bytes, at);
          break;
        case 'chunk end':
          at = this.#chunkEnd(bytes, at);
          break;
        case 'trailers':
          at = this.#trailer(bytes, at);
          break;
        case 'until close':
          this.#events.onBody(bytes, at, bytes.length);
          return;
        case 'done':
          // More than was asked for: nothing on this connection can be trusted any more.
          throw new MalformedResponse('there are bytes after the answer');
      }
    }
  }

  /** The other side has closed. Throws where the answer was not over. */
  close(): void {
    if (this.#state === 'done') return;
    if (this.#state !== 'until close') throw new MalformedResponse('the connection closed in the middle of the answer');
    this.#keepAlive = false;
    this.#end();
  }

  #end(): void {
    this.#state = 'done';
    this.#events.onEnd(this.#keepAlive);
  }

  #head(bytes: Uint8Array, from: number): number {
    const rest = this.#rest;
    const all =
      rest === undefined ? (from === 0 ? bytes : bytes.subarray(from)) : Buffer.concat([rest, bytes.subarray(from)]);
    // What was looked through already is not looked through again, but for an end that was cut.
    const end = headEnd(all, rest === undefined ? 0 : Math.max(0, rest.length - 3));
    if (end < 0) {
      if (all.length > MAX_HEAD_BYTES) throw new MalformedResponse('the head is too long');
      this.#rest = rest === undefined ? all.slice() : all;
      return bytes.length;
    }
    this.#rest = undefined;
    if (end > MAX_HEAD_BYTES) throw new MalformedResponse('the head is too long');
    this.#readHead(all, end);
    return from + end - (rest?.length ?? 0);
  }

  #readHead(bytes: Uint8Array, end: number): void {
    const text = latin1(bytes, 0, end);
    const match = STATUS_LINE.exec(text);
    if (match === null) throw new MalformedResponse('the answer is not HTTP/1.1');
    const status = Number(match[2]);
    const headers = readFields(text, match[0].length);
    if (status >= 100 && status < 200) {
      if (status === 101) throw new MalformedResponse('the answer changes the protocol');
      return;
    }
    const connection = headers.get('connection')?.toLowerCase() ?? '';
    this.#keepAlive = match[1] === '1' ? !connection.includes('close') : connection.includes('keep-alive');
    const encoding = headers.get('transfer-encoding')?.toLowerCase();
    const length = headers.get('content-length');
    if (encoding !== undefined) {
      if (!/(?:^|,)\s*chunked\s*$/.test(encoding)) throw new MalformedResponse('the transfer encoding is not known');
      this.#state = 'chunk size';
    } else if (length !== undefined) {
      this.#left = lengthOf(length);
      this.#state = 'length';
    } else {
      this.#state = 'until close';
    }
    const empty = status === 204 || status === 304 || (this.#state === 'length' && this.#left === 0);
    this.#events.onHead({ status, headers });
    if (empty) this.#end();
  }

  #body(bytes: Uint8Array, from: number): number {
    const to = Math.min(bytes.length, from + this.#left);
    this.#left -= to - from;
    const over = this.#left === 0;
    const next = this.#state === 'length' ? 'done' : 'chunk end';
    if (over && next === 'chunk end') this.#state = next;
    this.#events.onBody(bytes, from, to);
    if (over && next === 'done') this.#end();
    return to;
  }

  #chunkSize(bytes: Uint8Array, from: number): number {
    if (this.#rest === undefined) {
      // Nearly always: digits, CR, LF, all in one piece.
      let size = 0;
      let at = from;
      for (let digit = hexDigit(bytes[at]); digit >= 0 && at - from < 8; digit = hexDigit(bytes[++at]))
        size = size * 16 + digit;
      if (at > from && bytes[at] === CR && bytes[at + 1] === LF) {
        this.#beginChunk(size);
        return at + 2;
      }
    }
    const line = this.#line(bytes, from);
    if (line === undefined) return bytes.length;
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw new MalformedResponse('a chunk has no size');
    this.#beginChunk(Number.parseInt(size, 16));
    return this.#lineEnd;
  }

  #beginChunk(size: number): void {
    this.#left = size;
    this.#state = size === 0 ? 'trailers' : 'chunk';
  }

  #chunkEnd(bytes: Uint8Array, from: number): number {
    if (bytes[from] === CR && bytes[from + 1] === LF && this.#rest === undefined) {
      this.#state = 'chunk size';
      return from + 2;
    }
    const line = this.#line(bytes, from);
    if (line === undefined) return bytes.length;
    if (line !== '') throw new MalformedResponse('a chunk is longer than it says');
    this.#state = 'chunk size';
    return this.#lineEnd;
  }

  #trailer(bytes: Uint8Array, from: number): number {
    const line = this.#line(bytes, from);
    if (line === undefined) return bytes.length;
    this.#trailerBytes += line.length;
    if (this.#trailerBytes > MAX_HEAD_BYTES) throw new MalformedResponse('the trailers are too long');
    if (line === '') this.#end();
    return this.#lineEnd;
  }

  /** The line that begins at `from`, over pieces if it must; `#lineEnd` is where the next begins. Undefined: not whole yet. */
  #line(bytes: Uint8Array, from: number): string | undefined {
    const end = bytes.indexOf(LF, from);
    const rest = this.#rest;
    if (end < 0) {
      const more = bytes.slice(from);
      this.#rest = rest === undefined ? more : Buffer.concat([rest, more]);
      if (this.#rest.length > MAX_LINE_BYTES) throw new MalformedResponse('a line is too long');
      return undefined;
    }
    this.#rest = undefined;
    this.#lineEnd = end + 1;
    const whole = rest === undefined ? bytes.subarray(from, end) : Buffer.concat([rest, bytes.subarray(from, end)]);
    return latin1(whole, 0, whole.at(-1) === CR ? whole.length - 1 : whole.length);
  }
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Where the body begins, -1 when the head is not whole. */
function headEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** The whole line, after blank ones. */
const STATUS_LINE = /^\s*HTTP\/1\.([01]) (\d{3})(?: [^\n]*|\r?)\n/;

/** The fields from `from` to the blank line. Character by character: expressions and pieces took most of a head's time. */
function readFields(text: string, from: number): Map<string, string> {
  const fields = new Map<string, string>();
  let at = from;
  for (;;) {
    const lineEnd = text.indexOf('\n', at);
    const first = text.charCodeAt(at);
    if (lineEnd <= at || (first === CR && lineEnd === at + 1)) return fields;
    const colon = nameEnd(text, at, lineEnd);
    const name = text.slice(at, colon).toLowerCase();
    let valueStart = colon + 1;
    let valueEnd = lineEnd;
    while (valueStart < valueEnd && isSpace(text.charCodeAt(valueStart))) valueStart++;
    while (valueEnd > valueStart && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd--;
    const value = text.slice(valueStart, valueEnd);
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
    at = lineEnd + 1;
  }
}

/** Where the colon after a field's name is. */
function nameEnd(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const c = text.charCodeAt(at);
    if (c === 0x3a && at > from) return at;
    if (c === 0x3a || isSpace(c)) break;
  }
  throw new MalformedResponse('a header field has no name');
}

/** Several of the same are one. */
function lengthOf(value: string): number {
  const lengths = value.includes(',') ? [...new Set(value.split(',').map((one) => one.trim()))] : [value];
  if (lengths.length !== 1 || !/^\d{1,15}$/.test(lengths[0]!)) {
    throw new MalformedResponse('the content length is no number');
  }
  return Number(lengths[0]);
}

const isSpace = (c: number): boolean => c === 0x20 || c === 0x09 || c === CR;

const latin1Slice = Buffer.prototype.latin1Slice as (this: Uint8Array, start: number, end: number) => string;

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return latin1Slice.call(bytes, from, to);
}
