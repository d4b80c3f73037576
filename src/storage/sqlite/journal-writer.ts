import type { Database, Statement } from 'bun:sqlite';
import type { LedgerRow } from '../rows.ts';
import { StorageError } from '../store.ts';
import type { ChargeRecord, TransferRecord } from '../writes.ts';
import { type RawLedgerRow, toLedgerRow } from './raw-rows.ts';

/** An account's books as they stand inside the running transaction. */
interface Books {
  wallet: bigint;
  held: bigint;
  revenue: bigint;
  top_up: bigint;
  adjustment: bigint;
  absorbed: bigint;
  topped_up_to: bigint;
}

/** Writes journal entries and, once per transaction, the balances that they leave. */
export class JournalWriter {
  readonly #insertCharge: Statement<unknown, [bigint, string, bigint, bigint, bigint, bigint]>;
  readonly #insertTransfer: Statement<
    unknown,
    [bigint, string, string, bigint, bigint, bigint, bigint, string, string, string]
  >;
  readonly #selectTransfer: Statement<RawLedgerRow, [string, string]>;
  readonly #selectBooks: Statement<Books, [string]>;
  readonly #putBooks: Statement<unknown, [string, bigint, bigint, bigint, bigint, bigint, bigint, bigint]>;
  readonly #books = new Map<string, Books>();

  constructor(db: Database) {
    this.#insertCharge = db.query(
      "INSERT INTO ledger (id, account_id, cause, wallet, revenue, absorbed, wallet_after) VALUES (?, ?, 'charge', ?, ?, ?, ?)",
    );
    this.#insertTransfer = db.query(
      'INSERT INTO ledger (id, account_id, cause, wallet, top_up, adjustment, wallet_after, note, actor, idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#selectTransfer = db.query(
      'SELECT *, NULL AS request_id, NULL AS key_id FROM ledger WHERE account_id = ? AND idempotency_key = ?',
    );
    this.#selectBooks = db.query(
      'SELECT wallet, held, revenue, top_up, adjustment, absorbed, topped_up_to FROM balances WHERE account_id = ?',
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
    const raw = this.#selectTransfer.get(accountId, idempotencyKey);
    return raw === null ? undefined : toLedgerRow(raw);
  }

  /** Stores the balances that changed; call before the commit. */
  flush(): void {
    for (const [accountId, books] of this.#books) {
      const { wallet, held, revenue, top_up, adjustment, absorbed, topped_up_to } = books;
      this.#putBooks.run(accountId, wallet, held, revenue, top_up, adjustment, absorbed, topped_up_to);
    }
  }

  /** Drops what was read; call when a transaction has ended, either way. */
  forget(): void {
    this.#books.clear();
  }

  #booksOf(accountId: string): Books {
    let books = this.#books.get(accountId);
    if (books === undefined) {
      books = this.#selectBooks.get(accountId) ?? {
        wallet: 0n,
        held: 0n,
        revenue: 0n,
        top_up: 0n,
        adjustment: 0n,
        absorbed: 0n,
        topped_up_to: 0n,
      };
      this.#books.set(accountId, books);
    }
    return books;
  }
}
