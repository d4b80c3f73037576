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
  status: 'active' | 'disabled' | 'revoked';
  onLimit: 'shrink' | 'refuse';
}

/** A set of models with a price multiplier that keys are bound to. */
export interface Group {
  id: string;
  name: string;
  /** Catalog ids; undefined: every model. */
  models: string[] | undefined;
  /** Decimal, `1`, `0.8`. */
  multiplier: string;
  exclusive: boolean;
}
