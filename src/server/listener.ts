import { GatewayError } from '../errors/catalogue.ts';
import { plainAddress } from '../limits/address-list.ts';
import { Reply } from '../pipeline/reply.ts';
import { newRequestId } from '../pipeline/request-id.ts';
import { asGatewayError, plainError } from '../pipeline/respond.ts';
import { type ClientAddress, clientAddress } from './client-address.ts';
import { ClientConnection, type ConnectionHost } from './http/client-connection.ts';
import type { IncomingRequest } from './http/incoming-request.ts';
import { MalformedRequest } from './http/request-head.ts';
import { TICK_MS } from './http/time-limits.ts';
import { type Arrival, type PlatformArrival, shapeOf } from './routes.ts';

/** Clients get this long to take the error that ends their answer. */
const LAST_WORDS_MS = 500;

/** What answers a request once the listener has told who sent it. */
export type Answer = (arrival: Arrival) => Reply | Response | Promise<Reply | Response>;

interface ListenOptions {
  host: string;
  port: number;
  trustedProxies: string[];
  corsOrigins: string[];
  clientStallMs: number;
  answer: Answer;
  /** Something was thrown that no route caught. */
  onFault: (error: unknown, requestId: string) => void;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; resolves when running answers have ended. */
  drain(): Promise<void>;
  /** Ends with an error what still runs, and cuts a moment later what has not ended by that. */
  close(): Promise<void>;
}

/** Binds and serves. Throws when the address is taken. Bodies are bounded by the routes, which can say so in JSON. */
export function listen(options: ListenOptions): Listener {
  return new HttpListener(options);
}

/**
 * At the end idle connections are kept until so many looks in a row have met no request: what clients have sent before they
 * could know is answered still. Several looks, for between two of them everything is read that is there.
 */
const QUIET_LOOKS = 3;
const LOOK_MS = 15;

class HttpListener implements Listener, ConnectionHost {
  readonly host: string;
  readonly #options: ListenOptions;
  readonly #addressOf: ClientAddress;
  readonly #listener: Bun.TCPSocketListener<ClientConnection>;
  readonly #connections = new Set<ClientConnection>();
  readonly #clock: Timer;
  /** Answers that are running. */
  #running = 0;
  #drained: PromiseWithResolvers<void> | undefined;
  /** Looks whether idle connections may be closed, until they are. */
  #closing: Timer | undefined;
  /** Looks since a request came. */
  #quiet = 0;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#addressOf = clientAddress(options.trustedProxies);
    this.host = options.host;
    this.#listener = Bun.listen<ClientConnection>({
      hostname: options.host,
      port: options.port,
      socket: {
        open: (socket) => {
          socket.data = new ClientConnection(socket, this);
          this.#connections.add(socket.data);
        },
        data: (socket, bytes) => socket.data.onData(bytes),
        drain: (socket) => void socket.data.flush(),
        close: (socket) => socket.data.onClose(),
        error: (socket, error) => {
          options.onFault(error, newRequestId());
          socket.data.cut();
        },
      },
    });
    // One clock for all connections, in place of one for each.
    this.#clock = setInterval(() => {
      for (const connection of this.#connections) connection.tick();
    }, TICK_MS).unref();
  }

  get port(): number {
    return this.#listener.port;
  }

  get clientStallMs(): number {
    return this.#options.clientStallMs;
  }

  get draining(): boolean {
    return this.#drained !== undefined;
  }

  answer(request: IncomingRequest): Reply | Response | Promise<Reply | Response> {
    this.#running++;
    this.#quiet = 0;
    const { corsOrigins, answer } = this.#options;
    const origin = request.get('origin');
    if (origin !== null && request.method === 'OPTIONS') {
      return preflight(request, origin, corsOrigins);
    }
    const answered = answer(new Arrived(request, this.#addressOf));
    if (origin === null) return answered;
    return Promise.resolve(answered).then((reply) => {
      allowOrigin(reply, origin, corsOrigins);
      return reply;
    });
  }

  refuse(error: unknown, target: string | undefined): Reply {
    const requestId = newRequestId();
    const shape = shapeOf(target === undefined ? '/' : pathOf(target));
    if (error instanceof MalformedRequest) {
      const { message, status } = error;
      const refusal = new GatewayError('invalid_param', `The request is malformed: ${message}.`, { status });
      return plainError(refusal, shape, requestId);
    }
    this.#options.onFault(error, requestId);
    return plainError(asGatewayError(error), shape, requestId);
  }

  onAnswered(): void {
    this.#running--;
    this.#endIfDrained();
  }

  onClosed(connection: ClientConnection): void {
    this.#connections.delete(connection);
  }

  drain(): Promise<void> {
    if (this.#drained === undefined) {
      this.#drained = Promise.withResolvers();
      this.#listener.stop(false);
      if (this.#connections.size === 0) this.#endIfDrained();
      else {
        this.#quiet = 0;
        this.#closing = setInterval(() => {
          if (++this.#quiet === QUIET_LOOKS) this.#closeIdle();
        }, LOOK_MS);
      }
    }
    return this.#drained.promise;
  }

  close(): Promise<void> {
    const drained = this.drain();
    const stopped = new GatewayError(
      'no_available_upstream',
      'The gateway was stopped before this answer was finished. Nothing was charged; send the request again.',
    );
    for (const connection of this.#connections) connection.fail(stopped);
    setTimeout(() => {
      clearInterval(this.#clock);
      for (const connection of this.#connections) connection.cut();
      this.#closeIdle();
    }, LAST_WORDS_MS).unref();
    return drained;
  }

  #closeIdle(): void {
    clearInterval(this.#closing);
    this.#closing = undefined;
    for (const connection of this.#connections) connection.closeIfIdle();
    this.#endIfDrained();
  }

  #endIfDrained(): void {
    if (this.#running === 0 && this.#closing === undefined) this.#drained?.resolve();
  }
}

/** Who sent it is found out when somebody asks: for most requests nobody does. */
class Arrived implements Arrival {
  readonly request: IncomingRequest;
  readonly path: string;
  readonly #addressOf: ClientAddress;

  constructor(request: IncomingRequest, addressOf: ClientAddress) {
    this.request = request;
    this.path = pathOf(request.url);
    this.#addressOf = addressOf;
  }

  get peerIp(): string {
    return plainAddress(this.request.peerIp);
  }

  get clientIp(): string {
    return this.#addressOf(this.request.peerIp, this.request.get('x-forwarded-for'));
  }

  forRooms(maxBytes: number): PlatformArrival {
    const { path, clientIp, peerIp } = this;
    return { request: this.request.toRequest(maxBytes), path, clientIp, peerIp };
  }
}

const SLASH = 0x2f;

/** The path of a target: of a path with its query, or of a whole URL. */
function pathOf(target: string): string {
  if (target.charCodeAt(0) === SLASH) return target.slice(0, pathEnd(target, 0));
  const authority = target.indexOf('://') + 3;
  const start = target.indexOf('/', authority);
  const end = pathEnd(target, authority);
  return start < 0 || start > end ? '/' : target.slice(start, end);
}

/** Where a query or a fragment begins, or the target ends. */
function pathEnd(target: string, from: number): number {
  for (let i = from; i < target.length; i++) {
    const c = target.charCodeAt(i);
    if (c === 0x3f || c === 0x23) return i;
  }
  return target.length;
}

const PROTOCOL_HEADERS = 'authorization, x-api-key, content-type, anthropic-version, anthropic-beta';
const HEADER_NAMES = /^[A-Za-z0-9-]+(?:, ?[A-Za-z0-9-]+)*$/;

/**
 * What headers a page of an allowed origin may send is its own affair: official clients add many, and nothing of them goes
 * on to an upstream. Cookies are never allowed.
 */
function preflight(request: IncomingRequest, origin: string, allowed: string[]): Reply {
  const shape = shapeOf(pathOf(request.url));
  const requestId = newRequestId();
  if (!allowed.includes(origin) && !allowed.includes('*')) {
    const error = new GatewayError('permission_denied', 'This origin is not allowed: see BYTESPIKE_CORS_ORIGINS.');
    return plainError(error, shape, requestId);
  }
  const asked = request.get('access-control-request-headers');
  return new Reply(204, {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': asked !== null && HEADER_NAMES.test(asked) ? asked : PROTOCOL_HEADERS,
    'access-control-max-age': '86400',
    vary: 'origin, access-control-request-headers',
    'x-request-id': requestId,
    ...(shape === 'messages' && { 'request-id': requestId }),
  });
}

const EXPOSED =
  'x-request-id, request-id, retry-after, x-should-retry, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, ' +
  'x-quota-remaining-credits, x-bytespike-upstream, x-bytespike-changed, x-bytespike-emulated, x-bytespike-cost-usd, ' +
  'x-bytespike-tokens';

function allowOrigin({ headers }: Reply | Response, origin: string, allowed: string[]): void {
  if (!allowed.includes(origin) && !allowed.includes('*')) return;
  const added = { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED };
  if (headers instanceof Headers) {
    for (const [name, value] of Object.entries(added)) headers.set(name, value);
    headers.append('vary', 'origin');
  } else {
    Object.assign(headers, added, { vary: 'origin' });
  }
}
