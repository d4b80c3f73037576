import type { Database, Statement } from 'bun:sqlite';
import type { LedgerRow } from '../rows.ts';
import { StorageError } from '../store.ts';
import type { ChargeRecord, TransferRecord } from '../writes.ts';
import { findTransfer } from './queries.ts';
import { CURRENT_BALANCES } from './sums.ts';

/** An account's books as they stand after its newest entry. */
interface Books {
  wallet: bigint;
  held: bigint;
  revenue: bigint;
  top_up: bigint;
  adjustment: bigint;
  absorbed: bigint;
  topped_up_to: bigint;
}

/** Writes journal entries and, when it is told to, the balances that they leave. */
export class JournalWriter {
  readonly #db: Database;
  readonly #insertCharge: Statement<unknown, [bigint, string, bigint, bigint, bigint, bigint]>;
  readonly #insertTransfer: Statement<
    unknown,
    [bigint, string, string, bigint, bigint, bigint, bigint, string, string, string]
  >;
  readonly #selectBooks: Statement<Books & { account_id: string }, []>;
  readonly #putBooks: Statement<unknown, [string, bigint, bigint, bigint, bigint, bigint, bigint, bigint]>;
  readonly #books = new Map<string, Books>();
  /** Accounts whose stored balances lack entries. */
  readonly #changed = new Set<string>();
  /** The books may have entries in them that were rolled back, or were never read. */
  #doubtful = true;

  constructor(db: Database) {
    this.#db = db;
    this.#insertCharge = db.query(
      "INSERT INTO ledger (id, account_id, cause, wallet, revenue, absorbed, wallet_after) VALUES (?, ?, 'charge', ?, ?, ?, ?)",
    );
    this.#insertTransfer = db.query(
      'INSERT INTO ledger (id, account_id, cause, wallet, top_up, adjustment, wallet_after, note, actor, idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#selectBooks = db.query(
      `SELECT account_id, sum(wallet) AS wallet, sum(held) AS held, sum(revenue) AS revenue, sum(top_up) AS top_up,
         sum(adjustment) AS adjustment, sum(absorbed) AS absorbed, sum(topped_up_to) AS topped_up_to
       FROM ${CURRENT_BALANCES} GROUP BY account_id`,
    );
    this.#putBooks = db.query('INSERT OR REPLACE INTO balances VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  }

  /** The customer pays `cost`, the house bears `absorbed`, and revenue is the whole price. */
  bookCharge(id: bigint, charge: ChargeRecord): void {
    const books = this.#booksOf(charge.accountId);
    const price = charge.cost + charge.absorbed;
    books.wallet -= charge.cost;
    books.revenue += price;
    books.absorbed -= charge.absorbed;
    this.#insertCharge.run(id, charge.accountId, -charge.cost, price, -charge.absorbed, books.wallet);
  }

  bookTransfer(id: bigint, transfer: TransferRecord): LedgerRow {
    const { accountId, cause, amount } = transfer;
    const books = this.#booksOf(accountId);
    const topUp = cause === 'top_up' ? -amount : 0n;
    const adjustment = cause === 'adjustment' ? -amount : 0n;
    books.wallet += amount;
    books.top_up += topUp;
    books.adjustment += adjustment;
    if (amount > 0n) books.topped_up_to = books.wallet;
    this.#insertTransfer.run(
      id,
      accountId,
      cause,
      amount,
      topUp,
      adjustment,
      books.wallet,
      transfer.note,
      transfer.actor,
      transfer.idempotencyKey,
    );
    const row = this.findTransfer(accountId, transfer.idempotencyKey);
    if (row === undefined) throw new StorageError('unavailable', 'a transfer was not found after it was written');
    return row;
  }

  findTransfer(accountId: string, idempotencyKey: string): LedgerRow | undefined {
    return findTransfer(this.#db, accountId, idempotencyKey);
  }

  /** Reads the books, where they are not known. Call before an entry is inserted. */
  catchUp(): void {
    if (!this.#doubtful) return;
    this.#books.clear();
    for (const { account_id: accountId, ...books } of this.#selectBooks.iterate()) {
      this.#books.set(accountId, books);
      this.#changed.add(accountId);
    }
    this.#doubtful = false;
  }

  /** Stores the balances that changed; call before the commit, and `stored` after it. */
  writeBalances(): void {
    for (const accountId of this.#changed) {
      const { wallet, held, revenue, top_up, adjustment, absorbed, topped_up_to } = this.#booksOf(accountId);
      this.#putBooks.run(accountId, wallet, held, revenue, top_up, adjustment, absorbed, topped_up_to);
    }
  }

  /** What `writeBalances` stored is committed. */
  stored(): void {
    this.#changed.clear();
  }

  /** A transaction, or a part of one, was rolled back. */
  forget(): void {
    this.#doubtful = true;
  }

  /** To be changed by an entry that is about to be inserted. */
  #booksOf(accountId: string): Books {
    this.catchUp();
    let books = this.#books.get(accountId);
    if (books === undefined) {
      books = { wallet: 0n, held: 0n, revenue: 0n, top_up: 0n, adjustment: 0n, absorbed: 0n, topped_up_to: 0n };
      this.#books.set(accountId, books);
    }
    this.#changed.add(accountId);
    return books;
  }
}
