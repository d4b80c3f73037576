import { closeSync, openSync, readSync, statSync } from 'node:fs';

const CHECK_EVERY_MS = 100;
const DATABASE_MAGIC = Buffer.from('SQLite format 3\0');
/** Both byte orders of the checksums. */
const LOG_MAGICS = [Buffer.from('377f0682', 'hex'), Buffer.from('377f0683', 'hex')];

/**
 * Notices that the database file was overwritten, cut short, removed or replaced under a running process. SQLite would go on out
 * of its cache and acknowledge commits that no later start can read.
 */
export class FileGuard {
  readonly #path: string;
  readonly #inode: bigint;
  /** Bytes when it was last looked at. The file only grows: freed pages stay in it. */
  #size: bigint;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** The file is the one that is there now. */
  constructor(path: string) {
    this.#path = path;
    ({ inode: this.#inode, size: this.#size } = look(path));
  }

  /** Throws an error with SQLite's code for damage. Looks at the disk at most ten times a second; some microseconds. */
  check(): void {
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_EVERY_MS) return;
    const { inode, size } = look(this.#path);
    if (inode !== this.#inode) throw damage('SQLITE_CORRUPT_REPLACED');
    if (size < this.#size) throw damage('SQLITE_CORRUPT_TRUNCATED');
    const head = firstBytes(this.#path, DATABASE_MAGIC.length);
    // An empty file is a database whose first pages are still in the log.
    if (head.length > 0 && !head.equals(DATABASE_MAGIC)) throw damage('SQLITE_NOTADB');
    const log = firstBytes(`${this.#path}-wal`, 4);
    if (log.length === 4 && !LOG_MAGICS.some((magic) => magic.equals(log))) throw damage('SQLITE_CORRUPT_WAL');
    this.#size = size;
    this.#checkedAt = now;
  }
}

function firstBytes(path: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return bytes.subarray(0, 0);
  }
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } finally {
    closeSync(file);
  }
}

function look(path: string): { inode: bigint; size: bigint } {
  const { ino = 0n, size = 0n } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? {};
  return { inode: ino, size };
}

const damage = (code: string): Error => Object.assign(new Error('the database file is damaged'), { code });
