import type { Key } from '../keys/key.ts';
import type { Card } from '../models/card.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { Usage } from '../protocols/usage.ts';
import type { Withdrawal } from '../storage/store.ts';

/** Nano-dollars: 1e-9 USD. All money on the road is this, as bigint. */
type Nano = bigint;

/**
 * The road's view of keys, limits, wallet and ledger. The first implementation is this process with an embedded
 * database; `reserve` and `settle` may wait, so that a node that leases from a shared database fits behind the same words.
 */
export interface Money {
  /** By the secret as sent; touches no disk. Revoked and expired keys are found too: the caller tells them apart. */
  findKey(secret: string): Key | undefined;

  /**
   * IP rule, RPM, TPM, concurrency, before the body is read. Throws `permission_denied`, `rate_limit_exceeded`,
   * `concurrency_limit` (with retry-after). The slot is to be released on every way out.
   */
  admit(key: Key, clientIp: string): Admission;

  /** IP rule alone, for what is no call. Throws `permission_denied`. */
  checkAddress(key: Key, clientIp: string): void;

  /** True when the key's group and own list reach the model. */
  mayUse(key: Key, modelId: string): boolean;

  /**
   * At once where nothing has to be waited for. Throws, or rejects with, `insufficient_balance`, `quota_exceeded`,
   * `usd_window_exceeded`, `rate_limit_exceeded`, `storage_unavailable`, and `invalid_api_key` where the key opens nothing
   * any more.
   */
  reserve(input: ReserveInput): Reservation | Promise<Reservation>;

  /** `X-RateLimit-*` and `X-Quota-Remaining-Credits` of the key as they stand. Names in lower case. */
  limitHeaders(key: Key, nowMs: number): Readonly<Record<string, string>>;

  /** False while the database refuses writes: requests are then refused before they cost anything. */
  healthy(): boolean;
}

/** What happened to money that an operator should hear of. Goes to the log and to metrics. */
export type MoneyEvent =
  /** The upstream used more than was held and no limit could take it: the house pays. */
  | { type: 'absorbed'; requestId: string; keyId: string; amount: Nano }
  /** The upstream reported more than the books can hold: what was held is charged in its place. */
  | { type: 'beyond-books'; requestId: string; keyId: string }
  /** A limited wallet has sunk to 20 % (`low`) or 5 % (`critical`) of what its newest top-up brought it to, or is back. */
  | { type: 'wallet-level'; accountId: string; level: WalletLevel; balance: Nano }
  /** The database refuses writes, or takes them again. */
  | { type: 'storage'; healthy: boolean; reason: string };

/** What is left of a wallet: `low` at 20 %, `critical` at 5 %. */
export type WalletLevel = 'ok' | 'low' | 'critical' | 'unlimited';

/** A wallet as it stands. Nano-dollars. */
export interface WalletStatus {
  unlimited: boolean;
  /** Not yet spent; `available` leaves out what running calls hold. */
  balance: Nano;
  available: Nano;
  reserved: Nano;
  /** For life: `toppedUp + adjusted - spent` is the balance. */
  toppedUp: Nano;
  adjusted: Nano;
  spent: Nano;
  level: WalletLevel;
}

export interface Admission {
  /** Idempotent. */
  release(): void;
}

export interface ReserveInput {
  key: Key;
  card: Card;
  requestId: string;
  /** Unix ms of the request's start: chooses the price and the window parts. */
  startMs: number;
  /** Cheap upper bound of the prompt in tokens (bytes plus the card's constants). */
  inputBound: number;
  /** Tokens of the prompt, once they are counted: for tokens a minute, of which a bound would take too many. */
  readonly inputCount?: number | undefined;
  /**
   * Counts the prompt, for a nearer bound; asked only before a refusal, its own or another's, and for a key with a TPM limit
   * when nothing is charged.
   */
  countInput(): Promise<number>;
  /** Output limit of the call: what the client asked for, at most the card's. */
  maxOutput: number;
  /** Answers asked for (`n`). */
  choices: number;
  /** Finds the dearest cache write that the body asks for, in all of it; asked only before a refusal. Undefined: none. */
  cacheWrite(): '5m' | '1h' | undefined;
  /** Ends a wait for the holds of other calls when the client has left. */
  signal?: LeaveSignal;
}

/** Aborted when the client leaves; the part of the platform's `AbortSignal` that is needed. */
export interface LeaveSignal extends Withdrawal {
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface Reservation {
  /** Output limit that the hold covers; below the one asked for when a limit made it shrink. */
  readonly maxOutput: number;
  /** True when `maxOutput` was lowered: the road writes it into the upstream request and lists `max_tokens`. */
  readonly shrunk: boolean;
  /**
   * Charges what was used and lets the rest of the hold go. Resolves when the charge is durable.
   * Throws `storage_unavailable` when it cannot be made so, `internal_error` when the fault is ours: the answer's last byte
   * must then not leave.
   * Idempotent: the first call wins. `signal`: where it aborts before the charge is on its way to the disk, nothing is
   * charged, and the signal's reason is thrown.
   */
  settle(outcome: Outcome, signal?: LeaveSignal): Promise<Charge>;
  /** Lets the whole hold go; nothing is billed. Idempotent, and a no-op after `settle`. */
  release(): void;
}

/** What the usage row says of a billed request. */
export interface Outcome {
  usage: Usage;
  protocol: Protocol;
  stream: boolean;
  /** HTTP status that the client got. */
  status: number;
  /** `complete`: answered in full; `client_left`: the client went away after the first delta. */
  ending: 'complete' | 'client_left';
  model: string;
  upstream: string;
  upstreamModel: string;
  /** Answered by the built-in simulator: charged like any other, so that limits can be tried, but left out of totals. */
  simulated: boolean;
  /** False of a server that the card has no route to: what its calls cost is not in the card. */
  costsByCard: boolean;
  /** Milliseconds from the request's start. */
  ttftMs: number | undefined;
  durationMs: number;
}

export interface Charge {
  cost: Nano;
  /** Part of the computed cost that no limit could hold; booked as absorbed, not charged. */
  absorbed: Nano;
}
