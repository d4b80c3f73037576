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

test('a booking that was carried out in doubt and is sent again is in the wallet, once', async () => {
  const bench = new TestBench('100');
  const write = bench.store.write.bind(bench.store);
  bench.store.write = async (...again) => {
    await write(...again);
    return write(...again);
  };
  const { wallet } = bench.money;
  const topUp = await wallet.topUp({ amount: 5n, note: '', idempotencyKey: 'in' }, ACTOR);
  const adjustment = await wallet.adjust({ amount: -3n, note: '', idempotencyKey: 'out' }, ACTOR);
  expect([topUp.repeated, adjustment.repeated]).toEqual([false, false]);
  const { balance, available, toppedUp, adjusted } = wallet.status();
  expect({ balance, available, toppedUp, adjusted }).toEqual({
    balance: adjustment.row.balanceAfter,
    available: 100_000_000_002n,
    toppedUp: 100_000_000_005n,
    adjusted: -3n,
  });
});
