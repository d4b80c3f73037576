import type { Abortable } from '../aborter.ts';
import type { UpstreamResponse } from '../upstream-response.ts';
import { Connection } from './connection.ts';
import { decoded } from './content-decoding.ts';
import { breaksLine } from './fields.ts';
import { type Target, targetOf } from './origin.ts';

export interface HttpRequest {
  /** A set that is given again is written out once. */
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Ends the exchange at once, its body included; what waits for it is rejected with the signal's reason. */
  signal: Abortable;
  connectMs: number;
  /** Over a connection of its own making: one that was kept may have been closed by the other side meanwhile. */
  fresh: boolean;
}

/** Idle connections that are kept for one origin. */
const MAX_IDLE = 512;
/** Servers close idle connections after a minute or more; ours go first, so that few requests meet a closed one. */
const IDLE_MS = 50_000;
const SWEEP_MS = 5_000;

/**
 * POSTs over HTTP/1.1 on kept connections, as many as are asked for. It follows nothing, retries nothing and has no time
 * limit but the one for connecting: those are the caller's.
 */
export class HttpClient {
  /** Newest last: the connection that was used last is the likeliest to be open still. */
  readonly #idle = new Map<string, Connection[]>();
  #sweeper: ReturnType<typeof setInterval> | undefined;

  readonly #ca: string | undefined;

  /** `ca`: certificates of authorities, PEM, that are trusted in place of the system's. */
  constructor({ ca }: { ca?: string } = {}) {
    this.#ca = ca;
  }

  readonly #events = {
    onFree: (connection: Connection) => this.#keep(connection),
    onClosed: (connection: Connection) => this.#forget(connection),
  };

  /** Resolves with the head of the answer. Rejects with ConnectionFailed, MalformedResponse, or the signal's reason. */
  async post(url: string, request: HttpRequest): Promise<UpstreamResponse> {
    const { signal } = request;
    if (signal.aborted) throw signal.reason;
    const target = targetOf(url);
    const bytes = encodeRequest(target, request);
    const connection =
      (request.fresh ? undefined : this.#takeIdle(target.origin)) ?? (await this.#open(target, request));
    return decoded(await connection.exchange(bytes, signal));
  }

  #open(target: Target, { signal, connectMs }: HttpRequest): Promise<Connection> {
    return Connection.open(target, { connectMs, ca: this.#ca, events: this.#events, signal });
  }

  #takeIdle(origin: string): Connection | undefined {
    const connections = this.#idle.get(origin);
    for (;;) {
      const connection = connections?.pop();
      if (connection === undefined || !connection.closed) return connection;
    }
  }

  #keep(connection: Connection): void {
    connection.idleSince = performance.now();
    let connections = this.#idle.get(connection.origin);
    if (connections === undefined) {
      connections = [];
      this.#idle.set(connection.origin, connections);
    }
    connections.push(connection);
    if (connections.length > MAX_IDLE) connections.shift()?.abandon();
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  #forget(connection: Connection): void {
    const connections = this.#idle.get(connection.origin);
    const at = connections?.lastIndexOf(connection) ?? -1;
    if (at >= 0) connections!.splice(at, 1);
  }

  #sweep(): void {
    const oldest = performance.now() - IDLE_MS;
    let left = 0;
    for (const [origin, connections] of this.#idle) {
      for (const connection of connections.filter(({ idleSince }) => idleSince < oldest)) connection.abandon();
      if (connections.length === 0) this.#idle.delete(origin);
      left += connections.length;
    }
    if (left > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

function encodeRequest(target: Target, { headers, body }: HttpRequest): Uint8Array {
  const head = headOf(target, headers);
  // Most bodies are ASCII, of which the length is known. They are put together from pieces: the encoder joins them on its
  // way, while asking for the length in bytes would join them once more.
  const asciiHead = `${head}content-length: ${body.length}\r\n\r\n`;
  const whole = utf8.encode(asciiHead + body);
  if (whole.length === asciiHead.length + body.length) return whole;
  const content = utf8.encode(body);
  return Buffer.concat([Buffer.from(`${head}content-length: ${content.length}\r\n\r\n`, 'latin1'), content]);
}

const newest = new WeakMap<HttpRequest['headers'], { target: Target; head: string }>();

/** The head but for its length. Throws TypeError where a header would break out of its line. */
function headOf(target: Target, headers: HttpRequest['headers']): string {
  const known = newest.get(headers);
  if (known?.target === target) return known.head;
  let head = `POST ${target.path} HTTP/1.1\r\nhost: ${target.host}\r\nconnection: keep-alive\r\n`;
  for (const name in headers) {
    const value = headers[name]!;
    if (breaksLine(value)) throw new TypeError(`the header ${name} has a line break in it`);
    head += `${name}: ${value}\r\n`;
  }
  newest.set(headers, { target, head });
  return head;
}

const utf8 = new TextEncoder();
