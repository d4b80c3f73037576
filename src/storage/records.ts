/**
 * What is stored about accounts, groups, keys and tokens. Amounts are nano-dollars, times Unix ms, ids text.
 */
export interface AccountRecord {
  id: string;
  name: string;
  /** The wallet only counts and refuses nothing. */
  unlimited: boolean;
  createdAt: number;
}

/** Balance of an account's wallet as its ledger has it. */
export interface WalletRecord {
  accountId: string;
  balance: bigint;
  /** Sum of top-ups. */
  toppedUp: bigint;
  /** Sum of adjustments, below zero when more was taken out. */
  adjusted: bigint;
  /** Sum of charges. */
  spent: bigint;
  /** Sum of what calls cost beyond their charges. */
  absorbed: bigint;
  /** Balance right after money last came in: what warnings are measured against. */
  toppedUpTo: bigint;
}

/** A set of models with a price multiplier that keys are bound to. */
export interface GroupRecord {
  id: string;
  accountId: string;
  name: string;
  /** Catalog ids; undefined: every model. */
  models: string[] | undefined;
  /** Decimal, `1`, `0.8`. */
  multiplier: string;
  /** Only keys of the accounts allowed may be bound to it. */
  exclusive: boolean;
  allowedAccounts: string[];
  createdAt: number;
  updatedAt: number;
}

/** An API key. 0 and 0n: unlimited. */
export interface KeyRecord {
  id: string;
  accountId: string;
  name: string;
  /** `sk-byts-...****1234`: for lists and logs. */
  masked: string;
  groupId: string;
  /** Lifetime spend cap. */
  quota: bigint;
  limit5h: bigint;
  limit1d: bigint;
  limit7d: bigint;
  rpm: number;
  tpm: number;
  concurrency: number;
  ipAllow: string[];
  ipDeny: string[];
  /** Catalog ids this key may call; empty: all that its group reaches. */
  models: string[];
  expiresAt: number | undefined;
  createdAt: number;
  updatedAt: number;
  status: 'active' | 'disabled' | 'revoked';
  onLimit: 'shrink' | 'refuse';
}

/** A secret of a key, as its hash. A key has one current secret and any number of former ones. */
export interface SecretRecord {
  hash: string;
  keyId: string;
  createdAt: number;
  /** From when it no longer opens; undefined: it is the current one. */
  validUntil: number | undefined;
}

/** A named secret of the management API, as its hash. */
export interface AdminTokenRecord {
  id: string;
  name: string;
  hash: string;
  createdAt: number;
  revokedAt: number | undefined;
}

/** Part numbers are those of limits/rolling-window.ts. */
export interface KeySpending {
  spent: bigint;
  parts: { span: Span; part: number; spent: bigint }[];
}

export type Span = '5h' | '1d' | '7d';

const HOUR_MS = 3_600_000;

/** The USD windows, shortest first. Each rolls in `PARTS_PER_SPAN` parts. */
export const SPANS: readonly { name: Span; ms: number }[] = [
  { name: '5h', ms: 5 * HOUR_MS },
  { name: '1d', ms: 24 * HOUR_MS },
  { name: '7d', ms: 168 * HOUR_MS },
];

export const PARTS_PER_SPAN = 60;
/** The newest parts of a span that are kept also after they have left: all that can count at once, and some that a clock's jumps add. */
export const PARTS_KEPT = PARTS_PER_SPAN + 4;
