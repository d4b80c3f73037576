import type { KeySpending } from './records.ts';
import type { UsageSum } from './usage-sum.ts';
import type { ChargeRecord } from './writes.ts';

/** A charge as the management API reads it back. Amounts are nano-dollars, times Unix ms. */
export interface UsageRow extends Omit<ChargeRecord, 'at' | 'ending' | 'usageSource'> {
  id: string;
  createdAt: number;
  ending: string;
  usageSource: string;
}

export interface UsageQuery {
  accountId: string;
  /** Inclusive. */
  since?: number | undefined;
  /** Exclusive. */
  until?: number | undefined;
  keyId?: string | undefined;
  model?: string | undefined;
  /** The model that stands for `model` where no row of the account, or of the key, has that one: it is an alias of this. */
  aliasOf?: string | undefined;
  requestId?: string | undefined;
  /** Undefined: rows of both kinds. */
  simulated?: boolean | undefined;
  limit: number;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
}

export type UsageGrouping = 'day' | 'hour' | 'model' | 'api_key';

/** Which rows count. */
export type UsageFilter = Omit<UsageQuery, 'cursor' | 'limit'>;

export interface BucketQuery extends UsageFilter {
  groupBy: UsageGrouping[];
  /** More buckets are not made. */
  limit?: number | undefined;
}

/** Sums over what a bucket holds; only the groupings asked for are set. */
export interface UsageBucket extends UsageSum {
  /** Unix ms at which the day or hour begins, UTC. */
  start: number | undefined;
  model: string | undefined;
  keyId: string | undefined;
}

export interface LedgerRow {
  id: string;
  accountId: string;
  createdAt: number;
  cause: 'top_up' | 'adjustment' | 'charge';
  /** Signed: what the wallet gained. */
  amount: bigint;
  balanceAfter: bigint;
  requestId: string | undefined;
  keyId: string | undefined;
  note: string | undefined;
  actor: string | undefined;
  idempotencyKey: string | undefined;
}

export interface LedgerQuery {
  accountId: string;
  cause?: LedgerRow['cause'] | undefined;
  since?: number | undefined;
  until?: number | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Who did what to which thing from where. Never holds a secret or its hash. */
export interface AuditEntry {
  accountId: string;
  at: number;
  /** Name of the admin token, `control-socket`, or `start`. */
  actor: string;
  /** `key.create`, `wallet.top_up`, … */
  action: string;
  target: string;
  /** Address of the caller; empty when there is none. */
  ip: string;
  /** JSON text of the thing before and after. */
  before: string | undefined;
  after: string | undefined;
}

export interface AuditRow extends AuditEntry {
  id: string;
}

export interface AuditQuery {
  accountId: string;
  action?: string | undefined;
  target?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface KeyTotalsQuery {
  keyIds: string[];
  /** Unix ms. */
  nowMs: number;
}

/** Of what counts in a window at `nowMs` there is one part, numbered as the oldest, with the sum of all. */
export interface KeyTotals extends KeySpending {
  calls: number;
  lastUsedAt: number | undefined;
}

export interface Page<Row> {
  rows: Row[];
  nextCursor: string | undefined;
}
