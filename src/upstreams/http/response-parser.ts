import { type BodyBytes, ChunkedBody, type ChunkRules } from './chunked-body.ts';
import { CR, Fields, LF, latin1 } from './fields.ts';

/** Head of an HTTP/1.1 answer. */
export interface ResponseHead {
  status: number;
  fields: Fields;
}

/** What the parser finds, in order: one head, any number of body parts, one end. */
export interface ResponseEvents extends BodyBytes {
  onHead(head: ResponseHead): void;
  /** `reusable`: the connection may carry another exchange. */
  onEnd(reusable: boolean): void;
}

/** An answer that is not HTTP, or ends where it must not. */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse';
  readonly code = 'MALFORMED_RESPONSE';
}

const CHUNKS: ChunkRules = { malformed: (what) => new MalformedResponse(what), lenient: true };
const MAX_HEAD_BYTES = 64 * 1024;

type State = 'head' | 'length' | 'chunked' | 'until close' | 'done';

/**
 * Reads one answer from a connection, whatever pieces it comes in (RFC 9112). Body bytes pass without a copy.
 * Interim answers (1xx) are stepped over. Throws MalformedResponse.
 */
export class ResponseParser {
  readonly #events: ResponseEvents;
  #state: State = 'head';
  #begun = false;
  /** Bytes of a head that is not whole yet. */
  #rest: Uint8Array | undefined;
  /** Of the body. */
  #left = 0;
  #chunked: ChunkedBody | undefined;
  #keepAlive = true;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** False until a byte of an answer has come, be it an interim one: only until then may the request be sent again. */
  get begun(): boolean {
    return this.#begun;
  }

  push(bytes: Uint8Array): void {
    this.#begun = true;
    let at = 0;
    while (at < bytes.length) {
      switch (this.#state) {
        case 'head':
          at = this.#head(bytes, at);
          break;
        case 'length':
          at = this.#body(bytes, at);
          break;
        case 'chunked':
          at = this.#chunked!.push(bytes, at);
          if (this.#chunked!.done) this.#end();
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
    const fields = Fields.read(text, match[0].length) ?? Fields.read(mended(text.slice(match[0].length)), 0);
    if (fields === undefined) throw new MalformedResponse('a header field has no name');
    if (status >= 100 && status < 200) {
      if (status === 101) throw new MalformedResponse('the answer changes the protocol');
      return;
    }
    const connection = fields.get('connection')?.toLowerCase() ?? '';
    this.#keepAlive = match[1] === '1' ? !connection.includes('close') : connection.includes('keep-alive');
    const encoding = fields.get('transfer-encoding')?.toLowerCase();
    const length = fields.get('content-length');
    if (encoding !== undefined) {
      // Whoever says both, or has chunks in HTTP/1.0, may count its answers otherwise than we do (RFC 9112, 6.1).
      if (length !== null || match[1] === '0') this.#keepAlive = false;
      if (!/(?:^|,)\s*chunked\s*$/.test(encoding)) throw new MalformedResponse('the transfer encoding is not known');
      this.#chunked = new ChunkedBody(this.#events, CHUNKS);
      this.#state = 'chunked';
    } else if (length !== null) {
      this.#left = lengthOf(length);
      this.#state = 'length';
    } else {
      this.#state = 'until close';
    }
    const empty = status === 204 || status === 304 || (this.#state === 'length' && this.#left === 0);
    this.#events.onHead({ status, fields });
    if (empty) this.#end();
  }

  #body(bytes: Uint8Array, from: number): number {
    const to = Math.min(bytes.length, from + this.#left);
    this.#left -= to - from;
    this.#events.onBody(bytes, from, to);
    if (this.#left === 0) this.#end();
    return to;
  }
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

/** Fields as they should have been sent: no space before the colon, no line folded (RFC 9112, 5.1 and 5.2). */
const mended = (fields: string): string => fields.replace(/\r?\n[ \t]+/g, ' ').replace(/^([^\s:]+)[ \t]+(?=:)/gm, '$1');

/** Several of the same are one. */
function lengthOf(value: string): number {
  const lengths = value.includes(',') ? [...new Set(value.split(',').map((one) => one.trim()))] : [value];
  if (lengths.length !== 1 || !/^\d{1,15}$/.test(lengths[0]!)) {
    throw new MalformedResponse('the content length is no number');
  }
  return Number(lengths[0]);
}
