import { createSimulator } from './index.ts';
import type { SimulatorOptions } from './simulator.ts';

interface SimulatorServerOptions extends Partial<SimulatorOptions> {
  /** 0: any free port. */
  port: number;
  /** Default `127.0.0.1`. */
  host?: string;
}

interface SimulatorServer {
  port: number;
  /** OpenAI surface; the Messages surface is at `<url>/anthropic`. */
  url: string;
  /** Stops listening; answers that run are cut. */
  stop(): Promise<void>;
}

/**
 * Seconds that a quiet connection is kept: longer than any client's patience, for it is the client's timeout that a
 * stalled answer is to test.
 */
const QUIET_SECONDS = 900;

/** The simulator as a server of its own. Faults are obeyed unless told otherwise. Throws when the port is taken. */
export function serveSimulator(options: SimulatorServerOptions): SimulatorServer {
  const { port, host = '127.0.0.1', tokensPerSecond = 0, faults = true, ...others } = options;
  const simulator = createSimulator({ tokensPerSecond, faults, ...others });
  const server = Bun.serve({
    port,
    hostname: host,
    // Unsaid, a second process may share the port in place of being refused it.
    reusePort: false,
    development: false,
    idleTimeout: 60,
    maxRequestBodySize: 64 * 1024 * 1024,
    async fetch(request, server) {
      server.timeout(request, QUIET_SECONDS);
      try {
        return await simulator.handle(request);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return resetConnection();
        throw error;
      }
    },
    error: () => new Response('Internal server error', { status: 500 }),
  });
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    port: server.port ?? port,
    url: `http://${name}:${server.port}`,
    stop: () => server.stop(true),
  };
}

/** A body that breaks before its first byte makes the server reset the connection, with nothing sent. */
function resetConnection(): Response {
  return new Response(
    new ReadableStream({
      // A text, for of an Error the server prints where it was made.
      start: (controller) => controller.error('simulated: the connection is reset'),
    }),
  );
}
