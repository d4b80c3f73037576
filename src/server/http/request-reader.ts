import { GatewayError } from '../../errors/catalogue.ts';
import { ChunkedBody, type ChunkRules } from '../../upstreams/http/chunked-body.ts';
import { CR, LF } from '../../upstreams/http/fields.ts';
import type { RequestBody } from './request-body.ts';
import { headEnd, MAX_HEAD_BYTES, MalformedRequest, type RequestHead, readHead, targetIn } from './request-head.ts';

/** What is found on a connection, request by request. */
export interface RequestEvents {
  /** A head is whole. Returns the body that is to be filled. */
  onHead(head: RequestHead): RequestBody;
  /** The request may be answered; of its body, all that came with the head is there. */
  onRequest(): void;
  /** A body that was not whole with its head is now. */
  onBodyEnd(): void;
  /** Nothing can be read any more. `target`: of the request that could not be, where its first line was whole. */
  onMalformed(error: unknown, target: string | undefined): void;
  /** Many bytes wait behind the request that is being answered. */
  onCrowded(): void;
}

/** Bytes of further requests that may wait for the answer to the first. */
const MAX_WAITING_BYTES = 64 * 1024;
const CHUNKS: ChunkRules = { malformed: (what) => new MalformedRequest(what), lenient: false };

/** What whoever reads the body is told. */
function malformedBody(cause: unknown): GatewayError {
  const what = cause instanceof MalformedRequest ? `: ${cause.message}` : '';
  return new GatewayError('invalid_param', `The body is malformed${what}.`, { cause });
}

/** Reads the requests of one connection, whatever pieces they come in; the next one when the one before is answered. */
export class RequestReader {
  readonly #events: RequestEvents;
  /** Bytes that wait: of a head that is not whole, or behind the request that is being answered. */
  #waiting: Uint8Array | undefined;
  /** Up to here a head that is not whole was looked through. */
  #seen = 0;
  /** Of the request that is being answered. */
  #body: RequestBody | undefined;
  /** Of the body: bytes, or chunks. 0: it is whole. */
  #left: number | ChunkedBody = 0;
  #reading = false;
  #stopped = false;

  constructor(events: RequestEvents) {
    this.#events = events;
  }

  /** A head has begun, and is not whole yet. Half a line end begins none. */
  get begun(): boolean {
    return this.#waiting !== undefined && this.#body === undefined && this.#waiting[0] !== CR;
  }

  /** The target of a head that has begun, where its first line is whole. */
  get target(): string | undefined {
    return this.#waiting === undefined ? undefined : targetIn(this.#waiting, 0);
  }

  /** More of the body of the request that is being answered is to come. */
  get bodyComing(): boolean {
    return this.#left !== 0;
  }

  push(bytes: Uint8Array): void {
    if (this.#stopped) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#read(waiting === undefined ? bytes : Buffer.concat([waiting, bytes]));
  }

  /** The request is answered, and its body whole: the next one, which may be here already. */
  next(): void {
    this.#body = undefined;
    const waiting = this.#waiting;
    if (waiting === undefined || this.#reading) return;
    this.#waiting = undefined;
    this.#read(waiting);
  }

  /** Whatever comes from now on is let go. */
  stop(): void {
    this.#stopped = true;
    this.#left = 0;
    this.#waiting = undefined;
  }

  #read(bytes: Uint8Array): void {
    this.#reading = true;
    let at = 0;
    try {
      while (at < bytes.length && !this.#stopped) {
        if (this.#left !== 0) at = this.#readBody(bytes, at, this.#left);
        else if (this.#body !== undefined) break;
        else {
          // What some clients send after a body.
          while (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
          if (at >= bytes.length) break;
          const next = this.#readRequest(bytes, at);
          if (next < 0) break;
          at = next;
        }
      }
    } catch (error) {
      this.stop();
      this.#body?.fail(malformedBody(error));
      this.#events.onMalformed(error, this.#body === undefined ? targetIn(bytes, at) : undefined);
    }
    this.#reading = false;
    if (at >= bytes.length || this.#stopped) return;
    this.#waiting = at === 0 ? bytes : bytes.subarray(at);
    if (this.#body !== undefined && this.#waiting.length > MAX_WAITING_BYTES) this.#events.onCrowded();
  }

  /** Where the request's head ends, or its body where that is here; -1: the head is not whole. */
  #readRequest(bytes: Uint8Array, from: number): number {
    const end = headEnd(bytes, from, this.#seen);
    if ((end < 0 ? bytes.length : end) - from > MAX_HEAD_BYTES) {
      throw new MalformedRequest(`its head is over ${MAX_HEAD_BYTES} bytes`, 431);
    }
    if (end < 0) {
      // The bytes that wait begin at `from`; the last one is looked at again, with the one after it.
      this.#seen = bytes.length - from - 1;
      return -1;
    }
    this.#seen = 0;
    const head = readHead(bytes, from, end);
    const body = this.#events.onHead(head);
    this.#body = body;
    let next = end;
    if (head.length === 'chunked') {
      this.#left = new ChunkedBody({ onBody: (chunk, start, stop) => body.push(chunk, start, stop) }, CHUNKS);
    } else if (bytes.length - end < head.length) {
      this.#left = head.length;
    } else {
      // Nearly always the body is here with the head: nobody has to wait for it.
      next = end + head.length;
      if (head.length > 0) body.push(bytes, end, next);
      body.end();
    }
    this.#events.onRequest();
    return next;
  }

  #readBody(bytes: Uint8Array, from: number, left: number | ChunkedBody): number {
    const body = this.#body!;
    let to: number;
    if (typeof left === 'number') {
      to = Math.min(bytes.length, from + left);
      this.#left = left - (to - from);
      body.push(bytes, from, to);
    } else {
      to = left.push(bytes, from);
      if (left.done) this.#left = 0;
    }
    // A chunked body may have met somebody who stops all of it.
    if (this.#left === 0 && !this.#stopped) {
      body.end();
      this.#events.onBodyEnd();
    }
    return to;
  }
}
