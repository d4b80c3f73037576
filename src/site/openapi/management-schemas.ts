import { Type } from '@sinclair/typebox';

/** What the management API answers with. USD amounts are decimal texts with all their digits; times are ISO 8601 in UTC. */
const usd = Type.String({ pattern: '^-?\\d+(\\.\\d+)?$', description: 'USD as a decimal.' });
const time = Type.String({ format: 'date-time' });
const count = Type.Integer({ minimum: 0 });
const usdLimit = { ...usd, description: 'USD as a decimal; 0: unlimited.' };
const countLimit = Type.Integer({ minimum: 0, description: '0: unlimited.' });
const texts = Type.Array(Type.String());
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description });
const oneOf = (...values: string[]) => Type.Unsafe<string>({ type: 'string', enum: values });

/** A list with the cursor of its next page. */
const page = <T extends Parameters<typeof Type.Array>[0]>(row: T) =>
  Type.Object({
    data: Type.Array(row),
    next_cursor: orNull(Type.String(), 'Value of `cursor` for the next page; null on the last one.'),
  });

/** How far each limit in USD is used up. */
const limits = Type.Array(
  Type.Object({
    name: Type.String({ description: '`quota`, `rate_limit_5h` and so on.' }),
    limit_usd: usd,
    spent_usd: usd,
    remaining_usd: usd,
    resets_at: orNull(time, 'When a part of it comes back; null for `quota`.'),
  }),
  { description: 'The limits in USD that the key has, and how far each is used up.' },
);

/** How far each limit on requests and tokens is used up at this moment. */
const rateLimits = Type.Array(Type.Object({ name: oneOf('rpm', 'tpm', 'concurrency'), limit: count, used: count }), {
  description: 'The limits on requests and tokens a minute and on requests in flight that the key has.',
});

export const key = Type.Object({
  id: Type.String(),
  account_id: Type.String(),
  name: Type.String(),
  masked: Type.String({ description: 'The secret as lists and logs show it.' }),
  group_id: Type.String(),
  status: oneOf('active', 'disabled', 'revoked'),
  quota: usdLimit,
  rate_limit_5h: usdLimit,
  rate_limit_1d: usdLimit,
  rate_limit_7d: usdLimit,
  rpm: countLimit,
  tpm: countLimit,
  concurrency: countLimit,
  ip_whitelist: Type.Array(Type.String(), { description: 'Empty: every address.' }),
  ip_blacklist: texts,
  models: Type.Array(Type.String(), { description: 'Empty: all that the group reaches.' }),
  on_limit: oneOf('shrink', 'refuse'),
  expires_at: orNull(time),
  created_at: time,
  updated_at: time,
  spent_usd: usd,
  calls: Type.Integer({ minimum: 0, description: 'Billed ones.' }),
  last_used_at: orNull(time, 'When it was last charged.'),
  limits,
  rate_limits: rateLimits,
});

export const issuedKey = Type.Object({
  ...key.properties,
  key: Type.String({ description: 'The secret, shown this once.' }),
});

export const keyPage = page(key);

export const group = Type.Object({
  id: Type.String(),
  name: Type.String(),
  models: orNull(texts, 'Null: every model.'),
  multiplier: Type.String({ description: 'Times the price of the card.' }),
  exclusive: Type.Boolean({
    description: 'Only accounts that were let in may bind keys to it; there is one account so far, which may.',
  }),
  created_at: time,
  updated_at: time,
});

export const groupList = Type.Object({ data: Type.Array(group) });

export const wallet = Type.Object({
  available_usd: orNull(usd, 'Null: unlimited.'),
  reserved_usd: usd,
  lifetime_topup_usd: usd,
  lifetime_adjusted_usd: usd,
  lifetime_spent_usd: usd,
  unlimited: Type.Boolean(),
  level: {
    ...oneOf('ok', 'low', 'critical', 'unlimited'),
    description: 'Against what it held when money last came in: `low` from 20 % on, `critical` from 5 %.',
  },
});

const transaction = Type.Object({
  id: Type.String(),
  account_id: Type.String(),
  created_at: time,
  kind: oneOf('top_up', 'adjustment', 'charge'),
  amount_usd: usd,
  balance_after_usd: { ...usd, description: 'What the wallet held after it.' },
  request_id: orNull(Type.String()),
  api_key_id: orNull(Type.String()),
  note: orNull(Type.String()),
  actor: orNull(Type.String()),
  idempotency_key: orNull(Type.String()),
});

export const booking = Type.Object({
  ...transaction.properties,
  repeated: Type.Boolean({ description: 'True when this booking was made before: it was not made again.' }),
});

export const transactionPage = page(transaction);

const absorbed = {
  ...usd,
  description:
    'Part of the price that no limit could hold, which is not charged. With it `cost_usd` is the price of all tokens.',
};

const ownUsage = Type.Object({
  request_id: Type.String(),
  created_at: { ...time, description: 'When it was charged: filters, days and hours go by it.' },
  started_at: { ...time, description: 'When the request came: its price and the windows of its key go by it.' },
  api_key_id: Type.String(),
  model: Type.String(),
  upstream: Type.String(),
  upstream_model: Type.String(),
  protocol: Type.String(),
  stream: Type.Boolean(),
  status: Type.Integer(),
  ending: oneOf('complete', 'client_left'),
  simulated: Type.Boolean({ description: 'The built-in simulator answered.' }),
  input_tokens: Type.Integer({ minimum: 0, description: 'Input that no cache held.' }),
  cache_read_tokens: count,
  cache_write_tokens: count,
  cache_write_1h_tokens: Type.Integer({ minimum: 0, description: 'Of the cache writes, those that live an hour.' }),
  output_tokens: Type.Integer({ minimum: 0, description: 'Reasoning included.' }),
  reasoning_tokens: count,
  usage_source: oneOf('upstream', 'estimated'),
  cost_usd: { ...usd, description: 'What was charged.' },
  absorbed_usd: absorbed,
  price: orNull(
    Type.Object({
      input: usd,
      cache_read: usd,
      cache_write_5m: usd,
      cache_write_1h: usd,
      output: usd,
      multiplier: Type.String({ description: 'Factor of the group of the key.' }),
    }),
    'What the cost was computed with when it was charged: USD per 1M tokens.',
  ),
  ttft_ms: orNull(Type.Number()),
  duration_ms: Type.Number(),
});

const usage = Type.Object({
  ...ownUsage.properties,
  account_id: Type.String(),
  upstream_cost_usd: orNull(
    usd,
    'What the upstream charges for it, where the card says; of a simulated answer, what it would.',
  ),
});

const sums = {
  call_count: count,
  input_tokens: count,
  cache_read_tokens: count,
  cache_write_tokens: count,
  output_tokens: count,
  reasoning_tokens: count,
  cost_usd: usd,
  total_usd: { ...usd, description: 'The same as `cost_usd`, under the name of the public API.' },
  absorbed_usd: absorbed,
};

const usageSums = Type.Object({
  buckets: Type.Array(
    Type.Object({
      bucket: Type.String({ description: 'A day or an hour of UTC, a model or a key.' }),
      model: Type.Optional(Type.String()),
      api_key_id: Type.Optional(Type.String()),
      ...sums,
    }),
  ),
  totals: Type.Object(sums),
});

export const usageAnswer = Type.Union([page(usage), usageSums], { description: 'Rows; sums with `group_by`.' });
export const ownUsageAnswer = Type.Union([usageSums, page(ownUsage)], {
  description: 'Sums by day unless `group_by` says otherwise; rows with `limit`, `cursor` or `request_id`.',
});

export const balance = Type.Object({
  available_usd: orNull(usd, 'The least that wallet, quota and windows leave; null when nothing limits the key.'),
  reserved_usd: usd,
  lifetime_spent_usd: usd,
  quota_usd: usdLimit,
  currency: Type.Literal('USD'),
});

export const account = Type.Object({
  id: Type.String(),
  name: Type.String(),
  masked: Type.String(),
  group_id: Type.String(),
  multiplier: Type.String({ description: 'What the key pays is this times the price of the card.' }),
  status: oneOf('active', 'disabled', 'revoked'),
  created_at: time,
  expires_at: orNull(time),
  balance,
  limits,
  rate_limits: rateLimits,
  rpm: countLimit,
  tpm: countLimit,
  concurrency: countLimit,
  allowed_models: Type.Array(Type.String(), {
    description: 'As `GET /v1/models` has them: what nobody serves is left out.',
  }),
});

export const adminToken = Type.Object({
  id: Type.String(),
  name: Type.String(),
  status: oneOf('active', 'revoked'),
  created_at: time,
  revoked_at: orNull(time),
});

export const issuedToken = Type.Object({
  ...adminToken.properties,
  token: Type.String({ description: 'The secret, shown this once.' }),
});

export const tokenList = Type.Object({ data: Type.Array(adminToken) });

export const auditPage = page(
  Type.Object({
    id: Type.String(),
    created_at: time,
    actor: Type.String(),
    action: Type.String(),
    target: Type.String(),
    ip: orNull(Type.String()),
    before: Type.Unknown(),
    after: Type.Unknown(),
  }),
);

export const doctor = Type.Object({
  ok: Type.Boolean(),
  charges_checked: count,
  faults: Type.Array(Type.Unknown()),
  warnings: texts,
});

export const backup = Type.Object({ path: Type.String(), bytes: count, warnings: texts });
