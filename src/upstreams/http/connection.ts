import type { Socket, SocketHandler } from 'bun';
import type { Abortable } from '../aborter.ts';
import { HttpResponse, type ResponseSource } from './http-response.ts';
import type { Target } from './origin.ts';
import { MalformedResponse, type ResponseEvents, type ResponseHead, ResponseParser } from './response-parser.ts';
import { type Sender, sendSoon } from './send-queue.ts';

/** A connection that could not be made, or ended before its answer did. */
export class ConnectionFailed extends Error {
  override readonly name = 'ConnectionFailed';
  /** The system's or TLS's name of what happened, `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly code: string;
  /** A byte of the answer had come: the request may have been carried out, and must not be sent again. */
  readonly begun: boolean;

  constructor(message: string, code: string, begun = false) {
    super(message);
    this.code = code;
    this.begun = begun;
  }
}

export class ConnectTimedOut extends ConnectionFailed {
  constructor() {
    super('the connection was not there in time', 'CONNECT_TIMEOUT');
  }
}

interface Exchange {
  readonly parser: ResponseParser;
  /** Whoever waits for the head, until it is there. */
  waiting: PromiseWithResolvers<HttpResponse> | undefined;
  response: HttpResponse | undefined;
  /** Some of the request has left: what comes before that is no answer to it. */
  sent: boolean;
  /** It ends when this aborts. */
  readonly signal: Abortable;
}

interface ConnectionEvents {
  /** The exchange is over and the connection may carry another. */
  onFree: (connection: Connection) => void;
  onClosed: (connection: Connection) => void;
}

interface OpenOptions {
  connectMs: number;
  /** PEM; undefined: the system's authorities. */
  ca: string | undefined;
  events: ConnectionEvents;
  /** Whoever wants it waits no longer when this aborts. */
  signal: Abortable;
}

/** One connection to an origin. It carries one exchange at a time; whoever sends has it to himself until the answer's end. */
export class Connection implements ResponseSource, ResponseEvents, Sender {
  readonly origin: string;
  /** `performance.now()` of the last exchange's end. */
  idleSince = 0;
  readonly #events: ConnectionEvents;
  #socket!: Socket<Connection>;
  #exchange: Exchange | undefined;
  /** Of the request, what the kernel has had no room for. */
  #unsent: Uint8Array | undefined;
  #closed = false;
  /** Until it is open. */
  #opening: { tls: boolean; resolve: (connection: Connection) => void; reject: (reason: unknown) => void } | undefined;

  private constructor(origin: string, events: ConnectionEvents) {
    this.origin = origin;
    this.#events = events;
  }

  /**
   * Resolves when bytes may be sent: for https, when the certificate was found good. Rejects with ConnectionFailed, or with
   * the signal's reason.
   */
  static open(target: Target, { connectMs, ca, events, signal }: OpenOptions): Promise<Connection> {
    const connection = new Connection(target.origin, events);
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    // A socket that is there is closed at once, and one that comes later when it comes.
    const giveUp = (reason: unknown): void => {
      reject(reason);
      connection.#close();
    };
    const timer = setTimeout(() => giveUp(new ConnectTimedOut()), connectMs);
    const abort = (): void => giveUp(signal.reason);
    signal.addEventListener('abort', abort);
    connection.#opening = { tls: target.tls, resolve, reject };
    Bun.connect<Connection>({
      hostname: target.hostname,
      port: target.port,
      ...(target.tls
        ? { tls: { serverName: target.serverName, rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) } }
        : {}),
      data: connection,
      socket: Connection.#handlers,
    }).catch((error: unknown) => reject(connectionFailed(error)));
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      connection.#opening = undefined;
    });
  }

  /** What the runtime tells of any connection's socket: one set of functions for all. */
  static readonly #handlers: SocketHandler<Connection> = {
    open: (socket) => socket.data.#opened(socket),
    handshake: (socket, success, error) => socket.data.#handshaken(success && socket.authorized, error),
    data: (socket, bytes) => socket.data.#received(bytes),
    drain: (socket) => socket.data.sendNow(),
    close: (socket, error) => {
      const connection = socket.data;
      connection.#opening?.reject(new ConnectionFailed('the connection was closed', codeOf(error) ?? 'ECONNRESET'));
      connection.#gone(error);
    },
    error: (socket, error) => {
      const connection = socket.data;
      connection.#opening?.reject(connectionFailed(error));
      connection.#gone(error);
      connection.#close();
    },
    connectError: (socket, error) => {
      const connection = socket.data;
      connection.#closed = true;
      connection.#opening?.reject(connectionFailed(error));
    },
  };

  #opened(socket: Socket<Connection>): void {
    this.#socket = socket;
    // It may have come too late.
    if (this.#closed) {
      socket.terminate();
      return;
    }
    // The listener keeps the process alive, no upstream does.
    socket.unref();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
    if (this.#opening?.tls === false) this.#opening.resolve(this);
  }

  #handshaken(trusted: boolean, error: unknown): void {
    if (trusted) {
      this.#opening?.resolve(this);
      return;
    }
    this.#opening?.reject(connectionFailed(error ?? { code: 'TLS_HANDSHAKE_FAILED' }));
    this.#close();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Sends a request and resolves with the head of its answer. Rejects when the connection ends before that. When `signal`
   * aborts, now or while the body comes, all ends with its reason, and the connection with it.
   */
  exchange(request: Uint8Array, signal: Abortable): Promise<HttpResponse> {
    const waiting = Promise.withResolvers<HttpResponse>();
    this.#exchange = { parser: new ResponseParser(this), waiting, response: undefined, sent: false, signal };
    signal.addEventListener('abort', this);
    if (signal.aborted) this.#abort(signal.reason);
    else {
      this.#unsent = request;
      sendSoon(this);
    }
    return waiting.promise;
  }

  /** The exchange's signal has aborted. */
  handleEvent(): void {
    this.#abort(this.#exchange?.signal.reason);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#closed) this.#socket.resume();
  }

  abandon(): void {
    this.#take();
    this.#close();
  }

  onHead(head: ResponseHead): void {
    const exchange = this.#exchange!;
    exchange.response = new HttpResponse(head, this);
    exchange.waiting?.resolve(exchange.response);
    exchange.waiting = undefined;
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    this.#exchange?.response?.push(bytes, start, end);
  }

  onEnd(reusable: boolean): void {
    this.#take()?.response?.end();
    // Whoever took its last bytes wanted no more of it.
    if (this.#closed) return;
    // An answer that comes before the request was whole leaves the rest of it on the connection.
    if (!reusable || this.#unsent !== undefined) {
      this.#close();
      return;
    }
    this.#events.onFree(this);
  }

  /** What the kernel has room for. */
  sendNow(): void {
    const bytes = this.#unsent;
    if (bytes === undefined || this.#closed) return;
    const written = this.#socket.write(bytes);
    if (written > 0 && this.#exchange !== undefined) this.#exchange.sent = true;
    if (written < 0) this.#gone(undefined);
    else this.#unsent = written < bytes.length ? bytes.subarray(written) : undefined;
  }

  #received(bytes: Uint8Array): void {
    const exchange = this.#exchange;
    // Nobody asked: an answer to nothing, or a server that says why it closes.
    if (!exchange?.sent) {
      this.#abort(new ConnectionFailed('the connection had bytes that nobody asked for', 'ECONNRESET'));
      return;
    }
    try {
      exchange.parser.push(bytes);
    } catch (error) {
      this.#abort(error);
    }
  }

  /** The other side is gone. */
  #gone(error: unknown): void {
    const exchange = this.#exchange;
    if (exchange !== undefined) {
      try {
        if (error !== undefined && error !== null) throw error;
        exchange.parser.close();
      } catch (cause) {
        // Of an answer that was cut the connection is to blame.
        const code = cause instanceof MalformedResponse ? 'ECONNRESET' : (codeOf(cause) ?? 'ECONNRESET');
        this.#fail(new ConnectionFailed('the connection ended before the answer', code, exchange.parser.begun));
      }
    }
    this.#markClosed();
  }

  #abort(reason: unknown): void {
    this.#fail(reason);
    this.#close();
  }

  /** The exchange, which is over by this. */
  #take(): Exchange | undefined {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.signal.removeEventListener('abort', this);
    return exchange;
  }

  #fail(reason: unknown): void {
    const exchange = this.#take();
    if (exchange === undefined) return;
    exchange.waiting?.reject(reason);
    exchange.response?.fail(reason);
  }

  #close(): void {
    this.#markClosed();
    // Not there yet while it is being made.
    (this.#socket as Socket<Connection> | undefined)?.terminate();
  }

  #markClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsent = undefined;
    this.#events.onClosed(this);
  }
}

const KEEP_ALIVE_PROBE_MS = 30_000;

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function connectionFailed(error: unknown): ConnectionFailed {
  if (error instanceof ConnectionFailed) return error;
  return new ConnectionFailed('the connection failed', codeOf(error) ?? 'ECONNRESET');
}
