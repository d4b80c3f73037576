import type { Timeouts } from '../config/config.ts';
import { GatewayError } from '../errors/catalogue.ts';
import type { Aborter } from './aborter.ts';
import { failureOfConnection } from './failures.ts';
import { ConnectionFailed, ConnectTimedOut } from './http/connection.ts';
import { MalformedResponse } from './http/response-parser.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamResponse } from './upstream-response.ts';

export interface Send {
  upstream: Upstream;
  /** Appended to the upstream's base URL. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  timeouts: Timeouts;
  /** Aborted when the client leaves; ends the exchange at once, body included. */
  abort: Aborter;
}

/**
 * Sends one request and resolves with the answer's head. A connection that failed before a byte of the answer is tried once more,
 * anew; nothing else is. Throws GatewayError: `no_available_upstream`, `upstream_error`, `upstream_timeout`; when the
 * client left, the abort's own reason.
 */
export async function connect(send: Send): Promise<UpstreamResponse> {
  try {
    return await attempt(send, false);
  } catch (error) {
    if (send.abort.signal.aborted) throw send.abort.signal.reason;
    if (error instanceof ConnectTimedOut) throw tooLate();
    const begun = error instanceof MalformedResponse || (error instanceof ConnectionFailed && error.begun);
    if (begun) throw failureOfConnection(error);
  }
  try {
    return await attempt(send, true);
  } catch (error) {
    if (send.abort.signal.aborted) throw send.abort.signal.reason;
    throw error instanceof ConnectTimedOut ? tooLate() : failureOfConnection(error);
  }
}

async function attempt(send: Send, fresh: boolean): Promise<UpstreamResponse> {
  const { upstream, path, headers, body, timeouts, abort } = send;
  const silent = setTimeout(() => {
    abort.abort(new GatewayError('upstream_timeout', 'The upstream did not begin to answer in time.'));
  }, timeouts.firstByteMs);
  try {
    const request = { headers, body, signal: abort.signal, connectMs: timeouts.connectMs, fresh };
    return await upstream.transport(upstream.baseUrl + path, request);
  } finally {
    clearTimeout(silent);
  }
}

const tooLate = (): GatewayError =>
  new GatewayError('upstream_timeout', 'The upstream could not be connected to in time.');
