import type { Timeouts } from '../config/config.ts';
import { GatewayError } from '../errors/catalogue.ts';
import type { Aborter } from './aborter.ts';
import { failureOfConnection } from './failures.ts';
import { ConnectionFailed, ConnectTimedOut } from './http/connection.ts';
import { MalformedResponse } from './http/response-parser.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamResponse } from './upstream-response.ts';

interface Send {
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
  const { upstream, path, headers, body, timeouts, abort } = send;
  for (let fresh = false; ; fresh = true) {
    const silent = setTimeout(giveUp, timeouts.firstByteMs, abort);
    try {
      const request = { headers, body, signal: abort.signal, connectMs: timeouts.connectMs, fresh };
      return await upstream.transport(upstream.baseUrl + path, request);
    } catch (error) {
      if (abort.aborted) throw abort.reason;
      if (error instanceof ConnectTimedOut) {
        throw new GatewayError('upstream_timeout', 'The upstream could not be connected to in time.', { cause: error });
      }
      const begun = error instanceof MalformedResponse || (error instanceof ConnectionFailed && error.begun);
      if (fresh || begun) throw failureOfConnection(error);
    } finally {
      clearTimeout(silent);
    }
  }
}

function giveUp(abort: Aborter): void {
  abort.abort(new GatewayError('upstream_timeout', 'The upstream did not begin to answer in time.'));
}
