import type { Database } from 'bun:sqlite';
import type { ChargeRecord, TransferRecord, TransferResult, Write } from '../writes.ts';
import { describeFailure, type Failure } from './failure.ts';
import { JournalWriter } from './journal-writer.ts';
import { RecordWriter } from './record-writer.ts';
import { SUMMED_TO } from './sums.ts';
import { SumsWriter } from './sums-writer.ts';
import { UsageWriter } from './usage-writer.ts';

export type WriteReply = { ok: true; result: TransferResult | undefined } | { ok: false; failure: Failure };

/** Carries out the writes of a batch in one transaction, in their order. The only writer of its database. */
export class BatchWriter {
  readonly #db: Database;
  readonly #records: RecordWriter;
  readonly #journal: JournalWriter;
  readonly #usage: UsageWriter;
  readonly #sums: SumsWriter;
  /** Newest id given out; ids of usage, ledger and audit come from one sequence. */
  #lastId: bigint;

  constructor(db: Database) {
    this.#db = db;
    this.#records = new RecordWriter(db);
    this.#journal = new JournalWriter(db);
    this.#sums = new SumsWriter(db);
    this.#usage = new UsageWriter(db, this.#sums);
    this.#lastId = newestId(db);
  }

  /**
   * Durable when it returns. Throws what SQLite throws when nothing could be written; a write that is refused for
   * itself fails alone.
   */
  commit(writes: readonly Write[]): WriteReply[] {
    try {
      return this.#transaction(() => writes.map((write) => accepted(this.#apply(write))), this.#mustSum(writes));
    } catch (error) {
      if (!concernsOneWrite(error)) throw error;
    }
    // The common road keeps no savepoints, so a batch with a bad write in it is done again, each write for itself.
    return this.#transaction(() => writes.map((write) => this.#applyAlone(write)), this.#mustSum(writes));
  }

  /** True while rows that were written here are in no stored sum: `sumUp` is due before long. */
  get unsummed(): boolean {
    return this.#sums.waiting > 0;
  }

  /** Stores the sums and balances of all rows. Not synced: they can be derived again. */
  sumUp(): void {
    this.#catchUp();
    if (this.unsummed) this.#unsynced(() => this.#transaction(() => {}, true));
  }

  /** Shows that a commit would pass now. `synced`: also that the disk keeps it, which costs the time of a commit. */
  probe(synced: boolean): void {
    const touch = () => this.#transaction(() => this.#records.touch());
    if (synced) touch();
    else this.#unsynced(touch);
  }

  #apply(write: Write): TransferResult | undefined {
    switch (write.kind) {
      case 'charge':
        this.#charge(write.charge);
        return undefined;
      case 'transfer': {
        const result = this.#transfer(write.transfer);
        if (write.audit !== undefined && !result.repeated)
          this.#records.audit(this.#nextId(write.audit.at), write.audit);
        return result;
      }
      case 'account':
        this.#records.putAccount(write.account);
        break;
      case 'group':
        this.#records.putGroup(write.group);
        break;
      case 'key':
        this.#records.putKey(write.key, write.secrets);
        if (write.role !== undefined) this.#records.putRole(write.role, write.key.id);
        break;
      case 'admin-token':
        this.#records.putAdminToken(write.token);
        break;
      case 'audit':
        break;
    }
    if (write.audit !== undefined) this.#records.audit(this.#nextId(write.audit.at), write.audit);
    return undefined;
  }

  #charge(charge: ChargeRecord): void {
    const before = this.#lastId;
    const id = this.#nextId(charge.at);
    // A batch that failed in doubt is sent again: the request id decides that a charge is written once.
    if (!this.#usage.insert(id, charge)) {
      this.#lastId = before;
      return;
    }
    this.#journal.bookCharge(id, charge);
  }

  #transfer(transfer: TransferRecord): TransferResult {
    const booked = this.#journal.findTransfer(transfer.accountId, transfer.idempotencyKey);
    if (booked !== undefined) return { row: booked, repeated: true };
    return { row: this.#journal.bookTransfer(this.#nextId(transfer.at), transfer), repeated: false };
  }

  #applyAlone(write: Write): WriteReply {
    const before = this.#lastId;
    this.#db.run('SAVEPOINT one');
    try {
      const reply = accepted(this.#apply(write));
      this.#db.run('RELEASE one');
      return reply;
    } catch (error) {
      if (!concernsOneWrite(error)) throw error;
      this.#db.run('ROLLBACK TO one');
      this.#db.run('RELEASE one');
      this.#forget();
      this.#lastId = before;
      return { ok: false, failure: describeFailure(error) };
    }
  }

  /** Charges share the storing of sums; what an operator does is rare, and is summed at once. */
  #mustSum(writes: readonly Write[]): boolean {
    return this.#sums.waiting >= MOST_UNSUMMED || !writes.every(({ kind }) => kind === 'charge');
  }

  /** `sum`: stores the sums and balances as well. */
  #transaction<T>(work: () => T, sum = false): T {
    const before = this.#lastId;
    this.#db.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      if (sum) {
        this.#catchUp();
        this.#sums.write(this.#lastId);
        this.#journal.writeBalances();
      }
      this.#db.run('COMMIT');
      if (sum) {
        this.#sums.stored();
        this.#journal.stored();
      }
      return result;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.run('ROLLBACK');
      this.#lastId = before;
      this.#forget();
      throw error;
    }
  }

  #unsynced(work: () => void): void {
    this.#db.run('PRAGMA synchronous = NORMAL');
    try {
      work();
    } finally {
      this.#db.run('PRAGMA synchronous = FULL');
    }
  }

  #catchUp(): void {
    this.#sums.catchUp();
    this.#journal.catchUp();
  }

  /** What was rolled back is in nobody's memory. */
  #forget(): void {
    this.#journal.forget();
    this.#usage.forget();
    this.#sums.forget();
  }

  #nextId(atMs: number): bigint {
    const byClock = BigInt(atMs) * 1000n;
    this.#lastId = byClock > this.#lastId ? byClock : this.#lastId + 1n;
    return this.#lastId;
  }
}

/** Rows that may be in no stored sum: so many are read again at most when a transaction fails, and by whoever asks for sums. */
const MOST_UNSUMMED = 1_000;

const accepted = (result: TransferResult | undefined): WriteReply => ({ ok: true, result });

function concernsOneWrite(error: unknown): boolean {
  const { kind } = describeFailure(error);
  return kind === 'rejected' || kind === 'defect';
}

function newestId(db: Database): bigint {
  const row = db
    .query<{ id: bigint }, []>(
      `SELECT max((SELECT coalesce(max(id), 0) FROM usage), (SELECT coalesce(max(id), 0) FROM ledger),
         (SELECT coalesce(max(id), 0) FROM audit), ${SUMMED_TO}) AS id`,
    )
    .get();
  return row?.id ?? 0n;
}
