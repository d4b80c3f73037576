import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const CHECK_EVERY_MS = 100;
const DATABASE_MAGIC = Buffer.from('SQLite format 3\0');
/** Both byte orders of the checksums. */
const LOG_MAGICS = [Buffer.from('377f0682', 'hex'), Buffer.from('377f0683', 'hex')];

/**
 * Notices that the database file or its log was overwritten, cut short, removed or replaced under a running process. SQLite would
 * go on out of its cache, and acknowledge commits that no later start can read.
 */
export class FileGuard {
  readonly #path: string;
  readonly #logPath: string;
  /**
   * Open for as long as this process has the database open. POSIX drops all locks that a process has on a file when it closes
   * any of its descriptors; without SQLite's, a second process that looks into the database would take itself for the last
   * one, and remove the log.
   */
  readonly #file: number | undefined;
  readonly #inode: bigint;
  /** Of the log, from when it was first seen: it lives as long as the database is open. */
  #logInode: bigint | undefined;
  /** Bytes when it was last looked at. The file only grows: freed pages stay in it. */
  #size: bigint;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** The file is the one that is there now. */
  constructor(path: string) {
    this.#path = path;
    this.#logPath = `${path}-wal`;
    this.#file = opened(path);
    ({ inode: this.#inode, size: this.#size } = look(path));
    this.hasLog();
  }

  /** Throws an error with SQLite's code for damage. Looks at the disk at most ten times a second; some microseconds. */
  check(): void {
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_EVERY_MS) return;
    const { inode, size } = look(this.#path);
    if (inode !== this.#inode) throw damage('SQLITE_CORRUPT_REPLACED');
    if (size < this.#size) throw damage('SQLITE_CORRUPT_TRUNCATED');
    if (!this.hasLog()) throw damage('SQLITE_CORRUPT_LOG');
    // An empty file is a database whose first pages are still in the log.
    const head = this.#file === undefined ? Buffer.alloc(0) : firstBytes(this.#file, DATABASE_MAGIC.length);
    if (head.length > 0 && !head.equals(DATABASE_MAGIC)) throw damage('SQLITE_NOTADB');
    const log = this.#firstOfLog();
    if (log.length === 4 && !LOG_MAGICS.some((magic) => magic.equals(log))) throw damage('SQLITE_CORRUPT_WAL');
    this.#size = size;
    this.#checkedAt = now;
  }

  /** True when the file that is open is in no folder any more: what is written now is lost. A file that was moved keeps it. */
  get removed(): boolean {
    return this.#file !== undefined && fstatSync(this.#file).nlink === 0;
  }

  /** False when the log that commits are written to is no more the one in the folder. */
  hasLog(): boolean {
    const { inode } = look(this.#logPath);
    if (this.#logInode === undefined && inode !== 0n) this.#logInode = inode;
    return this.#logInode === undefined || inode === this.#logInode;
  }

  /** Call when no connection of this process is open any more. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #firstOfLog(): Buffer {
    const file = opened(this.#logPath);
    if (file === undefined) return Buffer.alloc(0);
    try {
      return firstBytes(file, 4);
    } finally {
      // SQLite keeps no locks on it.
      closeSync(file);
    }
  }
}

function opened(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

function firstBytes(file: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
}

/** Zeros where there is no file. */
function look(path: string): { inode: bigint; size: bigint } {
  const { ino = 0n, size = 0n } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? {};
  return { inode: ino, size };
}

/** An error with SQLite's code for damage. */
export const damage = (code: string): Error => Object.assign(new Error('the database file is damaged'), { code });
