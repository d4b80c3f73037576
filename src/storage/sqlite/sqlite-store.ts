import type { Database } from 'bun:sqlite';
import type { KeySpending } from '../records.ts';
import type { AuditQuery, BucketQuery, KeyTotalsQuery, LedgerQuery, UsageQuery } from '../rows.ts';
import { type Snapshot, StorageError, type Store, type StoreEvents, type Withdrawal } from '../store.ts';
import type { Write } from '../writes.ts';
import { BatchWriter } from './batch-writer.ts';
import { migrate, openForWriting } from './connection.ts';
import { describeFailure, toStorageError } from './failure.ts';
import { FileGuard } from './file-guard.ts';
import { GroupCommit } from './group-commit.ts';
import { findTransfer } from './queries.ts';
import type { Answer, Argument, QuestionName } from './read-worker.ts';
import { Reader } from './reader.ts';
import { readSnapshot, readSpending } from './snapshot.ts';
import { distrustSums } from './sums.ts';

interface SqliteStoreOptions extends StoreEvents {
  /** Path of the database file; its folder is there and holds the `-wal` and `-shm` files too. */
  path: string;
  /** Written once, when there is no account yet, before the snapshot is read. */
  founding?: readonly Write[];
  /** How long a write waits for a disk that refuses before it is given up. */
  giveUpMs?: number;
}

/**
 * Opens the embedded database, makes and migrates it as needed. Throws StorageError: `unusable` when a newer release
 * wrote it or the file is no sound database, `unavailable` when the disk refuses.
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const { db, snapshot } = open(options.path, options.founding ?? []);
  return new SqliteStore(db, snapshot, options);
}

class SqliteStore implements Store {
  readonly snapshot: Snapshot;
  readonly #db: Database;
  readonly #commits: GroupCommit;
  readonly #guard: FileGuard;
  readonly #path: string;
  /** For what an index leads to. */
  readonly #reader: Reader;
  /** For rows and sums of usage: a question about a million rows takes seconds, and no list of keys waits for it. */
  readonly #usageReader: Reader;
  /** Each for one question that is about the whole file. */
  readonly #wholeReaders = new Set<Reader>();
  #closing: Promise<void> | undefined;

  constructor(db: Database, snapshot: Snapshot, options: SqliteStoreOptions) {
    this.snapshot = snapshot;
    this.#db = db;
    this.#commits = new GroupCommit(options.path, {
      giveUpMs: options.giveUpMs ?? 5_000,
      onHealth: options.onHealth ?? (() => {}),
    });
    this.#path = options.path;
    this.#reader = new Reader(options.path);
    this.#usageReader = new Reader(options.path);
    this.#guard = new FileGuard(options.path);
  }

  spendingOf(keyId: string): KeySpending {
    return this.#readHere((db) => readSpending(db, keyId));
  }

  findTransfer(accountId: string, idempotencyKey: string) {
    return this.#readHere((db) => findTransfer(db, accountId, idempotencyKey));
  }

  /** What a primary key or a unique index leads to: quicker than to ask a thread. */
  #readHere<T>(read: (db: Database) => T): T {
    try {
      return read(this.#db);
    } catch (error) {
      throw new StorageError('unavailable', describeFailure(error).reason, error);
    }
  }

  write(write: Write, signal?: Withdrawal) {
    return this.#commits.write(write, signal);
  }

  healthy() {
    // Who asks for readiness finds damage also where nobody calls.
    return this.#damage() === undefined && this.#commits.healthy();
  }

  /** A damaged file is seen here too, within a tenth of a second: before the upstream is asked, not after. */
  ensureWritable() {
    const damage = this.#damage();
    return damage === undefined ? this.#commits.ensureWritable() : Promise.reject(damage);
  }

  /** What the guard finds wrong with the file now; the last proof is then worth nothing. */
  #damage(): StorageError | undefined {
    try {
      this.#guard.check();
      return undefined;
    } catch (error) {
      this.#commits.doubt();
      return toStorageError(describeFailure(error));
    }
  }

  usageRows(query: UsageQuery) {
    return this.#usageReader.ask('usageRows', query);
  }

  usageBuckets(query: BucketQuery) {
    return this.#usageReader.ask('usageBuckets', query);
  }

  ledgerRows(query: LedgerQuery) {
    return this.#reader.ask('ledgerRows', query);
  }

  auditRows(query: AuditQuery) {
    return this.#reader.ask('auditRows', query);
  }

  keyTotals(query: KeyTotalsQuery) {
    return this.#reader.ask('keyTotals', query);
  }

  findFaults() {
    return this.#askApart('findFaults', Date.now());
  }

  backup(path: string) {
    return this.#askApart('backup', path);
  }

  /** In a thread that is there for this answer alone: it may take minutes, and its memory goes with it. */
  async #askApart<Name extends QuestionName>(name: Name, argument: Argument<Name>): Promise<Answer<Name>> {
    if (this.#closing !== undefined) throw new StorageError('unavailable', 'the store is closed');
    const reader = new Reader(this.#path);
    this.#wholeReaders.add(reader);
    try {
      return await reader.ask(name, argument);
    } finally {
      await reader.close();
      this.#wholeReaders.delete(reader);
    }
  }

  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    await Promise.all([this.#reader, this.#usageReader, ...this.#wholeReaders].map((reader) => reader.close()));
    this.#db.close();
    // Last, so that the log is folded into the database file and a plain copy of that is whole.
    await this.#commits.close();
    this.#guard.close();
  }
}

function open(path: string, founding: readonly Write[]): { db: Database; snapshot: Snapshot } {
  let db: Database | undefined;
  try {
    db = openForWriting(path, true);
    const fresh = migrate(db);
    distrustSums(db);
    if (founding.length > 0 && !hasAccount(db)) new BatchWriter(db).commit(founding);
    const snapshot = readSnapshot(db, fresh);
    // From here on the writing thread is the only writer.
    db.run('PRAGMA query_only = ON');
    return { db, snapshot };
  } catch (error) {
    db?.close();
    if (error instanceof StorageError) throw error;
    const { kind, reason } = describeFailure(error);
    throw new StorageError(
      kind === 'corrupt' ? 'unusable' : 'unavailable',
      kind === 'corrupt' ? `${reason}: put a backup in its place` : reason,
      error,
    );
  }
}

function hasAccount(db: Database): boolean {
  return db.query('SELECT 1 FROM accounts LIMIT 1').get() !== null;
}
