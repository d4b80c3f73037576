import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Key } from '../keys/key.ts';
import type { Reservation } from './money.ts';
import type { OpenedMoney } from './open-money.ts';
import { outcome, TestBench, turn, usage } from './test-bench.ts';

/** A few in the suite; thousands before a release: BYTESPIKE_TEST_PROPERTY_RUNS=5000. */
const RUNS = Number(process.env.BYTESPIKE_TEST_PROPERTY_RUNS ?? 150);

type Step =
  | { do: 'reserve'; key: number; bytes: number; output: number; choices: number }
  | { do: 'settle'; hold: number; input: number; output: number }
  | { do: 'release'; hold: number }
  | { do: 'commit' }
  | { do: 'fail' }
  | { do: 'pass'; ms: number }
  | { do: 'top-up'; amount: number }
  | { do: 'crash' };

const which = fc.nat({ max: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      key: fc.nat({ max: 2 }),
      bytes: fc.nat({ max: 4_000 }),
      output: fc.nat({ max: 4_000 }),
      choices: fc.integer({ min: 1, max: 3 }),
    }),
  },
  // Usage may pass the hold: upstreams report more than was asked for.
  {
    weight: 5,
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
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat({ max: 7_200_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('top-up' as const), amount: fc.integer({ min: 1, max: 9_000 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
);

describe('any interleaving of admit, settle, fail, abort and crash', () => {
  test(
    'keeps spent + reserved within every limit and ends with nothing reserved',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
          const world = await World.create();
          for (const one of steps) {
            await world.take(one);
            await world.checkLimits();
          }
          await world.end();
        }),
        { numRuns: RUNS },
      );
    },
    30_000 + RUNS * 10,
  );
});

class World {
  readonly bench = new TestBench('0.00006');
  readonly #keys: Key[] = [];
  #holds: Reservation[] = [];
  /** Charges that were answered, by request: exactly these must be in the database. */
  readonly #answered = new Map<string, bigint>();
  #requests = 0;

  static async create(): Promise<World> {
    const world = new World();
    world.#keys.push(await world.bench.key({ quota: 20_000n, limit5h: 9_000n }));
    world.#keys.push(await world.bench.key({ limit5h: 8_000n, limit1d: 16_000n, limit7d: 24_000n, onLimit: 'refuse' }));
    world.#keys.push(await world.bench.key());
    world.bench.store.automatic = false;
    return world;
  }

  async take(step: Step): Promise<void> {
    const { bench } = this;
    const { store } = bench;
    switch (step.do) {
      case 'reserve':
        return this.#reserve(step);
      case 'settle': {
        const [hold] = this.#holds.splice(step.hold % Math.max(1, this.#holds.length), 1);
        if (hold === undefined) return;
        const requestId = this.#requestIds.get(hold) ?? '';
        hold.settle(outcome(usage(step.input, step.output))).then(
          ({ cost }) => this.#answered.set(requestId, cost),
          () => {},
        );
        return;
      }
      case 'release':
        this.#holds.splice(step.hold % Math.max(1, this.#holds.length), 1)[0]?.release();
        return;
      case 'commit':
        store.commit();
        break;
      case 'fail':
        store.broken = true;
        store.commit();
        store.broken = false;
        break;
      case 'pass':
        bench.now += step.ms;
        return;
      case 'top-up': {
        const transfer = { amount: BigInt(step.amount), note: '', idempotencyKey: `${bench.now}-${this.#requests++}` };
        const booked = bench.money.wallet.topUp(transfer, { name: 'test', ip: '' });
        await turn();
        store.commit();
        await booked;
        return;
      }
      case 'crash':
        bench.crash();
        this.#holds = [];
        break;
    }
    await turn();
  }

  async checkLimits(): Promise<void> {
    const { money } = this.bench;
    const wallet = money.walletStatus();
    expect(wallet.available).toBeGreaterThanOrEqual(0n);
    let reserved = 0n;
    for (const key of this.#keys) {
      const standing = await money.readStanding(key);
      reserved += standing.reserved;
      expect(standing.reserved).toBeGreaterThanOrEqual(0n);
      for (const { name, limit, spent } of standing.limits) {
        if (name !== 'wallet') expect({ name, over: spent + standing.reserved > limit }).toEqual({ name, over: false });
      }
    }
    expect(reserved).toBe(wallet.reserved);
  }

  /** Whatever runs ends; then memory, database and what clients were told are one. */
  async end(): Promise<void> {
    const { money, store } = this.bench;
    for (const hold of this.#holds) hold.release();
    store.commit();
    await turn();
    expect(money.walletStatus().reserved).toBe(0n);
    const { rows } = await store.usageRows({ accountId: 'default', limit: 1_000 });
    expect(new Map(rows.map((row) => [row.requestId, row.cost]))).toEqual(this.#answered);
    expect((await money.doctor()).faults).toEqual([]);
    // Without traffic: a restart forgets a minute.
    const standings = (of: OpenedMoney) =>
      Promise.all(this.#keys.map(async (key) => ({ ...(await of.readStanding(key)), traffic: undefined })));
    const before = { wallet: money.walletStatus(), keys: await standings(money) };
    this.bench.crash();
    const after = this.bench.money;
    expect({ wallet: after.walletStatus(), keys: await standings(after) }).toEqual(before);
    // The same once they are in use, and read into memory for that.
    for (const key of this.#keys) after.admit(key, '').release();
    expect(await standings(after)).toEqual(before.keys);
  }

  readonly #requestIds = new Map<Reservation, string>();

  async #reserve({ key, bytes, output, choices }: Step & { do: 'reserve' }): Promise<void> {
    const requestId = `req_p${this.#requests++}`;
    const input = this.bench.input(this.#keys[key] as Key, {
      requestId,
      inputBound: bytes,
      countInput: async () => Math.ceil(bytes / 3),
      maxOutput: output,
      choices,
      // Nobody waits in this test: time is the test's own.
      signal: AbortSignal.abort(new Error('does not wait')),
    });
    const hold = await Promise.resolve(this.bench.money.reserve(input)).catch(() => undefined);
    if (hold === undefined) return;
    this.#holds.push(hold);
    this.#requestIds.set(hold, requestId);
  }
}
