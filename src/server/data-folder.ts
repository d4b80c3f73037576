import { chmod, mkdir, stat } from 'node:fs/promises';
import { ConfigError, quote } from '../config/config-error.ts';
import { type FolderLock, lockFolder } from './lock.ts';

/** The folder of the embedded database while this process owns it. */
export interface DataFolder {
  /** Absolute. */
  path: string;
  /** Lets the next process in. The kernel does the same when this process dies in any way. */
  release: () => void;
}

/**
 * Creates the folder for its owner alone (0700) and locks it; so is all that this process makes from then on. Throws `ConfigError` when it cannot be made or written,
 * `FolderInUse` when another process holds it.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  // Database, sockets, secrets and copies are the owner's alone from their first byte on, whoever makes them.
  process.umask(0o077);
  const lock = await createAndLock(path);
  return { path, release: () => lock.release() };
}

async function createAndLock(path: string): Promise<FolderLock> {
  try {
    // What a link to nothing is told as.
    const created = await mkdir(path, { recursive: true, mode: 0o700 }).catch(async (error) => {
      await stat(path);
      throw error;
    });
    // The mode above is subject to the umask and not applied to what was there before.
    if (created !== undefined) await chmod(path, 0o700);
    if (!(await stat(path)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    return lockFolder(path);
  } catch (error) {
    throw asFolderError(error, path);
  }
}

/** What the system says of a file in the folder, as the setting to change; anything else as it is. */
export function asFolderError(error: unknown, path: string): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== 'string' || !/^(E|SQLITE_)[A-Z_]+$/.test(code)) return error;
  return new ConfigError(
    'BYTESPIKE_DATA',
    `${quote(path)} cannot be used (${code})`,
    'a folder that this user may create and write, on a disk with room',
  );
}
