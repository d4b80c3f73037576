import { Database } from 'bun:sqlite';
import { closeSync, existsSync, openSync } from 'node:fs';
import { StorageError } from '../store.ts';
import { migrations } from './migrations.ts';

/** Milliseconds that a statement waits for another process's lock before it fails. */
const BUSY_MS = 500;

/**
 * Opens the database file for writing; makes it when it is not there. Only the owner may read the file.
 * `synchronous=FULL` in WAL: a commit is on the disk before it is acknowledged. Throws SQLite's own error.
 */
export function openForWriting(path: string, create: boolean): Database {
  // Made by us, for the mode: SQLite gives its other files the mode of this one.
  if (create && !existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  const db = new Database(path, { readwrite: true, create: false, safeIntegers: true, strict: true });
  try {
    db.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    db.run('PRAGMA journal_mode = WAL');
    db.run('PRAGMA synchronous = FULL');
    db.run('PRAGMA foreign_keys = ON');
    // A long read keeps the log from shrinking; afterwards it gives its space back.
    db.run('PRAGMA journal_size_limit = 67108864');
    db.run('PRAGMA cache_size = -16384');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export function openForReading(path: string): Database {
  const db = new Database(path, { readonly: true, safeIntegers: true, strict: true });
  db.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
  return db;
}

/**
 * Brings the schema to the newest version in one transaction. True when the database was empty.
 * Throws StorageError `unusable` when a newer release wrote it.
 */
export function migrate(db: Database): boolean {
  const version = schemaVersion(db);
  if (version > migrations.length) {
    throw new StorageError(
      'unusable',
      `the database has schema version ${version}, this release knows up to ${migrations.length}: start the newer release, or restore a backup made before the upgrade`,
    );
  }
  if (version === migrations.length) return false;
  db.transaction(() => {
    for (const step of migrations.slice(version)) db.run(step);
    db.run(`PRAGMA user_version = ${migrations.length}`);
  }).immediate();
  return version === 0;
}

function schemaVersion(db: Database): number {
  const row = db.query<{ user_version: bigint }, []>('PRAGMA user_version').get();
  return Number(row?.user_version ?? 0n);
}
