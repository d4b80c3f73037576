import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Key } from '../keys/key.ts';
import { SPANS } from '../storage/records.ts';
import type { Reservation } from './money.ts';
import { outcome, TestBench, turn, usage } from './test-bench.ts';

/** A few in the suite; thousands before a release: BYTESPIKE_TEST_PROPERTY_RUNS=5000. */
const RUNS = Number(process.env.BYTESPIKE_TEST_PROPERTY_RUNS ?? 60);

const HOUR = 3_600_000;
const ADMIN = { name: 'test', ip: '' };
const LIMITS = ['quota', 'limit5h', 'limit1d', 'limit7d'] as const;
const MULTIPLIERS = ['1', '0.5', '3', '0'];

const which = fc.nat({ max: 20 });
const amount = fc.nat({ max: 12_000 });
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      key: fc.nat({ max: 2 }),
      bytes: fc.nat({ max: 4_000 }),
      output: fc.nat({ max: 4_000 }),
      lateMs: fc.constantFrom(0, 0, 1_000, HOUR, 6 * HOUR, 30 * HOUR),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      hold: which,
      input: fc.nat({ max: 6_000 }),
      output: fc.nat({ max: 6_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), hold: which }) },
  { weight: 3, arbitrary: fc.constant({ do: 'commit' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'fail' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  // Also back: clocks are set.
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('clock' as const),
      ms: fc.oneof(fc.integer({ min: -3 * HOUR, max: 8 * HOUR }), fc.integer({ min: -200 * HOUR, max: 200 * HOUR })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('transfer' as const),
      amount: fc.integer({ min: -20_000, max: 20_000 }),
      cause: fc.constantFrom('topUp', 'adjust'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unlimited' as const), on: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('limit' as const),
      key: fc.nat({ max: 2 }),
      limit: fc.constantFrom(...LIMITS),
      amount,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('multiply' as const), by: fc.constantFrom(...MULTIPLIERS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rotate' as const), key: fc.nat({ max: 2 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Booked {
  key: string;
  startMs: number;
  cost: bigint;
  absorbed: bigint;
  durable: boolean;
}
interface Held {
  hold: Reservation;
  key: string;
  requestId: string;
  startMs: number;
  amount: bigint;
  multiplier: string;
}

test(
  'wallet, quotas and windows are those of a list of what was booked, whatever is changed meanwhile',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }), async (steps) => {
        const world = await World.create();
        for (const one of steps) {
          await world.take(one);
          await world.check();
        }
        await world.end();
      }),
      { numRuns: RUNS },
    );
  },
  30_000 + RUNS * 20,
);

/** Nano-dollars by the prices of the bench's card, half up. */
function priceOf(input: number, output: number, multiplier: string): bigint {
  const [whole = '', part = ''] = multiplier.split('.');
  return (BigInt(input + 2 * output) * BigInt(whole + part.padEnd(1, '0')) + 5n) / 10n;
}

class World {
  readonly #bench = new TestBench('0.00004');
  #keys: Key[] = [];
  #held: Held[] = [];
  #booked: Booked[] = [];
  #waiting: Booked[] = [];
  #transferred = 40_000n;
  #unlimited = false;
  #multiplier = '1';
  #requests = 0;

  static async create(): Promise<World> {
    const world = new World();
    const bench = world.#bench;
    world.#keys = [
      await bench.key({ quota: 20_000n, limit5h: 9_000n }),
      await bench.key({ limit5h: 8_000n, limit1d: 16_000n, limit7d: 24_000n, onLimit: 'refuse' }),
      await bench.key(),
    ];
    bench.store.automatic = false;
    return world;
  }

  async take(step: Step): Promise<void> {
    const bench = this.#bench;
    const { store } = bench;
    switch (step.do) {
      case 'reserve':
        return this.#reserve(step);
      case 'settle':
        return this.#settle(step);
      case 'release': {
        this.#held.splice(step.hold % Math.max(1, this.#held.length), 1)[0]?.hold.release();
        return;
      }
      case 'commit':
        return this.#commit();
      case 'fail':
        store.broken = true;
        store.commit();
        store.broken = false;
        this.#lose();
        return turn();
      case 'crash':
        bench.crash();
        this.#lose();
        this.#held = [];
        this.#keys = this.#keys.map(({ id }) => bench.money.keys.get(id));
        return;
      case 'clock':
        bench.now += step.ms;
        return;
      case 'transfer': {
        const transfer = { amount: BigInt(step.amount), note: '', idempotencyKey: `order-${this.#requests++}` };
        if (step.cause === 'topUp' && step.amount <= 0) return;
        const { available, unlimited } = bench.money.walletStatus();
        const refused = step.amount < 0 && !unlimited && available + transfer.amount < 0n;
        const done = await this.#administer(bench.money.wallet[step.cause as 'topUp'](transfer, ADMIN));
        expect(done).toBe(!refused);
        if (done) this.#transferred += transfer.amount;
        return;
      }
      case 'unlimited':
        await this.#administer(bench.money.wallet.setUnlimited(step.on, ADMIN));
        this.#unlimited = step.on;
        return;
      case 'limit': {
        const id = this.#keys[step.key]!.id;
        await this.#administer(bench.money.keys.update(id, { [step.limit]: BigInt(step.amount) }, ADMIN));
        this.#keys[step.key] = bench.money.keys.get(id);
        return;
      }
      case 'multiply':
        await this.#administer(bench.money.groups.update('default', { multiplier: step.by }, ADMIN));
        this.#multiplier = step.by;
        return;
      case 'rotate':
        await this.#administer(bench.money.keys.rotate(this.#keys[step.key]!.id, 60, undefined, ADMIN));
        return;
    }
  }

  async #administer(act: Promise<unknown>): Promise<boolean> {
    const done = act.then(
      () => true,
      () => false,
    );
    await turn();
    await this.#commit();
    return done;
  }

  async #commit(): Promise<void> {
    this.#bench.store.commit();
    for (const one of this.#waiting) one.durable = true;
    this.#waiting = [];
    await turn();
  }

  #lose(): void {
    this.#booked = this.#booked.filter(({ durable }) => durable);
    this.#waiting = [];
  }

  #spentBy(key: string, countsFrom?: (startMs: number) => boolean): bigint {
    return this.#booked
      .filter((one) => one.key === key && (countsFrom === undefined || countsFrom(one.startMs)))
      .reduce((sum, { cost }) => sum + cost, 0n);
  }

  #reservedBy(key?: string): bigint {
    return this.#held
      .filter((one) => key === undefined || one.key === key)
      .reduce((sum, { amount }) => sum + amount, 0n);
  }

  /** What of a window counts now: a part of a sixtieth does until it has wholly left. */
  #inWindow(key: string, ms: number): bigint {
    const partMs = ms / 60;
    return this.#spentBy(key, (startMs) => (Math.floor(startMs / partMs) + 1) * partMs + ms > this.#bench.now);
  }

  #balance(): bigint {
    return this.#transferred - this.#booked.reduce((sum, { cost }) => sum + cost, 0n);
  }

  /** What one more call of a key may take. */
  #room(key: Key): bigint {
    const rests = [1n << 60n];
    if (!this.#unlimited) rests.push(this.#balance() - this.#reservedBy());
    const own = this.#reservedBy(key.id);
    if (key.quota > 0n) rests.push(key.quota - this.#spentBy(key.id) - own);
    const windows = [key.limit5h, key.limit1d, key.limit7d];
    for (const [i, { ms }] of SPANS.entries()) {
      if (windows[i]! > 0n) rests.push(windows[i]! - this.#inWindow(key.id, ms) - own);
    }
    return rests.reduce((least, one) => (one < least ? one : least));
  }

  async #reserve({ key: index, bytes, output, lateMs }: Step & { do: 'reserve' }): Promise<void> {
    const key = this.#keys[index]!;
    const requestId = `req_m${this.#requests++}`;
    const startMs = this.#bench.now - lateMs;
    const counted = Math.ceil(bytes / 3);
    const room = this.#room(key);
    const { reserved } = this.#bench.money.walletStatus();
    const hold = await Promise.resolve(
      this.#bench.money.reserve(
        this.#bench.input(key, {
          requestId,
          startMs,
          inputBound: bytes,
          countInput: async () => counted,
          maxOutput: output,
          // Nobody waits in this test: time is the test's own.
          signal: AbortSignal.abort(new Error('does not wait')),
        }),
      ),
    ).catch(() => undefined);
    // As counted, the prompt costs a nano-dollar a token: what has room is never refused.
    const least = priceOf(counted, output, this.#multiplier);
    if (hold === undefined) {
      expect(least > room).toBe(true);
      return;
    }
    const amount = this.#bench.money.walletStatus().reserved - reserved;
    expect(amount <= room || amount === 0n).toBe(true);
    expect(amount >= priceOf(counted, hold.maxOutput, this.#multiplier)).toBe(true);
    expect(hold.shrunk).toBe(hold.maxOutput < output);
    this.#held.push({ hold, key: key.id, requestId, startMs, amount, multiplier: this.#multiplier });
  }

  async #settle({ hold: index, input, output }: Step & { do: 'settle' }): Promise<void> {
    const [held] = this.#held.splice(index % Math.max(1, this.#held.length), 1);
    if (held === undefined) return;
    const price = priceOf(input, output, held.multiplier);
    // Its own hold is gone from the list, and still taken.
    const key = this.#bench.money.keys.get(held.key);
    const room = this.#room(key) - held.amount;
    const most = held.amount + (room > 0n ? room : 0n);
    const cost = price < most ? price : most;
    const booked = { key: held.key, startMs: held.startMs, cost, absorbed: price - cost, durable: false };
    this.#booked.push(booked);
    this.#waiting.push(booked);
    held.hold.settle(outcome(usage(input, output))).then(
      (charge) => expect(charge).toEqual({ cost, absorbed: price - cost }),
      () => {},
    );
    // Once, whatever else is done to it.
    held.hold.release();
  }

  async check(): Promise<void> {
    const { money } = this.#bench;
    const balance = this.#balance();
    const spent = this.#booked.reduce((sum, { cost }) => sum + cost, 0n);
    const reserved = this.#reservedBy();
    expect(money.walletStatus()).toMatchObject({
      unlimited: this.#unlimited,
      balance,
      spent,
      reserved,
      available: balance - reserved,
    });
    for (const key of this.#keys) {
      const standing = await money.readStanding(key);
      expect(standing).toMatchObject({ spent: this.#spentBy(key.id), reserved: this.#reservedBy(key.id) });
      for (const { name, spent: told } of standing.limits) {
        const span = SPANS.find((one) => one.name === name);
        if (span !== undefined) expect({ name, told }).toEqual({ name, told: this.#inWindow(key.id, span.ms) });
      }
    }
  }

  async end(): Promise<void> {
    await this.#commit();
    const { store } = this.#bench;
    const { rows } = await store.usageRows({ accountId: 'default', limit: 1_000 });
    const seen = (list: { cost: bigint; absorbed: bigint; startedAt: number }[]) =>
      list.map(({ cost, absorbed, startedAt }) => `${startedAt} ${cost} ${absorbed}`).sort();
    expect(seen(rows)).toEqual(seen(this.#booked.map((one) => ({ ...one, startedAt: one.startMs }))));
    await this.take({ do: 'crash' });
    await this.check();
    expect((await this.#bench.money.doctor()).faults).toEqual([]);
  }
}
