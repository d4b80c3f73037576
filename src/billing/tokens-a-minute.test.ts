import { describe, expect, test } from 'bun:test';
import type { Key } from '../keys/key.ts';
import { outcome, refusal, TestBench, turn, usage } from './test-bench.ts';

/** Tokens of the last minute of a key that is in use. */
const tokensOf = ({ money, now }: TestBench, key: Key): number => money.standingOf(key, now, undefined).traffic.tpm;

describe('tokens a minute', () => {
  test('take what was counted, where the bound of money is another', async () => {
    const bench = new TestBench();
    const key = await bench.key({ tpm: 500 });
    const bounded = { countInput: async () => 200_000, inputBound: 200_000, inputCount: 400 };
    await bench.money.reserve(bench.input(key, bounded));
    expect(bench.money.walletStatus().reserved).toBeGreaterThan(200_000n);
    expect((await refusal(bench, key, bounded)).message).toContain('400 are used, and the prompt has 400');
  });

  test('take the bound first, count before refusing, and are corrected by the charge', async () => {
    const bench = new TestBench();
    const key = await bench.key({ tpm: 1_500 });
    const used = () => tokensOf(bench, key);
    const first = await bench.money.reserve(bench.input(key));
    expect(used()).toBe(1_000);
    // The bound of 1,000 does not fit beside the first, the counted 400 do.
    const second = await bench.money.reserve(bench.input(key));
    expect(used()).toBe(1_400);
    // Two bounds would not leave room for it, two counts do.
    const third = await bench.money.reserve(bench.input(key));
    expect(used()).toBe(1_200);
    const error = await refusal(bench, key);
    expect(error.code).toBe('rate_limit_exceeded');
    expect(error.details.retryAfterSeconds).toBeLessThanOrEqual(60);
    expect(error.message).toContain('1200 are used, and the prompt has 400.');
    await first.settle(outcome(usage(100, 50)));
    expect(used()).toBe(950);
    (await bench.money.reserve(bench.input(key))).release();
    second.release();
    third.release();
    expect(used()).toBe(1_350);
    bench.uptime += 60_000;
    await bench.money.reserve(bench.input(key));
  });

  test('keep the count of a prompt that came to nothing, and the bound where the key has no limit', async () => {
    const bench = new TestBench();
    let counted = 0;
    const countInput = async () => {
      counted++;
      return 400;
    };
    const limited = await bench.key({ tpm: 1_500 });
    const free = await bench.key();
    for (const key of [limited, free]) (await bench.money.reserve(bench.input(key, { countInput }))).release();
    await turn();
    expect([counted, tokensOf(bench, limited), tokensOf(bench, free)]).toEqual([1, 400, 1_000]);
  });

  test('wait for the counts of others before a refusal, also of those that have just come to nothing', async () => {
    const bench = new TestBench();
    const key = await bench.key({ tpm: 1_200 });
    const counting = Promise.withResolvers<number>();
    const slow = await bench.money.reserve(bench.input(key, { countInput: () => counting.promise }));
    const next = Promise.resolve(bench.money.reserve(bench.input(key)));
    slow.release();
    await turn();
    expect(tokensOf(bench, key)).toBe(1_000);
    counting.resolve(300);
    await next;
    expect(tokensOf(bench, key)).toBe(700);
  });

  test('count no more prompts than a call needs, the largest first, and once for all who wait', async () => {
    const bench = new TestBench();
    const key = await bench.key({ tpm: 3_350 });
    const counted: number[] = [];
    const bounded = (inputBound: number) =>
      bench.money.reserve(
        bench.input(key, {
          inputBound,
          countInput: async () => {
            counted.push(inputBound);
            return 100;
          },
        }),
      );
    for (const bound of [600, 2_000, 700]) await bounded(bound);
    // 3,300 are booked, and the two have 100 each once they are counted themselves.
    await Promise.all([bounded(1_000), bounded(1_000)]);
    expect(counted.filter((bound) => bound !== 1_000)).toEqual([2_000]);
    expect(counted.filter((bound) => bound === 1_000).length).toBeLessThanOrEqual(2);
  });

  test('a charge that is faster than the count stands', async () => {
    const bench = new TestBench();
    const key = await bench.key({ tpm: 1_200 });
    const counting = Promise.withResolvers<number>();
    const running = await bench.money.reserve(bench.input(key, { countInput: () => counting.promise }));
    const next = Promise.resolve(bench.money.reserve(bench.input(key)));
    await turn();
    await running.settle(outcome(usage(500, 50)));
    counting.resolve(300);
    await next;
    expect(tokensOf(bench, key)).toBe(950);
  });

  test('that others took while a call waited for money are named as the reason', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 4_000n, tpm: 1_000, onLimit: 'refuse' });
    const running = await bench.money.reserve(bench.input(key, { inputBound: 300 }));
    const waiting = refusal(bench, key);
    await turn();
    await running.settle(outcome(usage(700, 0)));
    const { message } = await waiting;
    expect(message).toContain('This key may use 1000 tokens a minute; 700 are used, and the prompt has 400.');
  });

  test('say when a prompt can never fit', async () => {
    const bench = new TestBench();
    const key = await bench.key({ tpm: 300 });
    expect((await refusal(bench, key)).message).toContain('the prompt alone has 400');
  });
});
