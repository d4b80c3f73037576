import { describe, expect, test } from 'bun:test';
import { outcome, TestBench, usage } from './test-bench.ts';

describe('a clock that is eight days ahead for a while', () => {
  test('takes nothing from a window: once it is right, all of it counts again, live and after a restart', async () => {
    const bench = new TestBench();
    const key = await bench.key({ limit1d: 5_000n });
    const call = async () => (await bench.money.reserve(bench.input(key))).settle(outcome(usage(400, 500)));
    await call();
    await call();
    bench.now += 8 * 86_400_000;
    await call();
    // What stores the sums.
    await bench.key();
    bench.now -= 8 * 86_400_000 - 60_000;
    const spent = async () => (await bench.money.readStanding(key)).limits.find(({ name }) => name === '1d')?.spent;
    expect(await spent()).toBe(4_200n);
    await expect(bench.money.reserve(bench.input(key))).rejects.toMatchObject({ code: 'usd_window_exceeded' });
    bench.crash();
    expect(await spent()).toBe(4_200n);
    await expect(bench.money.reserve(bench.input(key))).rejects.toMatchObject({ code: 'usd_window_exceeded' });
  });
});

describe('a restart', () => {
  test('finds windows, quota and wallet as they were, and nothing reserved', async () => {
    const bench = new TestBench();
    const key = await bench.key({ limit5h: 3_000n, quota: 10_000n });
    await (await bench.money.reserve(bench.input(key))).settle(outcome(usage(400, 1_000)));
    await bench.money.reserve(bench.input(key, { countInput: async () => 0, maxOutput: 100 }));
    const before = await bench.money.readStanding(key);
    bench.crash();
    expect(await bench.money.readStanding(key)).toEqual({
      ...before,
      reserved: 0n,
      available: 600n,
      traffic: { rpm: 0, tpm: 0, concurrency: 0 },
    });
    expect(bench.money.walletStatus()).toMatchObject({ reserved: 0n, spent: 2_400n });
  });
});
