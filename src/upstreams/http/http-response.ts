import type { BodyConsumer, BodyFlow, BodyReader, UpstreamBody, UpstreamResponse } from '../upstream-response.ts';
import { Fields } from './fields.ts';
import type { ResponseHead } from './response-parser.ts';

/** What a response needs of the connection that it comes over. */
export interface ResponseSource {
  pause(): void;
  resume(): void;
  /** The rest is not wanted: the connection is closed. */
  abandon(): void;
}

/** Bytes that may wait for a reader before the connection is told to pause. */
const MAX_WAITING_BYTES = 64 * 1024;

type Read = { done: boolean; value?: Uint8Array | undefined };

const DONE: Read = { done: true };

/**
 * An answer and the bytes of its body: handed over as they come, or read. A reader that does not read makes the upstream
 * wait, and so does a consumer that says so.
 */
export class HttpResponse implements UpstreamResponse, UpstreamBody, BodyReader, BodyFlow {
  readonly status: number;
  #fields: Fields;
  readonly #source: ResponseSource;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #paused = false;
  #over = false;
  #failure: unknown;
  #reader: { resolve: (read: Read) => void; reject: (reason: unknown) => void } | undefined;
  #consumer: BodyConsumer | undefined;

  constructor(head: ResponseHead, source: ResponseSource) {
    this.status = head.status;
    this.#fields = head.fields;
    this.#source = source;
  }

  /** To be asked for before the body flows: a long answer does not keep the kilobytes of its head. */
  get headers(): Fields {
    return this.#fields;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get body(): this {
    return this;
  }

  getReader(): this {
    return this;
  }

  read(): Promise<Read> {
    if (this.#waitingBytes > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#over) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  flowTo(consumer: BodyConsumer): BodyFlow {
    this.#consumer = consumer;
    this.#fields = Fields.NONE;
    if (this.#waitingBytes > 0) {
      const waiting = this.#take();
      consumer.onBytes(waiting, 0, waiting.length);
    }
    if (this.#failure !== undefined) consumer.onBroken(this.#failure);
    else if (this.#over) consumer.onEnd();
    return this;
  }

  pause(): void {
    if (this.#paused || this.#over || this.#failure !== undefined) return;
    this.#paused = true;
    this.#source.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#over && this.#failure === undefined) this.#source.resume();
  }

  cancel(): Promise<void> {
    this.#consumer = undefined;
    if (!this.#over && this.#failure === undefined) {
      this.#over = true;
      this.#source.abandon();
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#settle()?.resolve(DONE);
    return Promise.resolve();
  }

  /** More of the body: `chunk` from `start` to `end`. */
  push(chunk: Uint8Array, start: number, end: number): void {
    if (this.#over) return;
    if (this.#consumer !== undefined) {
      this.#consumer.onBytes(chunk, start, end);
      return;
    }
    const bytes = chunk.subarray(start, end);
    const reader = this.#settle();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: bytes });
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.pause();
  }

  end(): void {
    this.#over = true;
    // The last bytes were on their way when it paused; the connection now serves another exchange.
    if (this.#paused) this.#source.resume();
    this.#paused = false;
    this.#consumer?.onEnd();
    this.#settle()?.resolve(DONE);
  }

  /** What came before it can still be read. */
  fail(reason: unknown): void {
    if (this.#over || this.#failure !== undefined) return;
    this.#failure = reason;
    this.#consumer?.onBroken(reason);
    this.#settle()?.reject(reason);
  }

  #settle() {
    const reader = this.#reader;
    this.#reader = undefined;
    return reader;
  }

  /** All that waits, as one: what came together leaves together. */
  #take(): Uint8Array {
    const waiting = this.#waiting;
    const bytes = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting, this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.resume();
    return bytes;
  }
}
