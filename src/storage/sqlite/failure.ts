import { StorageError } from '../store.ts';

/** Why a write failed, in words for the operator that name no path and no value. Crosses the thread as plain data. */
export interface Failure {
  /**
   * `rejected`: this write contradicts what is stored, others may pass. `defect`: an error of ours in this write.
   * `storage`: nothing can be written now. `corrupt`: nothing should be until the file was checked.
   */
  kind: 'rejected' | 'defect' | 'storage' | 'corrupt';
  reason: string;
}

/** By prefix of SQLite's code, or the system's. Its message may hold values of a row, so it is not told. */
const REASONS: [prefix: string, kind: Failure['kind'], reason: string][] = [
  ['SQLITE_CONSTRAINT', 'rejected', 'contradicts what is stored'],
  ['SQLITE_FULL', 'storage', 'the disk is full'],
  ['SQLITE_READONLY', 'storage', 'the disk or the file is read-only'],
  ['SQLITE_BUSY', 'storage', 'the database is locked by another process'],
  ['SQLITE_LOCKED', 'storage', 'the database is locked by another process'],
  ['SQLITE_CORRUPT_REPLACED', 'corrupt', 'the database file was replaced or removed: start the gateway again'],
  ['SQLITE_CORRUPT_LOG', 'corrupt', 'the log of the database was removed: start the gateway again'],
  ['SQLITE_CORRUPT', 'corrupt', 'the database file is damaged'],
  ['SQLITE_NOTADB', 'corrupt', 'the database file is damaged'],
  ['SQLITE_CANTOPEN', 'storage', 'the database file cannot be opened: its folder must be there and writable'],
  ['SQLITE_IOERR', 'storage', 'the disk reports an error'],
  ['EIO', 'storage', 'the disk reports an error'],
  ['ESTALE', 'storage', 'the disk reports an error'],
  ['EROFS', 'storage', 'the disk or the file is read-only'],
  ['ENOSPC', 'storage', 'the disk is full'],
  ['EDQUOT', 'storage', 'the quota of this user is used up'],
  ['ENOENT', 'storage', 'the folder of the database is not there'],
  ['EACCES', 'storage', 'the file may not be written'],
  ['SQLITE_PERM', 'storage', 'the file may not be written'],
];

export function describeFailure(error: unknown): Failure {
  if (error instanceof StorageError) {
    return { kind: error.kind === 'conflict' ? 'rejected' : 'storage', reason: error.message };
  }
  const code = codeOf(error);
  for (const [prefix, kind, reason] of REASONS) {
    if (code.startsWith(prefix)) return { kind, reason: `${reason} (${code})` };
  }
  if (code.startsWith('SQLITE_')) return { kind: 'storage', reason: code };
  return {
    kind: 'defect',
    reason: `the write could not be carried out (${error instanceof Error ? error.name : 'unknown'})`,
  };
}

export const toStorageError = ({ kind, reason }: Failure): StorageError =>
  new StorageError(kind === 'rejected' ? 'conflict' : kind === 'defect' ? 'defect' : 'unavailable', reason);

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
