import { Database } from 'bun:sqlite';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** Another process holds the data folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

export interface FolderLock {
  release: () => void;
}

const LOCK_FILE = 'lock';

/** Handles that are not reachable would be collected, and their locks with them. */
const held = new Set<Database>();

/**
 * Locks a folder for this process. The lock is the kernel's, on an empty database file: it is gone at the very moment
 * its owner is, also after kill -9, and no process id has to be guessed at. Throws `FolderInUse`.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, LOCK_FILE);
  // Made by us, for SQLite does not say why it could not; never opened once it is there: a close would undo a lock on it.
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  const database = new Database(path, { create: false, readwrite: true });
  try {
    database.run('PRAGMA busy_timeout = 0');
    database.run('PRAGMA journal_mode = OFF');
    database.run('PRAGMA locking_mode = EXCLUSIVE');
    database.run('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const code = (error as { code?: unknown }).code;
    throw code === 'SQLITE_BUSY' || code === 'SQLITE_LOCKED' ? new FolderInUse() : error;
  }
  held.add(database);
  return {
    release: () => {
      if (held.delete(database)) database.close();
    },
  };
}
