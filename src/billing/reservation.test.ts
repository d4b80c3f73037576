import { describe, expect, test } from 'bun:test';
import type { Key } from '../keys/key.ts';
import type { ReserveInput } from './money.ts';
import { CARD, outcome, TestBench, usage } from './test-bench.ts';

/** Lets everything that is resolved go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Nano-dollars as USD text is what the API takes; here limits are given in nanos. */
async function refusal(bench: TestBench, key: Key, changes: Partial<ReserveInput> = {}) {
  try {
    await bench.money.reserve(bench.input(key, changes));
  } catch (error) {
    return error as import('../errors/catalogue.ts').GatewayError;
  }
  throw new Error('was not refused');
}

/** Tokens of the last minute of a key that is in use. */
const tokensOf = ({ money, now }: TestBench, key: Key): number => money.standingOf(key, now, undefined).traffic.tpm;

describe('reserve', () => {
  test('holds the dearest reading of the bytes and settles to what was used', async () => {
    const bench = new TestBench();
    const key = await bench.key();
    const hold = await bench.money.reserve(bench.input(key));
    // 1,000 bytes as cache writes of an hour at 2, 1,000 tokens out at 2.
    expect(bench.money.walletStatus().reserved).toBe(4_000n);
    expect(await hold.settle(outcome(usage(300, 50)))).toEqual({ cost: 400n, absorbed: 0n });
    expect(bench.money.walletStatus()).toMatchObject({ reserved: 0n, spent: 400n, balance: 100_000_000_000n - 400n });
  });

  test('holds every answer asked for', async () => {
    const bench = new TestBench();
    const key = await bench.key();
    await bench.money.reserve(bench.input(key, { choices: 3 }));
    expect(bench.money.walletStatus().reserved).toBe(8_000n);
  });

  test('counts the prompt only before a refusal, and then holds what was counted', async () => {
    const bench = new TestBench();
    let counted = 0;
    const countInput = async () => {
      counted++;
      return 400;
    };
    const roomy = await bench.key();
    const first = await bench.money.reserve(bench.input(roomy, { countInput }));
    first.release();
    expect(counted).toBe(0);
    const key = await bench.key({ quota: 3_000n });
    const hold = await bench.money.reserve(bench.input(key, { countInput }));
    expect([counted, hold.shrunk, bench.money.walletStatus().reserved]).toEqual([1, false, 2_400n]);
  });

  test('reckons with the cache write that the body asks for', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 3_000n, onLimit: 'refuse' });
    await bench.money.reserve(bench.input(key, { cacheWrite: () => '1h', countInput: async () => 500 }));
    expect(bench.money.walletStatus().reserved).toBe(3_000n);
  });

  test('lowers max_tokens to what a limit holds, down to 1,024', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 400n + 2n * 1_500n });
    const hold = await bench.money.reserve(bench.input(key, { maxOutput: 60_000 }));
    expect([hold.shrunk, hold.maxOutput]).toEqual([true, 1_500]);
    hold.release();
    const poor = await bench.key({ quota: 400n + 2n * 1_023n });
    const refused = await refusal(bench, poor, { maxOutput: 60_000 });
    expect(refused.code).toBe('quota_exceeded');
    expect(refused.message).toContain('max_tokens of 1023 or less would fit');
  });

  test('does not lower max_tokens for a key that says refuse', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 10_000n, onLimit: 'refuse' });
    expect((await refusal(bench, key, { maxOutput: 60_000 })).code).toBe('quota_exceeded');
    expect(bench.money.walletStatus().reserved).toBe(0n);
  });

  test('an empty wallet is 402, and the text says cost, rest and what fits', async () => {
    const bench = new TestBench('0.000001');
    const key = await bench.key();
    const error = await refusal(bench, key);
    expect([error.code, error.row.status, error.row.shouldRetry]).toEqual(['insufficient_balance', 402, false]);
    expect(error.message).toBe(
      'The wallet cannot hold this call. It could cost up to 0.0000024 USD (400 input and 1000 output tokens); 0.000001 USD is left. max_tokens of 300 or less would fit. Or top up the wallet.',
    );
  });

  test('what is held as the whole window for what cannot be counted is told', async () => {
    const bench = new TestBench('0.000001');
    const card = { ...CARD, window: 200_000 };
    const file = { card, inputBound: 200_000, countInput: async () => 200_000, inputCount: 400 };
    const key = await bench.key();
    expect((await refusal(bench, key, file)).message).toContain('such as a PDF, sound or video, is held as the model');
    expect((await refusal(bench, key, { card, inputCount: 400 })).message).not.toContain('PDF');
  });

  test('a used-up window is 429 with the seconds to its reset, and is told from a quota', async () => {
    const bench = new TestBench();
    const key = await bench.key({ limit5h: 3_000n });
    await (await bench.money.reserve(bench.input(key))).settle(outcome(usage(400, 1_000)));
    const error = await refusal(bench, key);
    expect([error.code, error.row.status, error.row.shouldRetry]).toEqual(['usd_window_exceeded', 429, false]);
    const part = 300_000;
    const reset = (Math.floor(bench.now / part) + 1) * part + 5 * 3_600_000;
    expect(error.details.retryAfterSeconds).toBe(Math.ceil((reset - bench.now) / 1000));
    expect(error.message).toContain('rate_limit_5h exceeded: 0.0000024 / 0.000003 USD used; resets at 2026-09-21 ');
    expect(error.message).not.toContain('more than the whole limit');
    bench.now = reset;
    await bench.money.reserve(bench.input(key));
  });

  test('a call that is over a whole window is not told to wait for its reset alone', async () => {
    const bench = new TestBench();
    const key = await bench.key({ limit1d: 2_000n });
    const error = await refusal(bench, key);
    expect(error.code).toBe('usd_window_exceeded');
    expect(error.message).toContain(', and even then this call could cost more than the whole limit. It could cost');
  });

  test('of several windows the one is named that can never hold the call', async () => {
    const bench = new TestBench();
    const key = await bench.key({ limit1d: 2_000n, limit7d: 4_000n });
    for (let i = 0; i < 2; i++) {
      const call = await bench.money.reserve(bench.input(key, { maxOutput: 500 }));
      await call.settle(outcome(usage(400, 500)));
      bench.now += 25 * 3_600_000;
    }
    const { message } = await refusal(bench, key);
    expect(message).toStartWith('rate_limit_1d exceeded: 0 / 0.000002 USD used; ');
    expect(message).toContain('more than the whole limit');
  });

  test('a call that only running calls keep out waits for them', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 4_000n });
    const running = await bench.money.reserve(bench.input(key));
    const waiting = bench.money.reserve(bench.input(key));
    await running.settle(outcome(usage(100, 100)));
    expect((await waiting).shrunk).toBe(false);
  });

  test('and is 429 when they do not end in time', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 4_000n });
    await bench.money.reserve(bench.input(key));
    const error = await refusal(bench, key);
    expect([error.code, error.row.shouldRetry]).toEqual(['rate_limit_exceeded', true]);
    expect(error.message).toContain('No max_tokens would fit: send less. ');
  });

  describe('a call that waits is held to its key as it is when its turn comes', () => {
    const actor = { name: 'test', ip: '' };
    async function waiting() {
      const bench = new TestBench();
      const key = await bench.key({ quota: 3_000n, onLimit: 'refuse' });
      const first = await bench.money.reserve(bench.input(key));
      const second = Promise.resolve(bench.money.reserve(bench.input(key)));
      second.catch(() => {});
      await Bun.sleep(1);
      return { bench, key, first, second };
    }

    test('a limit that was lowered', async () => {
      const { bench, key, first, second } = await waiting();
      await bench.money.keys.update(key.id, { quota: 500n }, actor);
      await first.settle(outcome(usage(100, 0)));
      await expect(second).rejects.toMatchObject({ code: 'quota_exceeded' });
      expect(bench.money.walletStatus()).toMatchObject({ reserved: 0n, spent: 100n });
    });

    test('a limit that was raised lets it in at once', async () => {
      const { bench, key, second } = await waiting();
      await bench.money.keys.update(key.id, { quota: 9_000n }, actor);
      await second;
      expect(bench.money.walletStatus().reserved).toBe(4_800n);
    });

    test.each(['revoked', 'disabled'] as const)('a key that was %s', async (status) => {
      const { bench, key, first, second } = await waiting();
      await bench.money.keys.update(key.id, { status }, actor);
      await expect(second).rejects.toMatchObject({ code: 'invalid_api_key' });
      first.release();
      expect(bench.money.walletStatus().reserved).toBe(0n);
    });
  });

  describe('a key that opens nothing any more holds nothing', () => {
    const actor = { name: 'test', ip: '' };
    test.each(['revoked', 'disabled'] as const)('%s while the body of its call arrived', async (status) => {
      const bench = new TestBench();
      const key = await bench.key();
      await bench.money.keys.update(key.id, { status }, actor);
      expect((await refusal(bench, key)).code).toBe('invalid_api_key');
      expect(bench.money.walletStatus().reserved).toBe(0n);
    });

    test('expired while the body of its call arrived', async () => {
      const bench = new TestBench();
      const key = await bench.key({ expiresAt: bench.now + 1_000 });
      bench.now += 1_000;
      expect((await refusal(bench, key)).code).toBe('invalid_api_key');
    });

    test('revoked while its prompt was counted', async () => {
      const bench = new TestBench();
      const key = await bench.key({ quota: 3_000n });
      const countInput = async () => {
        await bench.money.keys.update(key.id, { status: 'revoked' }, actor);
        return 400;
      };
      expect((await refusal(bench, key, { countInput })).code).toBe('invalid_api_key');
      expect(bench.money.walletStatus().reserved).toBe(0n);
    });
  });

  test('a client that leaves while it waits takes nothing', async () => {
    const bench = new TestBench();
    const key = await bench.key({ quota: 4_000n });
    const running = await bench.money.reserve(bench.input(key));
    const client = new AbortController();
    const waiting = bench.money.reserve(bench.input(key, { signal: client.signal }));
    client.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    running.release();
    expect(bench.money.walletStatus().reserved).toBe(0n);
  });

  test('a limit lowered below what is spent stops new calls only', async () => {
    const bench = new TestBench();
    const key = await bench.key();
    const running = await bench.money.reserve(bench.input(key));
    const lowered = await bench.money.keys.update(key.id, { quota: 10n }, { name: 'test', ip: '' });
    expect((await refusal(bench, key)).code).toBe('quota_exceeded');
    expect(await running.settle(outcome(usage(400, 1_000)))).toEqual({ cost: 2_400n, absorbed: 0n });
    expect(bench.money.limitHeaders(lowered, bench.now)).toEqual({ 'x-quota-remaining-credits': '0.00' });
  });
});

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

describe('admit', () => {
  test('counts requests a minute, whatever the time of day does meanwhile', async () => {
    const bench = new TestBench();
    const key = await bench.key({ rpm: 2 });
    const admit = () => bench.money.admit(key, '127.0.0.1').release();
    admit();
    bench.uptime += 500;
    admit();
    for (const step of [0, -3_600_000, 8 * 86_400_000]) {
      bench.now += step;
      expect(admit).toThrow('2 requests a minute');
    }
    bench.now -= 86_400_000;
    bench.uptime += 60_000;
    admit();
  });

  test('gives slots and takes each back once', async () => {
    const bench = new TestBench();
    const key = await bench.key({ concurrency: 1 });
    const slot = bench.money.admit(key, '127.0.0.1');
    expect(() => bench.money.admit(key, '127.0.0.1')).toThrow('1 requests in flight');
    slot.release();
    slot.release();
    bench.money.admit(key, '127.0.0.1');
    expect(() => bench.money.admit(key, '127.0.0.1')).toThrow('1 requests in flight');
  });

  test('keeps addresses out', async () => {
    const bench = new TestBench();
    const key = await bench.key({ ipAllow: ['10.0.0.0/8'], ipDeny: ['10.9.0.0/16'] });
    bench.money.admit(key, '10.1.2.3');
    for (const ip of ['10.9.2.3', '127.0.0.1']) {
      expect(() => bench.money.admit(key, ip)).toThrow('may not be used from your address');
    }
  });
});

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
