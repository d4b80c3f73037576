import type { Config } from '../config/config.ts';
import { ConfigError, quote } from '../config/config-error.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { version } from '../version.ts';
import { askControlStatus, type ControlHandler, type ControlSocket, openControlSocket } from './control-socket.ts';
import { asFolderError, type DataFolder, openDataFolder } from './data-folder.ts';
import { drain } from './drain.ts';
import { installationId } from './installation-id.ts';
import { FolderInUse } from './lock.ts';
import { watchStopSignals } from './stop-signals.ts';

/** What the server gets from the process it runs in. */
export interface Lifecycle {
  /** Absolute; locked by this process, readable by its user alone. */
  readonly dataFolder: string;
  /** Sent to upstreams to find loops. */
  readonly installationId: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Aborts when the process begins to stop: `/readyz` says no from then on. */
  readonly stopping: AbortSignal;
  /** Answers the command line; it has admin rights on this socket. */
  handleControl: (handler: ControlHandler) => void;
}

/** What the process gets from the server. */
export interface RunningServer {
  /** Where it listens, `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Stops accepting at once and resolves when the running answers have ended and are settled; when `cut` aborts, it ends them. */
  drain: (cut: AbortSignal) => Promise<void>;
  /** Settles what is open and closes the storage. Called once, after `drain`. */
  close: () => Promise<void>;
}

export interface OwnedLifecycle extends Lifecycle {
  /** Runs the server until the operator wants it to end. Resolves to the exit code. */
  runUntilStopped: (start: () => Promise<RunningServer>) => Promise<number>;
  /** Gives folder and socket back; `runUntilStopped` has done so already. */
  dispose: () => Promise<void>;
}

interface LifecycleOptions {
  config: Config;
  log: Logger;
  metrics: Metrics;
  /** Ends the process; `process.exit` but in tests. */
  exit: (code: number) => void;
}

/**
 * Takes the data folder for this process and opens its control socket. Throws `ConfigError` when the folder cannot
 * be used or is held by another process, `UnavailableError` when it cannot be used now.
 */
export async function openLifecycle({ config, log, metrics, exit }: LifecycleOptions): Promise<OwnedLifecycle> {
  const folder = await takeFolder(config.dataFolder);
  const startedAt = new Date().toISOString();
  let url: string | undefined;
  let control: ControlSocket | undefined;
  let id: string;
  try {
    control = await openControlSocket(
      folder.path,
      () => ({ pid: process.pid, version, url, started_at: startedAt }),
      log,
    );
    id = await installationId(folder.path);
  } catch (error) {
    // It would keep the process alive.
    await control?.stop();
    folder.release();
    throw asFolderError(error, folder.path);
  }
  const socket = control;
  const signals = watchStopSignals({
    exitAtOnce: (code) => {
      log.warn('server.killed', { note: 'second signal: running answers are cut' });
      log.flushSync();
      exit(code);
    },
  });
  const ignoreStrayErrors = countStrayErrors(log, metrics);
  const dispose = async () => {
    ignoreStrayErrors();
    signals.dispose();
    // Before the lock goes: the next owner binds a socket of the same name.
    await socket.stop();
    folder.release();
  };

  return {
    dataFolder: folder.path,
    installationId: id,
    log,
    metrics,
    stopping: signals.stopping,
    handleControl: socket.handle,
    dispose,
    runUntilStopped: async (start) => {
      const server = await start();
      url = server.url;
      log.info('server.started', { url, version, pid: process.pid });
      await aborted(signals.stopping);
      log.info('server.stopping', { signal: String(signals.stopping.reason) });
      const code = await drain(server, { timeoutMs: config.drainTimeoutMs, beforeClose: socket.stop, log });
      await dispose();
      log.info('server.stopped', { exit_code: code });
      return code;
    },
  };
}

const TAKE_FOLDER_MS = 3_000;
const RETRY_MS = 50;

/**
 * A running server is told of at once. Without one that answers, the owner is a command that is about to end,
 * or a server that is just starting or stopping: worth a moment.
 */
async function takeFolder(path: string): Promise<DataFolder> {
  const deadline = performance.now() + TAKE_FOLDER_MS;
  for (;;) {
    try {
      return await openDataFolder(path);
    } catch (error) {
      if (!(error instanceof FolderInUse)) throw error;
    }
    const owner = await askControlStatus(path);
    if (owner !== undefined || performance.now() > deadline) {
      const who =
        owner === undefined ? 'another process' : `process ${owner.pid}${owner.url ? ` at ${owner.url}` : ''}`;
      throw new ConfigError(
        'BYTESPIKE_DATA',
        `${quote(path)} is in use by ${who}`,
        'one process per folder: stop that one or name another folder',
      );
    }
    await Bun.sleep(RETRY_MS);
  }
}

/** One forgotten `catch` must not end everybody's streams; it is logged and counted instead. Returns its own undoing. */
function countStrayErrors(log: Logger, metrics: Metrics): () => void {
  const stray = metrics.counter('bytespike_stray_errors_total', 'Errors that nobody caught. Each one is a defect.', [
    'kind',
  ]);
  const note = (kind: string) => (error: unknown) => {
    stray.add({ kind });
    log.error('process.stray_error', { error, name: kind });
  };
  const [onRejection, onException] = [note('rejection'), note('exception')];
  process.on('unhandledRejection', onRejection).on('uncaughtException', onException);
  return () => void process.off('unhandledRejection', onRejection).off('uncaughtException', onException);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
