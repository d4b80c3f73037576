import type {
  AccountRecord,
  AdminTokenRecord,
  GroupRecord,
  KeyRecord,
  KeySpending,
  SecretRecord,
  WalletRecord,
} from './records.ts';
import type {
  AuditQuery,
  AuditRow,
  BucketQuery,
  KeyTotals,
  KeyTotalsQuery,
  LedgerQuery,
  LedgerRow,
  Page,
  UsageBucket,
  UsageQuery,
  UsageRow,
} from './rows.ts';
import type { TransferResult, Write } from './writes.ts';

/**
 * Where money and keys live. One process holds it; what it needs on the road is read once at the start, so a request
 * touches the store only to make its charge durable. Every implementation passes `store-contract.ts`.
 */
export interface Store {
  /** What was durable when the store was opened. */
  readonly snapshot: Snapshot;

  /** What a key has spent, in all and per window part. A local read of microseconds; asked once per key and run. */
  spendingOf(keyId: string): KeySpending;

  /**
   * What was booked by hand under an idempotency key. As quick as `spendingOf`: whoever asks keeps other administrators
   * waiting.
   */
  findTransfer(accountId: string, idempotencyKey: string): LedgerRow | undefined;

  /**
   * Resolves when the write is durable. Writes that arrive while a commit runs share the next one. Rejects with
   * StorageError: `unavailable` when the disk refused for longer than the store waits, in which case nothing was
   * written; `conflict` when the write contradicts what is there; `defect` when it can never be written. The same charge or
   * transfer twice is written once.
   * `signal`: where it has aborted before the commit begins, the write is dropped and its reason is what this rejects with.
   */
  write(write: Write, signal?: Withdrawal): Promise<TransferResult | undefined>;

  /** False from the first failed commit until one succeeds. */
  healthy(): boolean;

  /** Waits until the store has shown that it can write, within the last second; undefined: it has. Rejects with StorageError. */
  ensureWritable(): Promise<void> | undefined;

  /**
   * Newest first. None of what follows is for the road or for a change of anything: it may wait for others that read many
   * rows.
   */
  usageRows(query: UsageQuery): Promise<Page<UsageRow>>;
  /** In the order of what they are grouped by. Undefined: there are more than `limit`, where that is set. */
  usageBuckets(query: BucketQuery): Promise<UsageBucket[] | undefined>;
  ledgerRows(query: LedgerQuery): Promise<Page<LedgerRow>>;
  auditRows(query: AuditQuery): Promise<Page<AuditRow>>;
  /** Totals of the keys named, by key id; a key without a charge is left out. */
  keyTotals(query: KeyTotalsQuery): Promise<Map<string, KeyTotals>>;

  /**
   * Proves what can be proven from the data alone; empty when all is well. Minutes, where there is much; nothing waits for
   * it.
   */
  findFaults(): Promise<Fault[]>;

  /** Writes a consistent copy to a new file that only the owner may read, while serving. Rejects with StorageError when the file exists. */
  backup(path: string): Promise<void>;

  /** Commits what waits and closes. */
  close(): Promise<void>;
}

/** Aborted when nobody wants the write any more; the part of the platform's `AbortSignal` that is needed. */
export interface Withdrawal {
  readonly aborted: boolean;
  readonly reason: unknown;
}

export interface Snapshot {
  accounts: AccountRecord[];
  wallets: WalletRecord[];
  groups: GroupRecord[];
  keys: KeyRecord[];
  secrets: SecretRecord[];
  adminTokens: AdminTokenRecord[];
  /** The key whose secret the environment sets; undefined: none was made. */
  firstKeyId: string | undefined;
  /** The key that the console's playground calls with; undefined: none was made. */
  playgroundKeyId: string | undefined;
  /** True when this start made the database. */
  fresh: boolean;
}

/** One row that does not fit: which rule, which row, what was expected and found. Amounts in nano-dollars. */
export interface Fault {
  rule: string;
  row: string;
  expected: string;
  found: string;
}

/** The rule that comes before all others: when the file is damaged, nothing else can be read from it with sense. */
export const SOUND_FILE = 'file is sound';

export interface StoreEvents {
  /** The first failed commit, and the first that succeeds again. Messages name no path. */
  onHealth?: (healthy: boolean, reason: string) => void;
}

type StorageErrorKind = 'unavailable' | 'conflict' | 'defect' | 'unusable';

/**
 * `unavailable`: cannot write now. `conflict`: contradicts what is stored. `defect`: an error of ours in this one write.
 * `unusable`: not a database of ours.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly kind: StorageErrorKind;

  constructor(kind: StorageErrorKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
