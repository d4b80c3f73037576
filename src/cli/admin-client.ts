import { stat } from 'node:fs/promises';
import { ConfigError, quote } from '../config/config-error.ts';
import { locateDataFolder } from '../config/load-config.ts';
import { askControlStatus, controlPath } from '../server/control-socket.ts';
import { type DataFolder, openDataFolder } from '../server/data-folder.ts';
import { FolderInUse } from '../server/lock.ts';
import { CommandError } from './command.ts';
import type { Io } from './io.ts';

/** The management API with admin rights, wherever it is: in the running server or in this process. */
export interface AdminClient {
  fetch: AdminFetch;
  close: () => Promise<void>;
}

/** `path` begins with `/api/v1/`. Resolves to the answer, whatever its status. */
export type AdminFetch = (path: string, init?: RequestInit) => Promise<Response>;

/** Opens the management API in this process, with the folder's database. */
type OpenOffline = (folder: string, io: Io) => Promise<AdminClient>;

const PATIENCE_MS = 5_000;
const RETRY_MS = 50;

/**
 * Asks the server that runs on the data folder; without one, takes the folder and answers from the database itself.
 * Throws `ConfigError` for a folder that is not there: making one would hide that the command ran in the wrong place.
 */
export async function openAdminClient(io: Io, openOffline: OpenOffline = openDatabase): Promise<AdminClient> {
  const folder = await locateDataFolder(io);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
    throw new ConfigError(
      'BYTESPIKE_DATA',
      `there is no folder ${quote(folder)} yet`,
      'the folder of a server that has been started once',
    );
  }
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    // Asked first: a server holds the lock for hours, a command for a moment.
    const server = await askControlStatus(folder);
    if (server?.url !== undefined) return overSocket(folder);
    // A server without an address is about to have one: its database is not to be opened beside it.
    const held = server === undefined ? await tryFolder(folder) : undefined;
    if (held !== undefined) return offline(held, () => openOffline(folder, io));
    if (performance.now() > deadline)
      throw new CommandError('the data folder is held by a process that does not answer');
    await Bun.sleep(RETRY_MS);
  }
}

/** Runs one piece of work with the management API and closes it in every case. */
export async function withAdmin<T>(io: Io, work: (fetch: AdminFetch) => Promise<T>): Promise<T> {
  const client = await openAdminClient(io);
  try {
    return await work(client.fetch);
  } finally {
    await client.close();
  }
}

function overSocket(folder: string): AdminClient {
  return {
    fetch: async (path, init) => {
      try {
        // On a connection of its own: what a kept one loses, the runtime asks for once more.
        return await fetch(`http://control${path}`, { ...init, unix: controlPath(folder), keepalive: false });
      } catch {
        // The other end is a process of this machine: it has ended, or is about to.
        throw new CommandError(
          'the server closed the connection before it had answered; its log may say why. See what was done, then try again',
        );
      }
    },
    close: async () => {},
  };
}

async function offline(held: DataFolder, open: () => Promise<AdminClient>): Promise<AdminClient> {
  try {
    const client = await open();
    return {
      fetch: client.fetch,
      close: () => client.close().finally(held.release),
    };
  } catch (error) {
    held.release();
    throw error;
  }
}

async function tryFolder(folder: string): Promise<DataFolder | undefined> {
  try {
    return await openDataFolder(folder);
  } catch (error) {
    if (error instanceof FolderInUse) return undefined;
    throw error;
  }
}

async function openDatabase(folder: string, io: Io): Promise<AdminClient> {
  const { openOfflineAdmin } = await import('./offline-admin.ts');
  return openOfflineAdmin(folder, io);
}
