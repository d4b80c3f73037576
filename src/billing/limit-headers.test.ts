import { describe, expect, test } from 'bun:test';
import { outcome, TestBench, usage } from './test-bench.ts';

describe('limit headers', () => {
  test('show the window with the least left, in every digit, and the quota in two', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 200_000_000_000n, limit5h: 50_000_000_000n, limit1d: 50_000_001_000n });
    const part = 300_000;
    const reset = (Math.floor(bench.now / part) + 1) * part + 5 * 3_600_000;
    expect(bench.money.limitHeaders(key, bench.now)).toEqual({
      'x-ratelimit-limit': '50.00',
      'x-ratelimit-remaining': '50.00',
      'x-ratelimit-reset': String(reset / 1000),
      'x-quota-remaining-credits': '200.00',
    });
    const hold = await bench.money.reserve(bench.input(key));
    expect(bench.money.limitHeaders(key, bench.now)['x-ratelimit-remaining']).toBe('50.00');
    await hold.settle(outcome(usage(300, 50)));
    expect(bench.money.limitHeaders(key, bench.now)).toEqual({
      'x-ratelimit-limit': '50.00',
      'x-ratelimit-remaining': '49.9999996',
      'x-ratelimit-reset': String(reset / 1000),
      'x-quota-remaining-credits': '200.00',
    });
  });

  test('show a longer window where that has the least left', async () => {
    const bench = new TestBench();
    const key = await bench.key({ limit5h: 50_000_000_000n, limit1d: 60_000_000_000n, limit7d: 40_000_000_000n });
    const part = (7 * 86_400_000) / 60;
    expect(bench.money.limitHeaders(key, bench.now)).toEqual({
      'x-ratelimit-limit': '40.00',
      'x-ratelimit-remaining': '40.00',
      'x-ratelimit-reset': String(((Math.floor(bench.now / part) + 1) * part + 60 * part) / 1000),
    });
  });

  test('know of no call that cost nothing, live, to whoever looks, and after a restart', async () => {
    const bench = new TestBench();
    const key = await bench.key({ limit5h: 50_000_000_000n });
    const call = async (input: number) =>
      (await bench.money.reserve(bench.input(key))).settle(outcome(usage(input, 0)));
    await call(0);
    bench.now += 2 * 3_600_000;
    await call(300);
    const live = bench.money.limitHeaders(key, bench.now);
    expect(Number(live['x-ratelimit-reset'])).toBeGreaterThan(bench.now / 1000 + 5 * 3_600 - 1);
    bench.crash();
    const [window] = (await bench.money.readStanding(key)).limits.filter(({ name }) => name === '5h');
    expect(String(window?.resetsAt && window.resetsAt / 1000)).toBe(live['x-ratelimit-reset']!);
    expect(bench.money.limitHeaders(key, bench.now)).toEqual(live);
  });

  test('are left out without limits', async () => {
    const bench = new TestBench();
    expect(bench.money.limitHeaders(await bench.key(), bench.now)).toEqual({});
  });
});
