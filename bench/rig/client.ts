import type { Socket } from 'bun';
import { ChunkedBody } from './chunked-body.ts';
import { MARK, MARK_DIGITS } from './frames.ts';
import type { Target } from './orders.ts';
import { Outbox } from './outbox.ts';

/** What one connection reports to whoever drives it. Times are `performance.now()`. */
export interface ClientEvents {
  /** A frame with a delta; `writtenAt` is when the mock wrote it. */
  onFrame(client: Client, now: number, writtenAt: number): void;
  /** The answer is there as a whole; `status` below 0: the connection broke instead. */
  onEnd(client: Client, now: number, status: number): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** One keep-alive connection that sends a request and reads its answer to the end. */
export class Client {
  sentAt = 0;
  /** Frames of the answer that is being read. */
  frames = 0;
  readonly #events: ClientEvents;
  readonly #socket: Socket<Client>;
  readonly #outbox: Outbox;
  readonly #request: Buffer;
  #busy = false;
  #status = 0;
  #head: Buffer | undefined;
  /** Bytes of the body still to come; -1: chunked. */
  #missing = 0;
  #chunks = new ChunkedBody();
  /** The beginning of a mark that was cut. */
  #carry: Buffer = NOTHING;
  #closed = false;

  /** The answer is a stream: its frames are looked at. */
  #scans = false;

  private constructor(socket: Socket<Client>, request: Buffer, events: ClientEvents) {
    this.#socket = socket;
    this.#outbox = new Outbox(socket);
    this.#request = request;
    this.#events = events;
  }

  static async open(port: number, request: Buffer, events: ClientEvents): Promise<Client> {
    // A connection may fail before its client exists.
    const gone = (client: Client | undefined): void => {
      if (client !== undefined) client.#gone();
    };
    const socket = await Bun.connect<Client>({
      hostname: '127.0.0.1',
      port,
      socket: {
        data: (socket, bytes) => socket.data.#received(bytes),
        drain: (socket) => socket.data.#outbox.flush(),
        close: (socket) => gone(socket.data),
        error: (socket) => gone(socket.data),
      },
    });
    socket.setNoDelay(true);
    const client = new Client(socket, request, events);
    socket.data = client;
    return client;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(): void {
    this.#busy = true;
    this.#status = 0;
    this.#head = undefined;
    this.frames = 0;
    this.#chunks = new ChunkedBody();
    this.#carry = NOTHING;
    this.#outbox.write(this.#request);
    this.sentAt = performance.now();
  }

  close(): void {
    this.#busy = false;
    this.#closed = true;
    this.#socket.terminate();
  }

  #gone(): void {
    this.#closed = true;
    if (!this.#busy) return;
    this.#busy = false;
    this.#events.onEnd(this, performance.now(), -1);
  }

  #received(bytes: Buffer): void {
    if (!this.#busy) return;
    const now = performance.now();
    let body = bytes;
    if (this.#status === 0) {
      const head = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes]);
      const end = head.indexOf(HEAD_END);
      if (end < 0) {
        this.#head = Buffer.from(head);
        return;
      }
      const text = head.toString('latin1', 0, end + 2);
      this.#status = Number(text.slice(9, 12));
      const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
      this.#missing = length === undefined ? -1 : Number(length);
      this.#scans = /\r\ncontent-type: *text\/event-stream/i.test(text);
      body = head.subarray(end + 4);
    }
    if (this.#missing >= 0) {
      // Also a stream may come with its length, where a gateway had all of it at once.
      if (this.#scans) this.#content(body, 0, body.length, now);
      this.#missing -= body.length;
      if (this.#missing <= 0) this.#end(now);
      return;
    }
    if (this.#chunks.push(body, 0, (start, end) => this.#content(body, start, end, now))) this.#end(now);
  }

  #content(bytes: Buffer, start: number, end: number, now: number): void {
    let part = bytes.subarray(start, end);
    if (this.#carry.length > 0) part = Buffer.concat([this.#carry, part]);
    let looked = 0;
    for (let at = part.indexOf(MARK); at >= 0; at = part.indexOf(MARK, looked)) {
      if (at + MARK_DIGITS >= part.length) {
        this.#carry = Buffer.from(part.subarray(at));
        return;
      }
      const us = readDigits(part, at + 1);
      looked = at + 1;
      if (us < 0) continue;
      looked += MARK_DIGITS;
      this.frames++;
      this.#events.onFrame(this, now, us / 1000);
    }
    this.#carry = NOTHING;
  }

  #end(now: number): void {
    this.#busy = false;
    this.#events.onEnd(this, now, this.#status);
  }
}

/** Request bytes for a target. */
export function requestBytes({ path, headers }: Target, body: string): Buffer {
  const lines = Object.entries({
    host: '127.0.0.1',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

const NOTHING = Buffer.alloc(0);
/** -1 when there is anything but digits. */
function readDigits(bytes: Buffer, start: number): number {
  let value = 0;
  for (let i = start; i < start + MARK_DIGITS; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
