import { loadConfig } from '../config/load-config.ts';
import { createLogger } from '../observability/log.ts';
import { createMetrics } from '../observability/metrics.ts';
import { openLifecycle } from '../server/lifecycle.ts';
import { readArguments, wholeNumber } from './arguments.ts';
import type { Command } from './command.ts';

export const command: Command = {
  help: `usage: bytespike serve [options]

Runs the gateway until SIGTERM or SIGINT: it then stops accepting, lets running answers end (BYTESPIKE_DRAIN_TIMEOUT_MS),
settles and exits with 0. A signal more than two seconds after the first ends it at once with 128 plus its number.

  --host ADDRESS          in place of BYTESPIKE_HOST
  --port N                in place of BYTESPIKE_PORT
  --data FOLDER           in place of BYTESPIKE_DATA
  --config FILE           in place of BYTESPIKE_CONFIG

Exit codes: 0 ended as asked, 1 failed (a full disk, too), 2 a setting is wrong or the data folder is in use.
`,
  run: async (args, io) => {
    const { options } = readArguments(args, { host: 'value', port: 'value', data: 'value', config: 'value' });
    if (options.port !== undefined) wholeNumber('port', options.port);
    const config = await loadConfig({
      workingFolder: io.workingFolder,
      environment: {
        ...io.environment,
        ...(options.host === undefined ? {} : { BYTESPIKE_HOST: options.host }),
        ...(options.port === undefined ? {} : { BYTESPIKE_PORT: options.port }),
        ...(options.data === undefined ? {} : { BYTESPIKE_DATA: options.data }),
        ...(options.config === undefined ? {} : { BYTESPIKE_CONFIG: options.config }),
      },
    });
    const log = createLogger({ level: config.logLevel });
    const exit = (code: number) => process.exit(code);
    const life = await openLifecycle({ config, log, metrics: createMetrics(), exit });
    try {
      const { startServer } = await import('../server/start.ts');
      const code = await life.runUntilStopped(() => startServer(config, life));
      await log.flush();
      // A forgotten timer or socket must not keep a server alive that has ended.
      exit(code);
      return code;
    } catch (error) {
      await life.dispose();
      await log.flush();
      throw error;
    }
  },
};
