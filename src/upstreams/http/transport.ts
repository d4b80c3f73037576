import { platformSignal } from '../aborter.ts';
import type { Transport } from '../upstream.ts';
import { HttpClient } from './http-client.ts';

/**
 * How upstreams are reached. Where the environment names a proxy, the runtime's own client is used, which knows how to go
 * through one (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`); it keeps fewer connections, and no time limit for connecting.
 */
export function httpTransport(environment: Readonly<Record<string, string | undefined>>): Transport {
  const proxied = ['http_proxy', 'https_proxy'].some((name) => environment[name] || environment[name.toUpperCase()]);
  if (proxied) {
    return (url, { headers, body, signal }) =>
      fetch(url, { method: 'POST', headers, body, signal: platformSignal(signal), redirect: 'manual' });
  }
  const client = new HttpClient();
  return (url, request) => client.post(url, request);
}
