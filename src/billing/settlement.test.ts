import { describe, expect, test } from 'bun:test';
import { outcome, refusal, TestBench, usage } from './test-bench.ts';

describe('settle', () => {
  test('what goes beyond the hold is measured by the limits as they are then', async () => {
    const bench = new TestBench();
    const key = await bench.key({ limit5h: 1_000_000n });
    const hold = await bench.money.reserve(bench.input(key));
    await bench.money.keys.update(key.id, { limit5h: 10n }, { name: 'test', ip: '' });
    expect(await hold.settle(outcome(usage(1_000, 4_000)))).toEqual({ cost: 4_000n, absorbed: 5_000n });
  });

  test('a charge that is withdrawn before its commit begins takes nothing', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 1_000_000n });
    const hold = await bench.money.reserve(bench.input(key));
    bench.store.automatic = false;
    const left = new AbortController();
    const settled = hold.settle(outcome(usage(300, 50)), left.signal);
    left.abort(new Error('left'));
    bench.store.commit();
    await expect(settled).rejects.toThrow('left');
    expect(bench.money.walletStatus()).toMatchObject({ reserved: 0n, spent: 0n });
    expect(await bench.money.readStanding(key)).toMatchObject({ spent: 0n, reserved: 0n });
    expect((await bench.store.usageRows({ accountId: 'default', limit: 1 })).rows).toEqual([]);
  });

  test('what goes beyond the hold is charged up to the tightest limit, the rest is absorbed', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 5_000n });
    const hold = await bench.money.reserve(bench.input(key));
    expect(await hold.settle(outcome(usage(1_000, 4_000)))).toEqual({ cost: 5_000n, absorbed: 4_000n });
    expect(bench.events).toContainEqual({ type: 'absorbed', requestId: 'req_1', keyId: key.id, amount: 4_000n });
    expect((await bench.money.doctor()).faults).toEqual([]);
  });

  test('holds of other calls are not taken for what goes beyond', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 9_000n });
    const hold = await bench.money.reserve(bench.input(key));
    await bench.money.reserve(bench.input(key));
    expect(await hold.settle(outcome(usage(0, 4_000)))).toEqual({ cost: 5_000n, absorbed: 3_000n });
  });

  test('settles and releases once, whichever comes first', async () => {
    const bench = new TestBench();
    const key = await bench.key();
    const hold = await bench.money.reserve(bench.input(key));
    const [first, second] = await Promise.all([hold.settle(outcome(usage(1, 1))), hold.settle(outcome(usage(9, 9)))]);
    hold.release();
    expect([first.cost, second.cost]).toEqual([3n, 3n]);
    const other = await bench.money.reserve(bench.input(key));
    other.release();
    other.release();
    expect((await other.settle(outcome(usage(9, 9)))).cost).toBe(0n);
    expect(bench.money.walletStatus()).toMatchObject({ reserved: 0n, spent: 3n });
  });

  test('a charge that cannot be stored is an error and leaves no trace', async () => {
    const bench = new TestBench();
    const key = await bench.key({ limit5h: 4_000n });
    const hold = await bench.money.reserve(bench.input(key));
    bench.store.broken = true;
    await expect(hold.settle(outcome(usage(300, 50)))).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(bench.money.walletStatus()).toMatchObject({ reserved: 0n, spent: 0n, balance: 100_000_000_000n });
    expect(bench.money.healthy()).toBe(false);
    expect((await refusal(bench, key)).code).toBe('storage_unavailable');
    bench.store.broken = false;
    await (await bench.money.reserve(bench.input(key))).settle(outcome(usage(300, 50)));
    expect(bench.money.walletStatus().spent).toBe(400n);
  });

  test('a charge is priced by the start of its request and the multiplier of its group', async () => {
    const bench = new TestBench();
    const actor = { name: 'test', ip: '' };
    const cheap = { name: 'cheap', models: undefined, multiplier: '0.5', exclusive: false };
    await bench.money.groups.create('cheap', cheap, actor);
    const key = await bench.key({ groupId: 'cheap' });
    const hold = await bench.money.reserve(bench.input(key));
    await bench.money.groups.update('cheap', { multiplier: '9' }, actor);
    expect((await hold.settle(outcome(usage(300, 51)))).cost).toBe(201n);
    const { rows } = await bench.store.usageRows({ accountId: 'default', limit: 1 });
    expect(JSON.parse(rows[0]?.terms ?? '')).toMatchObject({
      input: '1000000000',
      output: '2000000000',
      multiplier: '0.5',
    });
    expect((await bench.money.doctor()).ok).toBe(true);
  });

  test('tells when a wallet has sunk to 20 % and to 5 %', async () => {
    const bench = new TestBench('0.00001');
    const key = await bench.key();
    const spend = async (tokens: number) =>
      (await bench.money.reserve(bench.input(key, { maxOutput: 1 }))).settle(outcome(usage(tokens, 0)));
    await spend(7_900);
    expect(bench.money.walletStatus().level).toBe('ok');
    const told = () => bench.events.map((event) => event.type === 'wallet-level' && event.level);
    await spend(200);
    await spend(1_300);
    expect(told()).toEqual(['low']);
    await spend(100);
    expect(told()).toEqual(['low', 'critical']);
  });

  test('tells so once, however many charges are on their way', async () => {
    const bench = new TestBench('0.00001');
    const key = await bench.key();
    bench.store.automatic = false;
    const holds = await Promise.all(
      [7_900, 200, 100].map(async (tokens) => {
        const hold = await bench.money.reserve(bench.input(key, { maxOutput: 1, inputBound: 1 }));
        return () => hold.settle(outcome(usage(tokens, 0)));
      }),
    );
    const settled = holds.map((settle) => settle());
    bench.store.commit();
    await Promise.all(settled);
    expect(bench.events.filter(({ type }) => type === 'wallet-level')).toHaveLength(1);
  });

  test('an unlimited wallet only counts', async () => {
    const bench = new TestBench('unlimited');
    const key = await bench.key();
    await (await bench.money.reserve(bench.input(key, { maxOutput: 1_000_000 }))).settle(outcome(usage(5, 5)));
    expect(bench.money.walletStatus()).toMatchObject({
      unlimited: true,
      level: 'unlimited',
      spent: 15n,
      balance: -15n,
    });
    expect((await bench.money.doctor()).faults).toEqual([]);
  });
});
