import { describe, expect, test } from 'bun:test';
import { CARD, outcome, refusal, TestBench, usage } from './test-bench.ts';

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
