import type { AuditRow, LedgerRow, UsageBucket, UsageRow } from '../rows.ts';
import type { UsageSum } from '../usage-sum.ts';

/** What is booked: rows as SQLite gives them (integers are bigint) and what the rest of the program calls them. */
export interface RawLedgerRow {
  id: bigint;
  account_id: string;
  cause: LedgerRow['cause'];
  wallet: bigint;
  wallet_after: bigint;
  request_id: string | null;
  key_id: string | null;
  note: string | null;
  actor: string | null;
  idempotency_key: string | null;
}

export function toLedgerRow(raw: RawLedgerRow): LedgerRow {
  return {
    id: raw.id.toString(),
    accountId: raw.account_id,
    createdAt: createdAt(raw.id),
    cause: raw.cause,
    amount: raw.wallet,
    balanceAfter: raw.wallet_after,
    requestId: raw.request_id ?? undefined,
    keyId: raw.key_id ?? undefined,
    note: raw.note ?? undefined,
    actor: raw.actor ?? undefined,
    idempotencyKey: raw.idempotency_key ?? undefined,
  };
}

export interface RawUsageRow {
  id: bigint;
  request_id: string;
  account_id: string;
  key_id: string;
  started_at: bigint;
  model: string;
  upstream: string;
  upstream_model: string;
  protocol: string;
  stream: bigint;
  status: bigint;
  ending: string;
  simulated: bigint;
  input_uncached: bigint;
  cache_read: bigint;
  cache_write_5m: bigint;
  cache_write_1h: bigint;
  output_text: bigint;
  reasoning: bigint;
  usage_source: string;
  clamped: bigint;
  cost: bigint;
  absorbed: bigint;
  upstream_cost: bigint | null;
  held: bigint;
  terms: string;
  ttft_ms: bigint | null;
  duration_ms: bigint;
}

export function toUsageRow(raw: RawUsageRow): UsageRow {
  return {
    id: raw.id.toString(),
    requestId: raw.request_id,
    accountId: raw.account_id,
    keyId: raw.key_id,
    createdAt: createdAt(raw.id),
    startedAt: Number(raw.started_at),
    model: raw.model,
    upstream: raw.upstream,
    upstreamModel: raw.upstream_model,
    protocol: raw.protocol,
    stream: raw.stream === 1n,
    status: Number(raw.status),
    ending: raw.ending,
    simulated: raw.simulated === 1n,
    inputUncached: Number(raw.input_uncached),
    cacheRead: Number(raw.cache_read),
    cacheWrite5m: Number(raw.cache_write_5m),
    cacheWrite1h: Number(raw.cache_write_1h),
    outputText: Number(raw.output_text),
    reasoning: Number(raw.reasoning),
    usageSource: raw.usage_source,
    clamped: raw.clamped === 1n,
    cost: raw.cost,
    absorbed: raw.absorbed,
    upstreamCost: raw.upstream_cost ?? undefined,
    held: raw.held,
    terms: raw.terms,
    ttftMs: optionalNumber(raw.ttft_ms),
    durationMs: Number(raw.duration_ms),
  };
}

export interface RawUsageSum {
  calls: bigint;
  input_uncached: bigint;
  cache_read: bigint;
  cache_write: bigint;
  output: bigint;
  reasoning: bigint;
  cost: bigint;
  absorbed: bigint;
  upstream_cost: bigint;
}

export function toUsageSum(raw: RawUsageSum): UsageSum {
  return {
    calls: Number(raw.calls),
    inputUncached: Number(raw.input_uncached),
    cacheRead: Number(raw.cache_read),
    cacheWrite: Number(raw.cache_write),
    output: Number(raw.output),
    reasoning: Number(raw.reasoning),
    cost: raw.cost,
    absorbed: raw.absorbed,
    upstreamCost: raw.upstream_cost,
  };
}

export interface RawBucket extends RawUsageSum {
  start: bigint | null;
  model: string | null;
  key_id: string | null;
}

export function toBucket(raw: RawBucket): UsageBucket {
  return {
    ...toUsageSum(raw),
    start: optionalNumber(raw.start),
    model: raw.model ?? undefined,
    keyId: raw.key_id ?? undefined,
  };
}

export interface RawAuditRow {
  id: bigint;
  account_id: string;
  at: bigint;
  actor: string;
  action: string;
  target: string;
  ip: string;
  before: string | null;
  after: string | null;
}

export function toAuditRow(raw: RawAuditRow): AuditRow {
  return {
    id: raw.id.toString(),
    accountId: raw.account_id,
    at: Number(raw.at),
    actor: raw.actor,
    action: raw.action,
    target: raw.target,
    ip: raw.ip,
    before: raw.before ?? undefined,
    after: raw.after ?? undefined,
  };
}

/** An id is the time in microseconds, made unique. */
export const createdAt = (id: bigint): number => Number(id / 1000n);

export const optionalNumber = (value: bigint | null): number | undefined =>
  value === null ? undefined : Number(value);
