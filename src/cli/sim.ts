import { readArguments, wholeNumber } from './arguments.ts';
import { type Command, UsageError } from './command.ts';

const DEFAULT_PORT = 8788;
const DEFAULT_SPEED = 200;

export const command: Command = {
  help: `usage: bytespike sim [options]

A stand-in for DeepSeek on both of its surfaces, for trying and testing without an account. No credential is needed.

  --port N                ${DEFAULT_PORT} unless given; 0 lets the system choose
  --host ADDRESS          127.0.0.1 unless given
  --tokens-per-second N   speed of streams, ${DEFAULT_SPEED} unless given; 0 is as fast as possible

The request header x-sim-fault asks for a fault: stall-after=N, cut-after=N, status=NNN, error-frame-after=N,
slow=50ms, empty-200, keep-alive=N and more.
`,
  run: async (args, io) => {
    const { options } = readArguments(args, { port: 'value', host: 'value', 'tokens-per-second': 'value' });
    const port = wholeNumber('port', options.port ?? String(DEFAULT_PORT));
    if (port > 65_535) throw new UsageError('--port goes up to 65535');
    const { serveSimulator } = await import('../simulator/server.ts');
    const { watchStopSignals } = await import('../server/stop-signals.ts');
    const host = options.host ?? '127.0.0.1';
    const tokensPerSecond = wholeNumber('tokens-per-second', options['tokens-per-second'] ?? String(DEFAULT_SPEED));
    const signals = watchStopSignals({ exitAtOnce: (code) => process.exit(code) });
    const server = listening(() => serveSimulator({ port, host, tokensPerSecond }));
    io.err(`simulator at ${server.url}: DEEPSEEK_BASE_URL=${server.url} DEEPSEEK_API_KEY=any npm start\n`);
    await new Promise((resolve) => signals.stopping.addEventListener('abort', resolve, { once: true }));
    await server.stop();
    return 0;
  },
};

function listening<T>(start: () => T): T {
  try {
    return start();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'EADDRINUSE') throw new UsageError('--port is in use; name another one, or 0 for any');
    if (CANNOT_BE_LISTENED_ON.has(code)) throw new UsageError('--host and --port cannot be listened on');
    throw error;
  }
}

/** The last three are of names: that nobody knows, that none can be, and that no server of names has an answer for. */
const CANNOT_BE_LISTENED_ON = new Set<unknown>(['EADDRNOTAVAIL', 'EACCES', 'EINVAL', 'ENOTFOUND', 'EAGAIN']);
