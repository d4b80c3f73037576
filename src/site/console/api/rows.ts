/** Rows of the management API and of the console's own API, as JSON. Amounts are decimal strings in USD. */

// JSON leaves out what is undefined, so that a reader sees the same.
export type { RecentRequest } from '../../../observability/recent-requests.ts';

export interface SessionInfo {
  kind: 'admin' | 'key';
  name: string;
  key_id: string | null;
  version: string;
  simulated: boolean;
  public_url: string;
}

export interface LimitRow {
  name: 'quota' | 'rate_limit_5h' | 'rate_limit_1d' | 'rate_limit_7d';
  limit_usd: string;
  spent_usd: string;
  remaining_usd: string;
  resets_at: string | null;
}

/** A limit on requests or tokens a minute, or on requests in flight, and what counts against it now. */
export interface RateLimitRow {
  name: 'rpm' | 'tpm' | 'concurrency';
  limit: number;
  used: number;
}

/** `0` is unlimited. */
export interface KeyRow {
  id: string;
  name: string;
  masked: string;
  group_id: string;
  status: 'active' | 'disabled' | 'revoked';
  quota: string;
  rate_limit_5h: string;
  rate_limit_1d: string;
  rate_limit_7d: string;
  rpm: number;
  tpm: number;
  concurrency: number;
  ip_whitelist: string[];
  ip_blacklist: string[];
  models: string[];
  on_limit: 'shrink' | 'refuse';
  expires_at: string | null;
  created_at: string;
  updated_at: string;
  spent_usd: string;
  calls: number;
  last_used_at: string | null;
  limits: LimitRow[];
  rate_limits: RateLimitRow[];
}

/** What a key knows of itself. */
export interface AccountRow {
  id: string;
  name: string;
  masked: string;
  group_id: string;
  /** Of the group: the key pays so many times the price of a model. */
  multiplier: string;
  status: KeyRow['status'];
  created_at: string;
  expires_at: string | null;
  balance: {
    available_usd: string | null;
    reserved_usd: string;
    lifetime_spent_usd: string;
    quota_usd: string;
  };
  limits: LimitRow[];
  rate_limits: RateLimitRow[];
  rpm: number;
  tpm: number;
  concurrency: number;
  allowed_models: string[];
}

export interface Wallet {
  available_usd: string | null;
  reserved_usd: string;
  lifetime_topup_usd: string;
  lifetime_adjusted_usd: string;
  lifetime_spent_usd: string;
  unlimited: boolean;
  level: string;
}

export interface Transaction {
  id: string;
  created_at: string;
  kind: 'top_up' | 'adjustment' | 'charge';
  amount_usd: string;
  balance_after_usd: string;
  request_id: string | null;
  api_key_id: string | null;
  note: string | null;
  actor: string | null;
}

export interface UsageRow {
  request_id: string;
  created_at: string;
  started_at: string;
  api_key_id: string;
  model: string;
  upstream: string;
  upstream_model: string;
  protocol: string;
  stream: boolean;
  status: number;
  ending: string;
  simulated: boolean;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  /** Of the cache writes, those that live an hour. */
  cache_write_1h_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  usage_source: 'upstream' | 'estimated';
  cost_usd: string;
  /** Part of the price that was not charged, for no limit could hold it. */
  absorbed_usd: string;
  /** What it was charged at, USD per 1M tokens. */
  price: {
    input: string;
    cache_read: string;
    cache_write_5m: string;
    cache_write_1h: string;
    output: string;
    multiplier: string;
  } | null;
  /** Administrators only. */
  upstream_cost_usd?: string | null;
  ttft_ms: number | null;
  duration_ms: number;
}

export interface Sums {
  call_count: number;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  cost_usd: string;
}

export interface UsageBucket extends Sums {
  /** Day or hour, or the name that was grouped by. */
  bucket: string;
  model?: string;
  api_key_id?: string;
}

export interface UsageSums {
  buckets: UsageBucket[];
  totals: Sums;
}

export interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}

export interface Group {
  id: string;
  name: string;
  models: string[] | null;
  multiplier: string;
}

export interface ModelRow {
  id: string;
  name: string;
  vendor: string;
  window: number;
  max_output: number;
  capabilities: string[];
  price: { input: string; output: string; cache_read: string; from: string };
  state: 'served' | 'simulated' | 'not served';
  upstreams: string[];
  native: string[];
  recent: { calls: number; errors: number };
  /** The newest of each kind, and how many there were of it. */
  last_errors: { request_id: string; at: number; status: number; code: string; message: string; count: number }[];
}

/** ms */
export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

interface Times {
  calls: number;
  /** Streams alone; null when there was none. */
  ttft: Percentiles | null;
  duration: Percentiles | null;
}

/** How long the newest calls of a period took. */
export interface Latency extends Times {
  /** True when the period has more calls than were looked at. */
  sampled: boolean;
  /** By hour, Unix ms of its start. */
  times: (Times & { at: number })[];
}

/** Failed requests of one hour, counted since the gateway's start. */
export interface FailureRow {
  /** Unix ms. */
  hour: number;
  api_key_id: string | null;
  model: string | null;
  code: string;
  count: number;
}

/** What failed, as far as it was counted. */
export interface Failures {
  data: FailureRow[];
  /** Unix ms of the gateway's start. */
  counted_since: number;
}
