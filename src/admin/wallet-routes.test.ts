import { describe, expect, test } from 'bun:test';
import { openMoney } from '../billing/index.ts';
import { AdminBench, KEY, SOCKET } from './test-bench.ts';

const bench = new AdminBench();
const { ask, call } = bench;

describe('wallet', () => {
  test('tells what is there', async () => {
    await call(KEY);
    expect((await ask('GET', '/api/v1/wallet')).body).toEqual<object>({
      available_usd: '99.9999996',
      reserved_usd: '0',
      lifetime_topup_usd: '100',
      lifetime_adjusted_usd: '0',
      lifetime_spent_usd: '0.0000004',
      unlimited: false,
      level: 'ok',
    });
  });

  test('a top-up counts once, however often it is sent', async () => {
    const body = { amount_usd: '12.50', note: 'invoice 7', idempotency_key: 'order-7' };
    const answers = await Promise.all([1, 2, 3].map(() => ask('POST', '/api/v1/wallet/topups', { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect((await ask('GET', '/api/v1/wallet')).body.available_usd).toBe('112.5');
    const other = await ask('POST', '/api/v1/wallet/topups', { body: { ...body, amount_usd: 13 } });
    expect([other.status, other.body.error.param]).toEqual([409, 'idempotency_key']);
    expect((await ask('GET', '/api/v1/audit?action=wallet.top_up')).body.data).toHaveLength(1);
  });

  test.each([
    [{ amount_usd: '1' }, 'idempotency_key'],
    [{ amount_usd: '0', idempotency_key: 'k' }, 'amount_usd'],
    [{ amount_usd: '-5', idempotency_key: 'k' }, 'amount_usd'],
    [{ amount_usd: true, idempotency_key: 'k' }, 'amount_usd'],
    [{ amount_usd: '1', idempotency_key: 'k', currency: 'EUR' }, 'currency'],
    [{ amount_usd: '9223372036.8', idempotency_key: 'k' }, 'amount_usd'],
  ])('the top-up %j is refused', async (body, param) => {
    const { status, body: answer } = await ask('POST', '/api/v1/wallet/topups', { body });
    expect([status, answer.error.param]).toEqual([400, param]);
  });

  test('adjustments go both ways, but not below nothing', async () => {
    const adjust = (amount_usd: string) =>
      ask('POST', '/api/v1/wallet/adjustments', {
        body: { amount_usd, note: 'correction', idempotency_key: amount_usd },
      });
    expect((await adjust('-99.5')).status).toBe(201);
    expect((await adjust('-0.6')).status).toBe(409);
    expect((await ask('GET', '/api/v1/wallet')).body.available_usd).toBe('0.5');
    // Sent again it is the booking that was made, whatever the wallet holds by now; as something else it is a conflict.
    expect(await adjust('-99.5')).toMatchObject({ status: 200, body: { repeated: true, amount_usd: '-99.5' } });
    const as = (path: string, amount_usd: string) =>
      ask('POST', path, { body: { amount_usd, note: 'correction', idempotency_key: '-99.5' } });
    expect((await as('/api/v1/wallet/topups', '99.5')).body.error.param).toBe('idempotency_key');
    expect((await as('/api/v1/wallet/adjustments', '-200')).body.error.param).toBe('idempotency_key');
    expect((await ask('GET', '/api/v1/wallet')).body.available_usd).toBe('0.5');
    await call(KEY, {}, 'req_1');
    const { data } = (await ask('GET', '/api/v1/wallet/transactions')).body;
    expect(
      data.map((row: Record<string, unknown>) => [row.kind, row.amount_usd, row.balance_after_usd, row.request_id]),
    ).toEqual([
      ['charge', '-0.0000004', '0.4999996', 'req_1'],
      ['adjustment', '-99.5', '0.5', null],
      ['top_up', '100', '100', null],
    ]);
    expect((await ask('GET', '/api/v1/wallet/transactions?kind=adjustment')).body.data).toHaveLength(1);
    expect((await bench.money.doctor()).faults).toEqual([]);
  });

  test('top-ups and adjustments are summed apart, and both with what is spent are the balance', async () => {
    await ask('PUT', '/api/v1/wallet', { body: { unlimited: true }, peer: SOCKET, token: null });
    const book = (kind: string, amount_usd: string) =>
      ask('POST', `/api/v1/wallet/${kind}`, { body: { amount_usd, idempotency_key: `${kind} ${amount_usd}` } });
    await book('topups', '1');
    await book('adjustments', '-103');
    await book('adjustments', '0.5');
    await call(KEY);
    const sums = { toppedUp: 101_000_000_000n, adjusted: -102_500_000_000n, spent: 400n };
    expect((await ask('GET', '/api/v1/wallet')).body).toMatchObject({
      lifetime_topup_usd: '101',
      lifetime_adjusted_usd: '-102.5',
      lifetime_spent_usd: '0.0000004',
    });
    expect(bench.money.walletStatus()).toMatchObject({ ...sums, balance: -1_500_000_400n });
    expect((await bench.money.doctor()).faults).toEqual([]);
    // A restart finds them apart too.
    await bench.money.close();
    bench.money = await openMoney({ dataFolder: bench.folder, creditUsd: '0' });
    expect(bench.money.walletStatus()).toMatchObject({ ...sums, balance: -1_500_000_400n });
  });

  test('an adjustment is read alike as a number and as a text, however small', async () => {
    const amounts = [-0.0000001, 0.0000001, '-0.0000001', -2, 1e-9, ' -3 '];
    const booked = await Promise.all(
      amounts.map((amount_usd, n) =>
        ask('POST', '/api/v1/wallet/adjustments', { body: { amount_usd, idempotency_key: `k${n}` } }),
      ),
    );
    const read = booked.map(({ status, body }) => [status, body.amount_usd]);
    const expected = ['-0.0000001', '0.0000001', '-0.0000001', '-2', '0.000000001', '-3'];
    expect(read).toEqual(expected.map((amount) => [201, amount]));
    for (const amount_usd of [-1e-10, '-1e-7', '--1', '']) {
      const body = { amount_usd, idempotency_key: 'wrong' };
      const { status, body: answer } = await ask('POST', '/api/v1/wallet/adjustments', { body });
      expect([status, answer.error.param]).toEqual([400, 'amount_usd']);
    }
  });

  test('becomes unlimited only on the machine itself', async () => {
    const body = { unlimited: true };
    expect((await ask('PUT', '/api/v1/wallet', { body })).status).toBe(403);
    expect((await ask('PUT', '/api/v1/wallet', { body, peer: SOCKET, token: null })).body).toMatchObject({
      unlimited: true,
      available_usd: null,
    });
  });
});
