import type { Database } from 'bun:sqlite';
import type { KeySpending } from '../records.ts';
import type { AuditQuery, LedgerQuery, UsageQuery } from '../rows.ts';
import {
  type Snapshot,
  StorageError,
  type Store,
  type StoreEvents,
  type UsageGrouping,
  type Withdrawal,
} from '../store.ts';
import type { Write } from '../writes.ts';
import { BatchWriter } from './batch-writer.ts';
import { migrate, openForWriting } from './connection.ts';
import { describeFailure, toStorageError } from './failure.ts';
import { FileGuard } from './file-guard.ts';
import { GroupCommit } from './group-commit.ts';
import { Reader } from './reader.ts';
import { readSnapshot, readSpending } from './snapshot.ts';
import { distrustSums } from './sums.ts';

export interface SqliteStoreOptions extends StoreEvents {
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
  readonly #reader: Reader;
  #closing: Promise<void> | undefined;

  constructor(db: Database, snapshot: Snapshot, options: SqliteStoreOptions) {
    this.snapshot = snapshot;
    this.#db = db;
    this.#commits = new GroupCommit(options.path, {
      giveUpMs: options.giveUpMs ?? 5_000,
      onHealth: options.onHealth ?? (() => {}),
    });
    this.#reader = new Reader(options.path);
    this.#guard = new FileGuard(options.path);
  }

  spendingOf(keyId: string): KeySpending {
    try {
      return readSpending(this.#db, keyId);
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
    return this.#reader.ask('usageRows', query);
  }

  usageBuckets(query: UsageQuery & { groupBy: UsageGrouping[] }) {
    return this.#reader.ask('usageBuckets', query);
  }

  ledgerRows(query: LedgerQuery) {
    return this.#reader.ask('ledgerRows', query);
  }

  auditRows(query: AuditQuery) {
    return this.#reader.ask('auditRows', query);
  }

  keyTotals(keyIds: string[]) {
    return this.#reader.ask('keyTotals', keyIds);
  }

  findFaults() {
    return this.#reader.ask('findFaults', Date.now());
  }

  backup(path: string) {
    return this.#reader.ask('backup', path);
  }

  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    await this.#reader.close();
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
