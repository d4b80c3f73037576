import { chmod, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../errors/catalogue.ts';
import type { Logger } from '../observability/log.ts';

/** Answers one request of the command line, which has admin rights; undefined: no such route. */
export type ControlHandler = (request: Request) => Promise<Response | undefined>;

export interface ControlSocket {
  /** Requests before this get 503. */
  handle: (handler: ControlHandler) => void;
  /** Ends what is open and removes the socket. */
  stop: () => Promise<void>;
}

/** What `GET /control/status` answers, for messages about the process that holds the folder. */
interface ControlStatus {
  pid: number;
  version: string;
  /** Undefined while the process is starting. */
  url?: string | undefined;
  started_at: string;
}

const STATUS_ROUTE = '/control/status';

/**
 * A backup or a check of the whole ledger may take longer than any limit; one that is lifted for the request alone stays where
 * that has no body. The runtime heeds this on a Unix socket as well, which its types do not know.
 */
const UNHURRIED: object = { idleTimeout: 0 };

/** The control socket of a data folder: HTTP on a Unix socket that only the folder's owner can open. */
export function controlPath(dataFolder: string): string {
  return join(dataFolder, 'control.sock');
}

/** Binds the control socket. The caller holds the folder's lock, so a socket file that is there is a dead one. */
export async function openControlSocket(
  dataFolder: string,
  status: () => ControlStatus,
  log: Logger,
): Promise<ControlSocket> {
  const path = controlPath(dataFolder);
  // Whoever stops a server removes what has the path that it was bound to, be it another's by then: where the folder was moved
  // and made anew. So it is bound beside its place. Not a longer name: the path of a socket has about a hundred bytes.
  const first = join(dataFolder, 'control.new');
  await rm(first, { force: true });
  let handler: ControlHandler | undefined;
  const answer = async (request: Request): Promise<Response> => {
    if (new URL(request.url).pathname === STATUS_ROUTE) return Response.json(status());
    if (handler === undefined) return failure(503, 'internal_error', 'The server is starting; try again in a moment.');
    return (await handler(request)) ?? failure(404, 'not_found', 'There is no such route on the control socket.');
  };
  const server = Bun.serve({
    unix: first,
    development: false,
    ...UNHURRIED,
    fetch: async (request) => {
      try {
        return await answer(request);
      } catch (error) {
        if (error instanceof GatewayError) return failure(error.status('chat-completions'), error.code, error.message);
        log.error('control.failed', { error });
        return failure(500, 'internal_error', 'The server could not do this; its log has the cause.');
      }
    },
  });
  try {
    await chmod(first, 0o600);
    await rename(first, path);
  } catch (error) {
    // It would keep the process alive.
    await server.stop(true);
    await rm(first, { force: true });
    throw error;
  }
  const ours = await inode(path);
  return {
    handle: (next) => {
      handler = next;
    },
    stop: async () => {
      await server.stop(true);
      if ((await inode(path)) === ours) await rm(path, { force: true });
    },
  };
}

/** Undefined where there is no file. */
async function inode(path: string): Promise<bigint | undefined> {
  return (await stat(path, { bigint: true }).catch(() => undefined))?.ino;
}

/** Status of the process that answers on a folder's control socket; undefined when none does. */
export async function askControlStatus(dataFolder: string, timeoutMs = 1_000): Promise<ControlStatus | undefined> {
  try {
    const response = await fetch(`http://control${STATUS_ROUTE}`, {
      unix: controlPath(dataFolder),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return (await response.json()) as ControlStatus;
  } catch {
    return undefined;
  }
}

function failure(status: number, code: string, message: string): Response {
  return Response.json(
    { error: { type: status < 500 ? 'invalid_request_error' : 'api_error', code, message } },
    { status },
  );
}
