import { expect, test } from 'bun:test';
import { TestBench } from './test-bench.ts';

const ACTOR = { name: 'test', ip: '' };

test('neither a booking nor what is done to a key waits for whoever reads many rows', async () => {
  const bench = new TestBench();
  const key = await bench.key();
  const never = () => new Promise<never>(() => {});
  const readers = [
    'usageRows',
    'usageBuckets',
    'ledgerRows',
    'auditRows',
    'keyTotals',
    'findFaults',
    'backup',
  ] as const;
  for (const name of readers) bench.store[name] = never;
  const { wallet, keys, groups, adminTokens } = bench.money;
  const transfer = { amount: 5n, note: '', idempotencyKey: 'once' };
  const first = await wallet.topUp(transfer, ACTOR);
  expect(await wallet.topUp(transfer, ACTOR)).toEqual({ row: first.row, repeated: true });
  await wallet.adjust({ ...transfer, idempotencyKey: 'another' }, ACTOR);
  await wallet.setUnlimited(true, ACTOR);
  await groups.create('g', { name: 'g', models: undefined, multiplier: '1', exclusive: false }, ACTOR);
  const { id } = (await adminTokens.create('ops', ACTOR)).token;
  await adminTokens.revoke(id, ACTOR);
  await keys.update(key.id, { rpm: 1 }, ACTOR);
  const { secret } = await keys.rotate(key.id, 0, undefined, ACTOR);
  await keys.revoke(key.id, ACTOR);
  expect(bench.money.findKey(secret)?.status).toBe('revoked');
});
