import type {
  AccountRecord,
  AdminTokenRecord,
  GroupRecord,
  KeyRecord,
  SecretRecord,
  WalletRecord,
} from '../records.ts';
import type { AuditRow, LedgerRow, UsageBucket, UsageRow } from '../rows.ts';
import type { UsageSum } from '../usage-sum.ts';

/** Rows as SQLite gives them (integers are bigint) and what the rest of the program calls them. */
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

export interface RawKey {
  id: string;
  account_id: string;
  name: string;
  masked: string;
  group_id: string;
  quota: bigint;
  limit_5h: bigint;
  limit_1d: bigint;
  limit_7d: bigint;
  rpm: bigint;
  tpm: bigint;
  concurrency: bigint;
  ip_allow: string;
  ip_deny: string;
  models: string;
  expires_at: bigint | null;
  created_at: bigint;
  updated_at: bigint;
  status: KeyRecord['status'];
  on_limit: KeyRecord['onLimit'];
}

export function toKey(raw: RawKey): KeyRecord {
  return {
    id: raw.id,
    accountId: shared(raw.account_id),
    name: raw.name,
    masked: raw.masked,
    groupId: shared(raw.group_id),
    quota: raw.quota,
    limit5h: raw.limit_5h,
    limit1d: raw.limit_1d,
    limit7d: raw.limit_7d,
    rpm: Number(raw.rpm),
    tpm: Number(raw.tpm),
    concurrency: Number(raw.concurrency),
    ipAllow: textList(raw.ip_allow),
    ipDeny: textList(raw.ip_deny),
    models: textList(raw.models),
    expiresAt: optionalNumber(raw.expires_at),
    createdAt: Number(raw.created_at),
    updatedAt: Number(raw.updated_at),
    status: shared(raw.status),
    onLimit: shared(raw.on_limit),
  };
}

export interface RawGroup {
  id: string;
  account_id: string;
  name: string;
  models: string | null;
  multiplier: string;
  exclusive: bigint;
  allowed_accounts: string;
  created_at: bigint;
  updated_at: bigint;
}

export function toGroup(raw: RawGroup): GroupRecord {
  return {
    id: raw.id,
    accountId: raw.account_id,
    name: raw.name,
    models: raw.models === null ? undefined : textList(raw.models),
    multiplier: raw.multiplier,
    exclusive: raw.exclusive === 1n,
    allowedAccounts: textList(raw.allowed_accounts),
    createdAt: Number(raw.created_at),
    updatedAt: Number(raw.updated_at),
  };
}

export interface RawSecret {
  hash: string;
  key_id: string;
  created_at: bigint;
  valid_until: bigint | null;
}

export const toSecret = (raw: RawSecret): SecretRecord => ({
  hash: raw.hash,
  keyId: raw.key_id,
  createdAt: Number(raw.created_at),
  validUntil: optionalNumber(raw.valid_until),
});

export interface RawAdminToken {
  id: string;
  name: string;
  hash: string;
  created_at: bigint;
  revoked_at: bigint | null;
}

export const toAdminToken = (raw: RawAdminToken): AdminTokenRecord => ({
  id: raw.id,
  name: raw.name,
  hash: raw.hash,
  createdAt: Number(raw.created_at),
  revokedAt: optionalNumber(raw.revoked_at),
});

export interface RawAccount {
  id: string;
  name: string;
  unlimited: bigint;
  created_at: bigint;
}

export const toAccount = (raw: RawAccount): AccountRecord => ({
  id: raw.id,
  name: raw.name,
  unlimited: raw.unlimited === 1n,
  createdAt: Number(raw.created_at),
});

export interface RawWallet {
  account_id: string;
  wallet: bigint;
  revenue: bigint;
  top_up: bigint;
  adjustment: bigint;
  absorbed: bigint;
  topped_up_to: bigint;
}

export const toWallet = (raw: RawWallet): WalletRecord => ({
  accountId: raw.account_id,
  balance: raw.wallet,
  // What the books lost is what the wallet gained.
  toppedUp: -raw.top_up,
  adjusted: -raw.adjustment,
  spent: raw.revenue + raw.absorbed,
  absorbed: -raw.absorbed,
  toppedUpTo: raw.topped_up_to,
});

/** An id is the time in microseconds, made unique. */
export const createdAt = (id: bigint): number => Number(id / 1000n);

const optionalNumber = (value: bigint | null): number | undefined => (value === null ? undefined : Number(value));

/** Texts that many keys have in common, each once in memory: SQLite gives every row a copy of its own. */
const sharedTexts = new Map<string, string>();

function shared<Text extends string>(text: Text): Text {
  const known = sharedTexts.get(text);
  if (known !== undefined) return known as Text;
  sharedTexts.set(text, text);
  return text;
}

/** Most lists are empty, and 100,000 keys have three each. */
const NONE: string[] = [];

/** Lists that this program wrote. */
function textList(json: string): string[] {
  if (json === '[]') return NONE;
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.map(String) : [];
}
