import type { Timeouts } from '../config/config.ts';
import { GatewayError } from '../errors/catalogue.ts';
import { failureOfConnection } from './failures.ts';
import type { Upstream } from './upstream.ts';

export interface Send {
  upstream: Upstream;
  /** Appended to the upstream's base URL. */
  path: string;
  headers: Record<string, string>;
  body: string;
  timeouts: Timeouts;
  /** Aborted when the client leaves; ends the exchange at once, body included. */
  abort: AbortController;
}

/**
 * Sends one request and resolves with the answer's head. Connection failures before the head are retried once; nothing
 * else is. Throws GatewayError: `no_available_upstream`, `upstream_error`, `upstream_timeout`; when the client left, the
 * abort's own reason.
 */
export async function connect(send: Send): Promise<Response> {
  try {
    return await attempt(send);
  } catch (error) {
    if (send.abort.signal.aborted) throw send.abort.signal.reason;
    if (error instanceof GatewayError) throw error;
  }
  try {
    return await attempt(send);
  } catch (error) {
    if (send.abort.signal.aborted) throw send.abort.signal.reason;
    throw failureOfConnection(error);
  }
}

async function attempt({ upstream, path, headers, body, timeouts, abort }: Send): Promise<Response> {
  const url = upstream.baseUrl + path;
  const silent = setTimeout(() => {
    abort.abort(new GatewayError('upstream_timeout', 'The upstream did not begin to answer in time.'));
  }, timeouts.firstByteMs);
  const connecting = upstream.simulated ? undefined : watchConnect(url, timeouts, abort);
  try {
    return await upstream.transport(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: abort.signal,
    });
  } finally {
    clearTimeout(silent);
    connecting?.stop();
  }
}

/**
 * The runtime's client has no time limit for connecting. When half of the limit has passed without an answer, a second
 * connection is tried for the other half: if that one fails too, the host is not there, and waiting on is pointless. A host
 * that is merely slow to answer takes the connection and is given its time.
 */
function watchConnect(url: string, timeouts: Timeouts, abort: AbortController): { stop(): void } {
  const half = Math.max(1, timeouts.connectMs / 2);
  let waiting = true;
  const timer = setTimeout(() => {
    void reachable(url, half).then((there) => {
      if (there || !waiting) return;
      abort.abort(new GatewayError('upstream_timeout', 'The upstream could not be connected to in time.'));
    });
  }, half);
  return {
    stop() {
      waiting = false;
      clearTimeout(timer);
    },
  };
}

async function reachable(url: string, limitMs: number): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), limitMs);
  try {
    const socket = await Promise.race([
      Bun.connect({
        hostname: hostname.replace(/^\[|\]$/g, ''),
        port: Number(port) || (protocol === 'https:' ? 443 : 80),
        socket: { data() {}, error() {}, connectError: () => resolve(false) },
      }),
      promise.then(() => undefined),
    ]);
    socket?.end();
    return socket !== undefined;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
