import type { Server } from 'bun';
import { GatewayError } from '../errors/catalogue.ts';
import { newRequestId } from '../pipeline/call.ts';
import { asGatewayError, plainError } from '../pipeline/respond.ts';
import { type ClientAddress, clientAddress } from './client-address.ts';
import type { Arrival } from './routes.ts';

/** What answers a request once the listener has told who sent it. */
export type Answer = (arrival: Arrival) => Response | Promise<Response>;

export interface ListenOptions {
  host: string;
  port: number;
  trustedProxies: string[];
  corsOrigins: string[];
  answer: Answer;
  /** Something was thrown that no route caught. */
  onFault: (error: unknown, requestId: string) => void;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Answers that are still running. */
  readonly pending: number;
  /** Stops accepting; resolves when running answers have ended. */
  drain(): Promise<void>;
  /** Cuts what still runs. */
  close(): Promise<void>;
}

/** Seconds a connection may take to send its header block. */
const HEADER_SECONDS = 30;
/** Seconds an idle connection is kept for the next request. */
const KEEP_ALIVE_SECONDS = 75;

/** Binds and serves. Rejects when the address is taken. Bodies are bounded by the routes, which can say so in JSON. */
export function listen(options: ListenOptions): Listener {
  const addressOf = clientAddress(options.trustedProxies);
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    // Unsaid, a second process on the same port may get a share of the connections in place of an error.
    reusePort: false,
    idleTimeout: HEADER_SECONDS,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    async fetch(request, server) {
      // Long answers and slow uploads have clocks of their own.
      server.timeout(request, 0);
      const origin = request.headers.get('origin');
      if (origin !== null && request.method === 'OPTIONS') {
        return preflight(origin, request.headers.get('access-control-request-headers'), options.corsOrigins);
      }
      const arrival = new Arrived(server, request, addressOf);
      const response = await options.answer(arrival);
      if (origin !== null) allowOrigin(response, origin, options.corsOrigins);
      // With its clock switched off, a connection would be kept for ever after the answer. A stream says itself when it ends.
      if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) arrival.release();
      return response;
    },
    error(error) {
      const requestId = newRequestId();
      options.onFault(error, requestId);
      return plainError(asGatewayError(error), 'chat-completions', requestId);
    },
  });
  return {
    host: options.host,
    port: server.port ?? options.port,
    get pending() {
      return server.pendingRequests;
    },
    drain: () => server.stop(false),
    close: () => server.stop(true),
  };
}

/** Who sent it is found out when somebody asks: for most requests nobody does. */
class Arrived implements Arrival {
  readonly request: Request;
  readonly path: string;
  readonly #server: Server<undefined>;
  readonly #addressOf: ClientAddress;

  constructor(server: Server<undefined>, request: Request, addressOf: ClientAddress) {
    this.#server = server;
    this.request = request;
    this.path = pathOf(request.url);
    this.#addressOf = addressOf;
  }

  get peerIp(): string {
    return this.#server.requestIP(this.request)?.address ?? '';
  }

  get clientIp(): string {
    return this.#addressOf(this.peerIp, this.request.headers.get('x-forwarded-for'));
  }

  /** The answer has ended: the connection's idle clock goes on. */
  release(): void {
    this.#server.timeout(this.request, KEEP_ALIVE_SECONDS);
  }
}

/** The path of an absolute URL, or of a bare path where a client sent no host. */
function pathOf(url: string): string {
  const scheme = url.indexOf('://');
  const start = scheme < 0 ? 0 : url.indexOf('/', scheme + 3);
  if (start < 0) return '/';
  for (let i = start; i < url.length; i++) {
    const c = url.charCodeAt(i);
    if (c === 0x3f || c === 0x23) return url.slice(start, i);
  }
  return url.slice(start);
}

const PROTOCOL_HEADERS = 'authorization, x-api-key, content-type, anthropic-version, anthropic-beta';
const HEADER_NAMES = /^[A-Za-z0-9-]+(?:, ?[A-Za-z0-9-]+)*$/;

/**
 * What headers a page of an allowed origin may send is its own affair: official clients add many, and nothing of them goes
 * on to an upstream. Cookies are never allowed.
 */
function preflight(origin: string, asked: string | null, allowed: string[]): Response {
  if (!allowed.includes(origin) && !allowed.includes('*')) {
    const error = new GatewayError('permission_denied', 'This origin is not allowed: see BYTESPIKE_CORS_ORIGINS.');
    return plainError(error, 'chat-completions', newRequestId());
  }
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': asked !== null && HEADER_NAMES.test(asked) ? asked : PROTOCOL_HEADERS,
      'access-control-max-age': '86400',
      vary: 'origin, access-control-request-headers',
      'x-request-id': newRequestId(),
    },
  });
}

const EXPOSED =
  'x-request-id, request-id, retry-after, x-should-retry, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, ' +
  'x-quota-remaining-credits, x-bytespike-upstream, x-bytespike-changed, x-bytespike-emulated, x-bytespike-cost-usd, ' +
  'x-bytespike-tokens';

function allowOrigin(response: Response, origin: string, allowed: string[]): void {
  if (!allowed.includes(origin) && !allowed.includes('*')) return;
  response.headers.set('access-control-allow-origin', origin);
  response.headers.set('access-control-expose-headers', EXPOSED);
  response.headers.append('vary', 'origin');
}
