import { resolve } from 'node:path';
import { Child } from './child.ts';
import { CLIENT_PATHS, type Contender, clientProtocol } from './contender.ts';

/** What the runtime itself costs: everything that a gateway adds to it comes on top. */
export const bare: Contender = forwarder(
  'bare forwarder',
  'hands bytes through with the runtime’s own server and client: no key, no limit, no parsing, no bill, no log',
  {},
);

/** The measure for growing prompts. */
export const bareHashing: Contender = forwarder(
  'bare, copy and hash',
  'the same, and a SHA-256 of a copy of each body',
  {
    HASH: '1',
  },
);

function forwarder(name: string, does: string, extra: Record<string, string>): Contender {
  return {
    name,
    version: `Bun ${Bun.version}`,
    does,
    start: async (place) => {
      const child = new Child(place, [process.execPath, resolve(import.meta.dir, 'bare-server.ts')], {
        BUN_CONFIG_MAX_HTTP_REQUESTS: '65000',
        NODE_ENV: 'production',
        UPSTREAM: `http://127.0.0.1:${place.mockPort}`,
        ...extra,
      });
      const port = Number((await child.says(/listening on (\d+)/))[1]);
      return {
        entrance: (road) =>
          road.includes('-to-')
            ? undefined
            : {
                target: { port, path: CLIENT_PATHS[clientProtocol(road)], headers: {}, pid: child.pid },
                model: 'deepseek-v4-pro',
              },
        stop: () => child.stop(),
      };
    },
  };
}
