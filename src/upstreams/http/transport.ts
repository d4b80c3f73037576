import { platformSignal } from '../aborter.ts';
import type { Transport } from '../upstream.ts';
import { ConnectionFailed } from './connection.ts';
import { HttpClient, type HttpRequest } from './http-client.ts';

/**
 * How upstreams are reached. Where the environment names a proxy, the runtime's own client is used, which knows how to go
 * through one (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`); it keeps fewer connections, and no time limit for connecting.
 */
export function httpTransport(environment: Readonly<Record<string, string | undefined>>): Transport {
  const proxied = ['http_proxy', 'https_proxy'].some((name) => environment[name] || environment[name.toUpperCase()]);
  if (proxied) return fetchThroughProxy;
  const client = new HttpClient();
  return (url, request) => client.post(url, request);
}

async function fetchThroughProxy(url: string, { headers, body, signal }: HttpRequest): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', headers, body, signal: platformSignal(signal), redirect: 'manual' });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
    // It does not tell whether a byte of the answer had come: only of these is it sure that none had.
    throw new ConnectionFailed('the connection failed', code, !NOT_CONNECTED.has(code));
  }
}

const NOT_CONNECTED = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ERR_PROXY_TUNNEL',
]);
