/** An API key as the hot path sees it. USD amounts are nano-dollars (1e-9 USD); 0n means unlimited. */
export interface Key {
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
  /** 0: unlimited. */
  rpm: number;
  tpm: number;
  concurrency: number;
  ipAllow: string[];
  ipDeny: string[];
  /** Catalog ids this key may call; empty: all that its group reaches. */
  models: string[];
  /** Unix milliseconds. */
  expiresAt: number | undefined;
  createdAt: number;
  updatedAt: number;
  status: 'active' | 'disabled' | 'revoked';
  onLimit: 'shrink' | 'refuse';
}

/** A set of models with a price multiplier that keys are bound to. */
export interface Group {
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

/** A named secret of the management API, as its hash. */
export interface AdminToken {
  id: string;
  name: string;
  hash: string;
  createdAt: number;
  revokedAt: number | undefined;
}

/** The account that everything belongs to until there are several. */
export const DEFAULT_ACCOUNT = 'default';
export const DEFAULT_GROUP = 'default';
