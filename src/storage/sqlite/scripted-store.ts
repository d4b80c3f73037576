import { Database } from 'bun:sqlite';
import type { KeySpending } from '../records.ts';
import { type Snapshot, StorageError, type Store, type Withdrawal } from '../store.ts';
import type { TransferResult, Write } from '../writes.ts';
import { BatchWriter } from './batch-writer.ts';
import { migrate } from './connection.ts';
import { toStorageError } from './failure.ts';
import { findFaults } from './faults.ts';
import { stillWanted } from './group-commit.ts';
import { auditRows, findTransfer, keyTotals, ledgerRows, usageRows } from './queries.ts';
import { readSnapshot, readSpending } from './snapshot.ts';
import { usageBuckets } from './usage-buckets.ts';

/**
 * A store for tests, in memory, whose commits happen when the test says so: to fail them, to delay them, and to crash
 * between a charge and its commit.
 */
export class ScriptedStore implements Store {
  snapshot: Snapshot;
  /** Commit every write at once. */
  automatic = true;
  /** Refuse writes and proofs. */
  broken = false;
  readonly #db = new Database(':memory:', { safeIntegers: true, strict: true });
  #writer: BatchWriter;
  #waiting: {
    write: Write;
    signal: Withdrawal | undefined;
    resolve: (result: TransferResult | undefined) => void;
    reject: (error: unknown) => void;
  }[] = [];

  constructor(founding: readonly Write[]) {
    migrate(this.#db);
    this.#writer = new BatchWriter(this.#db);
    this.#writer.commit(founding);
    this.snapshot = readSnapshot(this.#db, true);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  write(write: Write, signal?: Withdrawal): Promise<TransferResult | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, signal, resolve, reject });
      if (this.automatic) this.commit();
    });
  }

  /** Carries out what waits, or refuses it while broken. */
  commit(): void {
    const batch = stillWanted(this.#waiting.splice(0));
    if (batch.length === 0) return;
    if (this.broken) {
      for (const { reject } of batch) reject(new StorageError('unavailable', 'the disk is full'));
      return;
    }
    const replies = this.#writer.commit(batch.map(({ write }) => write));
    for (const [index, { resolve, reject }] of batch.entries()) {
      const reply = replies[index];
      if (reply?.ok === true) resolve(reply.result);
      else reject(toStorageError(reply?.failure ?? { kind: 'defect', reason: 'not answered' }));
    }
  }

  /** What waits is lost and nobody hears of it; the snapshot is what the next start finds. */
  crash(): void {
    this.#waiting = [];
    this.#writer = new BatchWriter(this.#db);
    this.snapshot = readSnapshot(this.#db, false);
  }

  spendingOf(keyId: string): KeySpending {
    return readSpending(this.#db, keyId);
  }
  findTransfer(accountId: string, idempotencyKey: string) {
    return findTransfer(this.#db, accountId, idempotencyKey);
  }
  healthy() {
    return !this.broken;
  }
  ensureWritable() {
    return this.broken ? Promise.reject(new StorageError('unavailable', 'the disk is full')) : undefined;
  }
  usageRows = async (query: Parameters<Store['usageRows']>[0]) => usageRows(this.#db, query);
  usageBuckets = async (query: Parameters<Store['usageBuckets']>[0]) => usageBuckets(this.#db, query);
  ledgerRows = async (query: Parameters<Store['ledgerRows']>[0]) => ledgerRows(this.#db, query);
  auditRows = async (query: Parameters<Store['auditRows']>[0]) => auditRows(this.#db, query);
  keyTotals = async (query: Parameters<Store['keyTotals']>[0]) => keyTotals(this.#db, query);
  findFaults = async () => findFaults(this.#db, Date.now());
  async backup(): Promise<void> {}
  async close(): Promise<void> {}
}
