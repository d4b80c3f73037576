import { chmod, mkdir, stat } from 'node:fs/promises';
import { removeUnfinished } from '../admin/backup-files.ts';
import { ConfigError, quote, UnavailableError } from '../config/config-error.ts';
import { StorageError } from '../storage/store.ts';
import { type FolderLock, lockFolder } from './lock.ts';

/** The folder of the embedded database while this process owns it. */
export interface DataFolder {
  /** Absolute. */
  path: string;
  /** Lets the next process in. The kernel does the same when this process dies in any way. */
  release: () => void;
}

/**
 * Creates the folder for its owner alone (0700) and locks it; so is all that this process makes from then on. Clears away
 * what one before it left half written. Throws `ConfigError` when it cannot be made or written,
 * `UnavailableError` when that may pass, `FolderInUse` when another process holds it.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  // Database, sockets, secrets and copies are the owner's alone from their first byte on, whoever makes them.
  process.umask(0o077);
  const lock = await createAndLock(path);
  await removeUnfinished(path);
  return { path, release: () => lock.release() };
}

async function createAndLock(path: string): Promise<FolderLock> {
  try {
    const created = await mkdir(path, { recursive: true, mode: 0o700 }).catch(async (error) => {
      // What a link to nothing is told as.
      if (error.code === 'EEXIST') await stat(path);
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

/** Codes of the system and of SQLite. Of the runtime's own only those of files: the others tell of errors of ours. */
const FILE_FAULT = /^(E(?!RR_)[A-Z0-9]+|ERR_FS_[A-Z_]+|SQLITE_[A-Z_]+)$/;

/** Of these, what is no fault of the folder: no room, no quota, a disk or a system in trouble, a file in use. */
const PASSING =
  /^(ENOSPC|EDQUOT|EIO|EAGAIN|EBUSY|EMFILE|ENFILE|ENOMEM|ESTALE|ETIMEDOUT|SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM)(_[A-Z_]+)?)$/;

/**
 * What the system or the database says of a file in the folder, as the setting to change: `ConfigError`, or
 * `UnavailableError` where nothing is wrong with the folder itself. Anything else as it is.
 */
export function asFolderError(error: unknown, path: string): unknown {
  if (error instanceof StorageError && error.kind !== 'defect') {
    return error.kind === 'unavailable'
      ? unavailable(path, error.message)
      : new ConfigError('BYTESPIKE_DATA', error.message);
  }
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== 'string' || !FILE_FAULT.test(code)) return error;
  if (PASSING.test(code)) return unavailable(path, code);
  return new ConfigError(
    'BYTESPIKE_DATA',
    `${quote(path)} cannot be used (${code})`,
    'a folder that this user may create and write',
  );
}

function unavailable(path: string, reason: string): UnavailableError {
  return new UnavailableError(
    'BYTESPIKE_DATA',
    `${quote(path)} cannot be used now (${reason})`,
    'see that its disk has room and is sound and that this user may write what lies in it, then start again',
  );
}
