import type { Config } from '../config/config.ts';
import type { Lifecycle, RunningServer } from './lifecycle.ts';

/** Opens the storage, wires the road and listens. Rejects when it cannot listen. */
export async function startServer(config: Config, _life: Lifecycle): Promise<RunningServer> {
  const server = Bun.serve({
    hostname: config.host,
    port: config.port,
    development: false,
    routes: { '/healthz': () => Response.json({ status: 'ok' }) },
    fetch: () => new Response(null, { status: 404 }),
  });
  return {
    url: `http://${config.host}:${server.port}`,
    drain: async (cut) => {
      cut.addEventListener('abort', () => void server.stop(true));
      await server.stop();
    },
    close: async () => {},
  };
}
