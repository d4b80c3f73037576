/** Databases for the benchmark of money, filled by the writer itself: no request is made for them. */
import { founding } from '../src/billing/bootstrap.ts';
import { UNLIMITED } from '../src/billing/test-bench.ts';
import { NANO_PER_USD } from '../src/billing/usd.ts';
import { generateKeySecret, hashSecret, mask } from '../src/keys/secret.ts';
import { BatchWriter } from '../src/storage/sqlite/batch-writer.ts';
import { migrate, openForWriting } from '../src/storage/sqlite/connection.ts';
import type { ChargeRecord, Write } from '../src/storage/writes.ts';

/** Returns their secrets. */
export function fillKeys(path: string, count: number): string[] {
  const writer = writerOn(path);
  const secrets = Array.from({ length: count }, () => generateKeySecret());
  const audit = {
    accountId: 'default',
    at: 1,
    actor: 'bench',
    action: 'x',
    target: 'x',
    ip: '',
    before: undefined,
    after: undefined,
  };
  const writes = secrets.map((secret, n): Write => {
    const id = `key_${n}`;
    const settings = { ...UNLIMITED, quota: NANO_PER_USD, limit5h: NANO_PER_USD, ipAllow: ['10.0.0.0/8'] };
    const key = {
      ...settings,
      id,
      accountId: 'default',
      masked: mask(secret),
      createdAt: n,
      updatedAt: n,
      status: 'active' as const,
    };
    return {
      kind: 'key',
      key,
      secrets: [{ hash: hashSecret(secret), keyId: id, createdAt: n, validUntil: undefined }],
      audit,
    };
  });
  writer.commit(writes);
  return secrets;
}

/** Returns the time of the last row. */
export function fillUsage(path: string, count: number): number {
  const now = Date.now();
  const writer = writerOn(path, now - 31 * 86_400_000);
  const stepMs = (30 * 86_400_000) / count;
  for (let from = 0; from < count; from += 1_000) {
    const writes: Write[] = [];
    for (let n = from; n < from + 1_000; n++)
      writes.push({ kind: 'charge', charge: charge(n, Math.floor(now - (count - n) * stepMs)) });
    writer.commit(writes);
  }
  return now;
}

/** Ids follow the clock of the first row, so it must be the oldest. */
function writerOn(path: string, firstMs = Date.now()): BatchWriter {
  const db = openForWriting(path, true);
  migrate(db);
  const writer = new BatchWriter(db);
  writer.commit(founding('1000000', firstMs));
  return writer;
}

function charge(n: number, at: number): ChargeRecord {
  return {
    requestId: `req_${n}`,
    accountId: 'default',
    keyId: `key_${n % 50}`,
    at,
    startedAt: at,
    model: n % 50_000 === 3 ? 'rare' : `model_${n % 8}`,
    upstream: 'deepseek',
    upstreamModel: 'deepseek-v4-pro',
    protocol: 'messages',
    stream: true,
    status: 200,
    ending: 'complete',
    simulated: false,
    inputUncached: 300,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    outputText: 50,
    reasoning: 0,
    usageSource: 'upstream',
    clamped: false,
    cost: 400n,
    absorbed: 0n,
    upstreamCost: 100n,
    held: 4_000n,
    terms:
      '{"unit":"atto-usd-per-token","input":"1000000000","output":"2000000000","cache_read":"1","cache_write_5m":"1","cache_write_1h":"1","multiplier":"1"}',
    ttftMs: 12,
    durationMs: 500,
  };
}
