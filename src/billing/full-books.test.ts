import { expect, test } from 'bun:test';
import type { Card } from '../models/card.ts';
import { MAX_COUNT } from '../protocols/usage.ts';
import { CARD, outcome, TestBench, usage } from './test-bench.ts';
import { NANO_PER_USD } from './usd.ts';
import { MOST_BOOKED } from './wallet.ts';

/*
 * Sums of the books have 64 bits. Whatever an upstream reports, and whatever a wallet allows, they never pass them: a sum
 * that did could not be read any more, and the gateway would serve nothing ever again.
 */

const actor = { name: 'test', ip: '' };
const nonsense = outcome(usage(MAX_COUNT, MAX_COUNT));

/** A call on a card of so many USD a token, twice that where it is written to the cache for an hour. */
const call = (usdPerToken: number, tokens: number) => {
  const price = String(usdPerToken * 1_000_000);
  const prices = [
    {
      ...CARD.prices[0],
      input: price,
      output: price,
      cache_read: price,
      cache_write_1h: String(usdPerToken * 2_000_000),
    },
  ];
  const countInput = async () => tokens;
  return { card: { ...CARD, prices } as unknown as Card, inputBound: tokens, countInput, maxOutput: tokens };
};

/** After a restart all is there and fits, and whoever calls is served. */
async function expectSound(bench: TestBench): Promise<void> {
  bench.crash();
  const { spent, balance } = bench.money.walletStatus();
  expect(spent <= MOST_BOOKED && balance >= -MOST_BOOKED).toBe(true);
  expect((await bench.money.doctor()).faults).toEqual([]);
  const ordinary = await bench.money.reserve(bench.input(await bench.key()));
  expect(await ordinary.settle(outcome(usage(10, 10)))).toEqual({ cost: 30n, absorbed: 0n });
}

test('an unlimited wallet is full when its calls have cost what the books hold, and the refusal says so', async () => {
  const bench = new TestBench('unlimited');
  const key = await bench.key();
  const dear = () => bench.input(key, call(1_010, 100_000));
  const held = 303_000_000n * NANO_PER_USD;
  for (let calls = 0; calls < 15; calls++) {
    // What was reported is beyond all books, so what was held is charged.
    const hold = await bench.money.reserve(dear());
    expect(await hold.settle(nonsense)).toEqual({ cost: held, absorbed: 0n });
  }
  await expect((async () => bench.money.reserve(dear()))()).rejects.toMatchObject({
    code: 'insufficient_balance',
    message: expect.stringMatching(/^The books cannot hold this call: .* 4611686018\.427387904 USD/),
  });
  expect(bench.events.filter(({ type }) => type === 'beyond-books')).toHaveLength(15);
  const { rows } = await bench.store.usageRows({ accountId: 'default', limit: 1 });
  expect(rows[0]).toMatchObject({ clamped: true, inputUncached: 0, cacheWrite1h: 100_000, outputText: 100_000 });
  await expectSound(bench);
});

test('what the house bears fills the books too', async () => {
  const bench = new TestBench('60');
  const key = await bench.key();
  let absorbed = 0n;
  for (let calls = 0; calls < 60; calls++) {
    const hold = await bench.money.reserve(bench.input(key, call(1, 10)));
    absorbed += (await hold.settle(nonsense)).absorbed;
    const transfer = { amount: 60n * NANO_PER_USD, note: '', idempotencyKey: String(calls) };
    await bench.money.wallet.topUp(transfer, actor);
  }
  expect(absorbed).toBeGreaterThan(4_000_000_000n * NANO_PER_USD);
  expect(absorbed).toBeLessThan(MOST_BOOKED);
  await expectSound(bench);
});

test('a charge that could not be stored does not fill the books', async () => {
  const bench = new TestBench('unlimited');
  const key = await bench.key();
  bench.store.automatic = false;
  const dear = bench.input(key, call(1_000, 1_500_000));
  const hold = await bench.money.reserve(dear);
  const settled = hold.settle(outcome(usage(1_500_000, 1_500_000)));
  bench.store.broken = true;
  bench.store.commit();
  await expect(settled).rejects.toMatchObject({ code: 'storage_unavailable' });
  bench.store.broken = false;
  (await bench.money.reserve(dear)).release();
});

test('what is taken out of an unlimited wallet is bounded as well', async () => {
  const bench = new TestBench('unlimited');
  const adjust = (usd: bigint) =>
    bench.money.wallet.adjust({ amount: usd * NANO_PER_USD, note: '', idempotencyKey: String(usd) }, actor);
  await adjust(-4_000_000_000n);
  await expect(adjust(-1_000_000_000n)).rejects.toMatchObject({
    code: 'invalid_param',
    message: 'The books hold 4611686018.427387904 USD at most.',
  });
  await expectSound(bench);
});

test('a charge that can never be stored is told as an error of ours, and not as the storage’s', async () => {
  const bench = new TestBench();
  const hold = await bench.money.reserve(bench.input(await bench.key()));
  const broken = outcome(usage(1, 1), { durationMs: {} as number });
  await expect(hold.settle(broken)).rejects.toMatchObject({ code: 'internal_error' });
  expect(bench.money.walletStatus()).toMatchObject({ reserved: 0n, spent: 0n });
  expect(bench.money.healthy()).toBe(true);
});
