import { describe, expect, test } from 'bun:test';
import { ADMIN, AdminBench, KEY } from './test-bench.ts';

const bench = new AdminBench();
const { ask, call } = bench;

describe('what a key may know of itself', () => {
  test('is its own balance, limits and usage, without what it costs the operator', async () => {
    const { body: made } = await ask('POST', '/api/v1/keys', {
      body: {
        name: 'mine',
        quota: '5',
        rate_limit_5h: '1',
        rpm: 60,
        tpm: 10_000,
        concurrency: 2,
        models: ['m1', 'm2'],
      },
    });
    await call(KEY);
    const running = bench.money.admit(bench.money.findKey(made.key)!, '203.0.113.7');
    await call(made.key, {}, 'req_mine');
    const mine = (path: string) => ask('GET', path, { token: made.key });
    const balance = {
      available_usd: '0.9999996',
      reserved_usd: '0',
      lifetime_spent_usd: '0.0000004',
      quota_usd: '5',
      currency: 'USD',
    };
    expect((await mine('/v1/balance')).body).toEqual<object>(balance);
    const account = (await mine('/api/v1/me/account')).body;
    // Nobody serves m2.
    expect(account).toMatchObject({ id: made.id, name: 'mine', multiplier: '1', balance, allowed_models: ['m1'] });
    expect(account.limits.map(({ name, remaining_usd }: Record<string, string>) => [name, remaining_usd])).toEqual([
      ['quota', '4.9999996'],
      ['rate_limit_5h', '0.9999996'],
    ]);
    expect(account.rate_limits).toEqual([
      { name: 'rpm', limit: 60, used: 1 },
      { name: 'tpm', limit: 10_000, used: 350 },
      { name: 'concurrency', limit: 2, used: 1 },
    ]);
    running.release();
    expect((await ask('GET', `/api/v1/keys/${made.id}`)).body.rate_limits[2]!.used).toBe(0);
    expect((await mine('/api/v1/me/usage')).body.totals.call_count).toBe(1);
    const { data } = (await mine('/api/v1/me/usage?limit=10')).body;
    expect(data.map((row: Record<string, unknown>) => row.request_id)).toEqual(['req_mine']);
    expect(data[0]).not.toHaveProperty('upstream_cost_usd');
    expect((await mine('/api/v1/me/usage?since=2020-01-01')).status).toBe(400);
  });

  test('needs a key that is in force, from where it may be used', async () => {
    expect((await ask('GET', '/v1/balance', { token: ADMIN })).status).toBe(401);
    expect((await ask('GET', '/v1/balance', { token: null })).status).toBe(401);
    expect((await ask('GET', '/v1/balance', { token: 'sk-byts-x', headers: { 'x-api-key': KEY } })).status).toBe(200);
    const { body: made } = await ask('POST', '/api/v1/keys', { body: { name: 'a', ip_whitelist: ['10.0.0.0/8'] } });
    expect((await ask('GET', '/v1/balance', { token: made.key })).status).toBe(403);
    await ask('DELETE', `/api/v1/keys/${made.id}`);
    expect((await ask('GET', '/v1/balance', { token: made.key })).body.error.message).toContain('revoked');
  });
});
