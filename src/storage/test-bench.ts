import type { GroupRecord, KeyRecord } from './records.ts';
import type { AuditEntry } from './rows.ts';
import type { ChargeRecord, TransferRecord } from './writes.ts';

/** When all of it is written. */
export const NOW = 1_790_000_000_000;

/** What the tests of a store write, one of each. */
export const group = (): GroupRecord => ({
  id: 'default',
  accountId: 'default',
  name: 'default',
  models: ['m', 'a'],
  multiplier: '0.8',
  exclusive: true,
  allowedAccounts: ['default'],
  createdAt: 1,
  updatedAt: 2,
});

export const key = (): KeyRecord => ({
  id: 'key_1',
  accountId: 'default',
  name: 'one',
  masked: 'sk-byts-...1234',
  groupId: 'default',
  quota: 9_007_199_254_740_993n,
  limit5h: 1n,
  limit1d: 2n,
  limit7d: 3n,
  rpm: 4,
  tpm: 5_000_000_000,
  concurrency: 6,
  ipAllow: ['10.0.0.0/8'],
  ipDeny: ['::1'],
  models: ['m'],
  expiresAt: 1_790_000_000_000,
  createdAt: 7,
  updatedAt: 8,
  status: 'active',
  onLimit: 'refuse',
});

export const audit = (action: string, target = 'key_1'): AuditEntry => ({
  accountId: 'default',
  at: NOW,
  actor: 'ops',
  action,
  target,
  ip: '127.0.0.1',
  before: undefined,
  after: '{"name":"one"}',
});

export const transfer = (changes: Partial<TransferRecord>): TransferRecord => ({
  accountId: 'default',
  cause: 'top_up',
  amount: 1n,
  at: NOW,
  note: 'paid',
  actor: 'ops',
  idempotencyKey: 'order-1',
  ...changes,
});

export const charge = (changes: Partial<ChargeRecord>): ChargeRecord => ({
  requestId: 'req_1',
  accountId: 'default',
  keyId: 'key_1',
  at: NOW,
  startedAt: NOW - 50,
  model: 'm',
  upstream: 'deepseek',
  upstreamModel: 'um',
  protocol: 'messages',
  stream: true,
  status: 200,
  ending: 'complete',
  simulated: false,
  inputUncached: 10,
  cacheRead: 20,
  cacheWrite5m: 30,
  cacheWrite1h: 40,
  outputText: 50,
  reasoning: 60,
  usageSource: 'upstream',
  clamped: false,
  cost: 3n,
  absorbed: 0n,
  upstreamCost: undefined,
  held: 9n,
  terms: '{"input":"1"}',
  ttftMs: undefined,
  durationMs: 50,
  ...changes,
});
