import { describe, expect, spyOn, test } from 'bun:test';
import { CARD, usage } from '../billing/test-bench.ts';
import { noUsage } from '../storage/usage-sum.ts';
import { ADMIN, AdminBench, KEY } from './test-bench.ts';

const bench = new AdminBench();
const { ask, call } = bench;

describe('usage', () => {
  test('has a row per billed request with every field', async () => {
    const used = {
      input: { uncached: 100, cacheRead: 90, cacheWrite5m: 60, cacheWrite1h: 50 },
      output: { text: 20, reasoning: 5 },
      source: 'estimated' as const,
    };
    await call(KEY, { usage: used, ttftMs: 12, stream: true, protocol: 'messages' }, 'req_a');
    const { body } = await ask('GET', '/api/v1/usage');
    expect(body.next_cursor).toBeNull();
    expect(body.data).toEqual<object[]>([
      {
        request_id: 'req_a',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        started_at: expect.any(String),
        api_key_id: bench.money.findKey(KEY)?.id,
        model: 'test-model',
        upstream: 'test',
        upstream_model: 'test-upstream-model',
        protocol: 'messages',
        stream: true,
        status: 200,
        ending: 'complete',
        simulated: false,
        input_tokens: 100,
        cache_read_tokens: 90,
        cache_write_tokens: 110,
        cache_write_1h_tokens: 50,
        output_tokens: 25,
        reasoning_tokens: 5,
        usage_source: 'estimated',
        cost_usd: '0.0000004',
        price: {
          input: '0.001',
          cache_read: '0.001',
          cache_write_5m: '0.001',
          cache_write_1h: '0.002',
          output: '0.002',
          multiplier: '1',
        },
        ttft_ms: 12,
        duration_ms: 5,
        account_id: 'default',
        absorbed_usd: '0',
        upstream_cost_usd: null,
      },
    ]);
  });

  test('filters, pages, and sums without the simulator', async () => {
    await call(KEY, {}, 'req_a');
    await call(KEY, { simulated: true }, 'req_b');
    await call(KEY, { model: 'm2' }, 'req_c');
    const ids = async (query: string) =>
      (await ask('GET', `/api/v1/usage?${query}`)).body.data.map((row: { request_id: string }) => row.request_id);
    expect(await ids('')).toEqual(['req_c', 'req_b', 'req_a']);
    expect(await ids('simulated=exclude&model=test-model')).toEqual(['req_a']);
    expect(await ids('simulated=exclude&model=an-alias')).toEqual(['req_a']);
    expect(await ids('request_id=req_b')).toEqual(['req_b']);
    expect(await ids(`api_key_id=key_none`)).toEqual([]);
    expect(await ids('since=2100-01-01')).toEqual([]);
    const page = (await ask('GET', '/api/v1/usage?limit=2')).body;
    expect(await ids(`limit=2&cursor=${page.next_cursor}`)).toEqual(['req_a']);
    const sums = (await ask('GET', '/api/v1/usage?group_by=model')).body;
    expect(
      sums.buckets.map((one: Record<string, unknown>) => [one.bucket, one.model, one.call_count, one.cost_usd]),
    ).toEqual([
      ['m2', 'm2', 1, '0.0000004'],
      ['test-model', 'test-model', 1, '0.0000004'],
    ]);
    expect(sums.totals).toMatchObject({ call_count: 2, input_tokens: 600, output_tokens: 100, cost_usd: '0.0000008' });
    expect((await ask('GET', '/api/v1/usage?group_by=day&simulated=include')).body.totals.call_count).toBe(3);
    expect((await ask('GET', '/api/v1/usage?group_by=day,model')).body.buckets).toHaveLength(2);
  });

  test('rows of a card that is gone are found by its id, though it is an alias of another now', async () => {
    await call(KEY, { model: 'an-alias' }, 'req_old');
    await call(KEY, {}, 'req_new');
    for (const model of ['an-alias', CARD.id]) {
      const rows = (await ask('GET', `/api/v1/usage?model=${model}`)).body.data;
      expect(rows.map((row: { model: string }) => row.model)).toEqual([model]);
      const { buckets } = (await ask('GET', `/api/v1/usage?group_by=model&model=${model}`)).body;
      expect(buckets.map((one: Record<string, unknown>) => [one.bucket, one.call_count])).toEqual([[model, 1]]);
    }
  });

  test('an alias leads a key to its own rows, whatever others have under that name', async () => {
    const { id, key: token } = (await ask('POST', '/api/v1/keys', { body: { name: 'newer' } })).body;
    await call(KEY, { model: 'an-alias' }, 'req_old');
    await call(token, {}, 'req_new');
    for (const [path, asker] of [
      ['/api/v1/me/usage?model=an-alias', token],
      [`/api/v1/usage?model=an-alias&api_key_id=${id}`, ADMIN],
    ] as const) {
      const rows = (await ask('GET', `${path}&limit=5`, { token: asker })).body.data;
      expect(rows.map((row: { request_id: string }) => row.request_id)).toEqual(['req_new']);
      expect((await ask('GET', `${path}&group_by=model`, { token: asker })).body.totals.call_count).toBe(1);
    }
  });

  test('what no limit could hold is told with what was charged, to the holder of the key too', async () => {
    const { key } = (await ask('POST', '/api/v1/keys', { body: { name: 'small', quota: '0.01' } })).body;
    await call(key, { usage: usage(20_000_000, 0) }, 'req_a');
    const told = { input_tokens: 20_000_000, cost_usd: '0.01', absorbed_usd: '0.01' };
    for (const [path, token] of [
      ['/api/v1/usage', ADMIN],
      ['/api/v1/me/usage', key],
    ] as const) {
      expect((await ask('GET', `${path}?request_id=req_a`, { token })).body.data).toMatchObject([told]);
      const { buckets, totals } = (await ask('GET', `${path}?group_by=model`, { token })).body;
      expect([buckets, totals]).toMatchObject([[told], told]);
    }
  });

  test('more sums than fit an answer are refused with what to do', async () => {
    const asked = spyOn(bench.money.store, 'usageBuckets').mockResolvedValue(undefined);
    const { status, body } = await ask('GET', '/api/v1/usage?group_by=hour,api_key&limit=3');
    expect([status, body.error.code, body.error.param]).toEqual([400, 'invalid_param', 'group_by']);
    expect(body.error.message).toContain('more than 30000 sums');
    expect(body.error.message).toContain('since and until');
    expect(asked.mock.calls[0]?.[0].limit).toBe(30_000);
    // One grouping alone is answered whole.
    asked.mockResolvedValue([]);
    expect((await ask('GET', '/api/v1/usage?group_by=api_key')).body.buckets).toEqual([]);
    expect(asked.mock.calls[1]?.[0].limit).toBeUndefined();
    asked.mockRestore();
  });

  test('a long list is answered in slices, between which the event loop turns', async () => {
    const bucket = { ...noUsage(), start: undefined, model: undefined, keyId: 'key_1', calls: 2, cost: 3n };
    const asked = spyOn(bench.money.store, 'usageBuckets').mockResolvedValue(Array(30_000).fill(bucket));
    let turns = 0;
    const turning = setInterval(() => turns++, 0);
    const { body } = await ask('GET', '/api/v1/usage?group_by=api_key');
    clearInterval(turning);
    asked.mockRestore();
    expect(turns).toBeGreaterThan(1);
    expect(body.buckets).toHaveLength(30_000);
    expect(body.totals).toMatchObject({ call_count: 60_000, cost_usd: '0.00009' });
  });

  test.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'cursor=x',
    'since=yesterday',
    'since=2026-02-30',
    'group_by=year',
    'cursor=1&group_by=day',
    'modle=x',
    'limit=1&limit=2',
  ])('%s is refused by name', async (query) => {
    const { status, body } = await ask('GET', `/api/v1/usage?${query}`);
    expect([status, body.error.param]).toEqual([400, query.split('=')[0]!]);
  });
});
