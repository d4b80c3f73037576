/** Exits with 0 when the gateway of this container answers, else with 1. For the container's health check. */
import { get } from 'node:http';
import { loadConfig } from '../src/config/load-config.ts';

// The connection, which nobody reads to its end, would keep the process.
process.exit((await status().catch(() => 0)) === 200 ? 0 : 1);

/** Where it listens is read as the gateway reads it. */
async function status(): Promise<number | undefined> {
  const { host, port } = await loadConfig();
  // A listener on all addresses is asked on loopback.
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  // Not with `fetch`, which would ask the proxy that upstreams are reached by.
  const request = get({ host: name, port, path: '/healthz', signal: AbortSignal.timeout(4_000) });
  request.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject);
  return promise;
}
