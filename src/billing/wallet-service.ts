import { GatewayError } from '../errors/catalogue.ts';
import { type Actor, auditEntry } from '../keys/actor.ts';
import type { Serial } from '../keys/serial.ts';
import type { AccountRecord } from '../storage/records.ts';
import type { LedgerRow } from '../storage/rows.ts';
import type { Store } from '../storage/store.ts';
import type { TransferResult } from '../storage/writes.ts';
import type { MoneyEvent, WalletStatus } from './money.ts';
import { formatUsd } from './rates.ts';
import { MOST_BOOKED, type Wallet } from './wallet.ts';

/** Money into and out of a wallet by hand. */
interface Transfer {
  /** Nano-dollars; a top-up is above zero, an adjustment signed. */
  amount: bigint;
  note: string;
  /** The same key with the same amount gives the first booking back; with another amount it is a conflict. */
  idempotencyKey: string;
}

interface WalletServiceDeps {
  store: Store;
  serial: Serial;
  wallet: Wallet;
  account: AccountRecord;
  now: () => number;
  /** What was held up by an empty wallet may go on. */
  onReceived: () => void;
  onEvent: (event: MoneyEvent) => void;
}

/** What a column of the ledger can say, in nano-dollars. */
const MOST_HELD = (1n << 63n) - 1n;

export class WalletService {
  readonly #deps: WalletServiceDeps;
  #account: AccountRecord;

  constructor(deps: WalletServiceDeps) {
    this.#deps = deps;
    this.#account = deps.account;
  }

  status(): WalletStatus {
    return this.#deps.wallet.status();
  }

  /** Throws `conflict` when the idempotency key was used for another amount, `invalid_param` when the books cannot hold it. */
  topUp(transfer: Transfer, actor: Actor): Promise<TransferResult> {
    return this.#deps.serial.run(() => this.#book('top_up', transfer, actor));
  }

  /** Throws also `conflict` when a limited wallet does not have what is taken out. */
  adjust(transfer: Transfer, actor: Actor): Promise<TransferResult> {
    return this.#deps.serial.run(() => this.#book('adjustment', transfer, actor));
  }

  /** An unlimited wallet only counts. */
  setUnlimited(unlimited: boolean, actor: Actor): Promise<void> {
    return this.#deps.serial.run(async () => {
      const { store, wallet, now, onReceived } = this.#deps;
      const after = { ...this.#account, unlimited };
      const audit = auditEntry(actor, 'wallet.unlimited', after.id, now(), { before: this.#account, after });
      await store.write({ kind: 'account', account: after, audit });
      this.#account = after;
      wallet.unlimited = unlimited;
      onReceived();
    });
  }

  async #book(
    cause: LedgerRow['cause'] & ('top_up' | 'adjustment'),
    transfer: Transfer,
    actor: Actor,
  ): Promise<TransferResult> {
    const { store, wallet, now, onReceived, onEvent } = this.#deps;
    const { amount, note, idempotencyKey } = transfer;
    // Before anything is judged: what was booked stays booked, whatever the wallet holds by now.
    const { accountId } = wallet;
    const booked = store.findTransfer(accountId, idempotencyKey);
    if (booked !== undefined) return asBooked(cause, transfer, booked);
    const { available, unlimited, balance, toppedUp, adjusted } = wallet.status();
    const takes = amount < 0n;
    if (takes && !unlimited && available + amount < 0n) {
      throw new GatewayError('conflict', `Only ${formatUsd(available)} USD can be taken out of the wallet now.`, {
        param: 'amount_usd',
      });
    }
    const sum = cause === 'top_up' ? toppedUp : adjusted;
    const most = balance > sum ? balance : sum;
    if (most + amount > MOST_HELD || sum + amount < -MOST_BOOKED) {
      const limit = formatUsd(takes ? MOST_BOOKED : MOST_HELD);
      throw new GatewayError('invalid_param', `The books hold ${limit} USD at most.`, { param: 'amount_usd' });
    }
    // What goes out is out of reach for new calls before it is durable; what comes in only after.
    if (takes) wallet.held -= amount;
    const before = wallet.level();
    try {
      const record = { accountId, cause, amount, at: now(), note, actor: actor.name, idempotencyKey };
      const audit = auditEntry(actor, `wallet.${cause}`, accountId, now(), {
        after: { amount_usd: formatUsd(amount), note, idempotency_key: idempotencyKey },
      });
      const result = await store.write({ kind: 'transfer', transfer: record, audit });
      if (result === undefined) throw new Error('a transfer was answered without its row');
      wallet.receive(cause, amount);
      // Found booked here, it was carried out in doubt and sent again: nobody else books.
      return { row: result.row, repeated: false };
    } finally {
      if (takes) wallet.held += amount;
      onReceived();
      const level = wallet.level();
      if (level !== before) {
        onEvent({ type: 'wallet-level', accountId, level, balance: wallet.balance });
      }
    }
  }
}

/** The booking that was made under the key. Throws `conflict` where this is another one. */
function asBooked(cause: LedgerRow['cause'], { amount }: Transfer, row: LedgerRow): TransferResult {
  if (row.amount === amount && row.cause === cause) return { row, repeated: true };
  throw new GatewayError(
    'conflict',
    `This idempotency_key was used for ${formatUsd(row.amount)} USD. Use a new one for another booking.`,
    { param: 'idempotency_key' },
  );
}
