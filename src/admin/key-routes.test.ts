import { describe, expect, spyOn, test } from 'bun:test';
import { openMoney } from '../billing/index.ts';
import { CARD } from '../billing/test-bench.ts';
import { AdminBench, SOCKET } from './test-bench.ts';

const bench = new AdminBench();
const { ask, call } = bench;

describe('keys', () => {
  test('are made with every field, and the secret is in that answer alone', async () => {
    const body = {
      name: 'prod-vision',
      group_id: 'default',
      quota: 200,
      rate_limit_5h: '50',
      rate_limit_1d: 0.1,
      rate_limit_7d: '0.000000001',
      rpm: 60,
      tpm: 100_000,
      concurrency: 5,
      ip_whitelist: ['52.0.0.0/8', '2001:db8::/32'],
      ip_blacklist: ['52.1.0.0/16'],
      models: ['m1'],
      expires_in_days: 90,
      on_limit: 'refuse',
    };
    const { status, body: made } = await ask('POST', '/api/v1/keys', { body });
    expect(status).toBe(201);
    expect(made.key).toMatch(/^sk-byts-[0-9A-Za-z]{36}$/);
    const { key, ...row } = made;
    const { expires_in_days: _days, ...settings } = body;
    expect(row).toMatchObject({
      ...settings,
      quota: '200',
      rate_limit_1d: '0.1',
      status: 'active',
      spent_usd: '0',
      masked: `sk-byts-...****${key.slice(-4)}`,
    });
    const days = (Date.parse(row.expires_at) - Date.parse(row.created_at)) / 86_400_000;
    expect(days).toBeCloseTo(90, 4);
    const { body: shown } = await ask('GET', `/api/v1/keys/${row.id}`);
    expect(shown).toEqual<object>(row);
    expect(JSON.stringify(await ask('GET', '/api/v1/keys'))).not.toContain(key);
    expect(JSON.stringify(await ask('GET', '/api/v1/audit'))).not.toContain(key);
    expect(bench.money.findKey(key)?.name).toBe('prod-vision');
  });

  test.each([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 'x', quota: -1 }, 'quota'],
    [{ name: 'x', quota: 'a lot' }, 'quota'],
    [{ name: 'x', rate_limit_5h: '0.0000000001' }, 'rate_limit_5h'],
    [{ name: 'x', rpm: 1.5 }, 'rpm'],
    [{ name: 'x', rpm: '5' }, 'rpm'],
    [{ name: 'x', ip_whitelist: ['10.0.0.0/8', 'nowhere'] }, 'ip_whitelist[1]'],
    [{ name: 'x', ip_whitelist: [5] }, 'ip_whitelist[0]'],
    [{ name: 'x', models: ['m1', 'gpt-9'] }, 'models[1]'],
    [{ name: 'x', group_id: 'nobody' }, 'group_id'],
    [{ name: 'x', custom_key: 'short' }, 'custom_key'],
    [{ name: 'x', custom_key: 'a key with spaces in it and long' }, 'custom_key'],
    [{ name: 'x', on_limit: 'explode' }, 'on_limit'],
    [{ name: 'x', expires_in_days: -1 }, 'expires_in_days'],
    [{ name: 'x', qouta: 5 }, 'qouta'],
  ])('%j is refused by name', async (body, param) => {
    const { status, body: answer } = await ask('POST', '/api/v1/keys', { body });
    expect(status).toBe(400);
    expect(answer.error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_param', param });
    expect(answer.error.message).toContain(param);
  });

  test.each([['not json'], ['[]'], ['5'], ['']])('the body %j is no object', async (body) => {
    expect((await ask('POST', '/api/v1/keys', { body })).status).toBe(400);
  });

  test('a field by a name that every object inherits is none', async () => {
    const { body } = await ask('POST', '/api/v1/keys', { body: { name: 'x', constructor: 5 } });
    expect(body.error.message).toStartWith('constructor is no field here.');
  });

  test('a form is not taken for JSON', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask('POST', '/api/v1/keys', { body: 'name=x', headers })).status).toBe(415);
  });

  test('a secret of one’s own works, once', async () => {
    const body = { name: 'own', custom_key: 'sk-byts-my-own-secret-number-one' };
    const { body: made } = await ask('POST', '/api/v1/keys', { body });
    expect(made.key).toBe(body.custom_key);
    expect(bench.money.findKey(body.custom_key)?.id).toBe(made.id);
    const { status, body: answer } = await ask('POST', '/api/v1/keys', { body });
    expect([status, answer.error.param]).toEqual([409, 'custom_key']);
  });

  test('a model of a key may be named by an alias', async () => {
    const { status, body } = await ask('POST', '/api/v1/keys', { body: { name: 'x', models: ['an-alias', CARD.id] } });
    expect([status, body.models]).toEqual([201, [CARD.id]]);
  });

  test('a change acts on the next request', async () => {
    const { body: made } = await ask('POST', '/api/v1/keys', { body: { name: 'a' } });
    const change = { name: 'b', quota: '1.5', models: ['m2', 'm2'], status: 'disabled', expires_in_days: null };
    const { body: row } = await ask('PUT', `/api/v1/keys/${made.id}`, { body: change });
    expect(row).toMatchObject({ name: 'b', quota: '1.5', models: ['m2'], status: 'disabled', expires_at: null });
    expect(bench.money.findKey(made.key)).toMatchObject({ quota: 1_500_000_000n, status: 'disabled' });
    await ask('PUT', `/api/v1/keys/${made.id}`, { body: { status: 'active' } });
    const key = bench.money.findKey(made.key);
    expect(key?.status).toBe('active');
    expect([bench.money.mayUse(key as never, 'm1'), bench.money.mayUse(key as never, 'm2')]).toEqual([false, true]);
  });

  test('a deleted key stays as a row and is known as revoked, for good', async () => {
    const { body: made } = await ask('POST', '/api/v1/keys', { body: { name: 'a' } });
    expect((await ask('DELETE', `/api/v1/keys/${made.id}`)).body.status).toBe('revoked');
    expect(bench.money.findKey(made.key)?.status).toBe('revoked');
    expect((await ask('DELETE', `/api/v1/keys/${made.id}`)).status).toBe(200);
    expect((await ask('PUT', `/api/v1/keys/${made.id}`, { body: { status: 'active' } })).status).toBe(409);
    expect((await ask('POST', `/api/v1/keys/${made.id}/rotate`)).status).toBe(409);
    expect((await ask('GET', '/api/v1/keys?status=revoked')).body.data).toHaveLength(1);
  });

  test('rotation ends the old secret at once, or after a grace', async () => {
    const { body: made } = await ask('POST', '/api/v1/keys', { body: { name: 'a' } });
    const { body: second } = await ask('POST', `/api/v1/keys/${made.id}/rotate`);
    expect(second.id).toBe(made.id);
    expect(bench.money.findKey(made.key)?.status).toBe('revoked');
    expect(bench.money.findKey(second.key)?.status).toBe('active');
    const { body: third } = await ask('POST', `/api/v1/keys/${made.id}/rotate`, { body: { grace_seconds: 3600 } });
    expect(bench.money.findKey(second.key)?.status).toBe('active');
    expect(bench.money.findKey(third.key)?.status).toBe('active');
    await ask('POST', `/api/v1/keys/${made.id}/rotate`);
    // Chunked, and nothing in it.
    const empty = new Request(`http://127.0.0.1:8787/api/v1/keys/${made.id}/rotate`, {
      method: 'POST',
      body: new Blob([]).stream(),
    });
    expect((await bench.handle(empty, SOCKET))?.status).toBe(200);
    expect(bench.money.findKey(second.key)?.status).toBe('revoked');
  });

  test('are listed newest first, page by page', async () => {
    for (const name of ['a', 'b', 'c']) await ask('POST', '/api/v1/keys', { body: { name } });
    const first = (await ask('GET', '/api/v1/keys?limit=2')).body;
    const second = (await ask('GET', `/api/v1/keys?limit=2&cursor=${first.next_cursor}`)).body;
    const names = [...first.data, ...second.data].map(({ name }) => name);
    expect([names, second.next_cursor]).toEqual([['c', 'b', 'a', 'bootstrap'], null]);
    expect((await ask('GET', '/api/v1/keys?cursor=key_nothing')).status).toBe(400);
    expect((await ask('GET', '/api/v1/keys?sort=name')).body.error.param).toBe('sort');
  });

  test('an unknown id is 404, a wrong method 405, a route of others nothing', async () => {
    expect((await ask('GET', '/api/v1/keys/key_none')).body.error.code).toBe('not_found');
    const { status, headers, body } = await ask('PATCH', '/api/v1/keys/key_none');
    expect([status, headers.get('allow')]).toEqual([405, 'GET, PUT, DELETE']);
    expect(body.error.message).toBe('Use GET or PUT or DELETE here.');
    expect((await ask('GET', '/api/v1/elsewhere')).status).toBe(0);
  });
});

test('looking at keys reads them beside the road, and tells what it tells of those that are in use', async () => {
  const limits = { quota: '5', rate_limit_5h: '1', rate_limit_7d: '2', tpm: 10_000 };
  const { body: made } = await ask('POST', '/api/v1/keys', { body: { name: 'mine', ...limits } });
  await ask('POST', '/api/v1/keys', { body: { name: 'never used', ...limits } });
  await call(made.key);
  const look = async () => {
    const { body: list } = await ask('GET', '/api/v1/keys');
    const { body: one } = await ask('GET', `/api/v1/keys/${made.id}`);
    const { body: account } = await ask('GET', '/api/v1/me/account', { token: made.key });
    const { body: balance } = await ask('GET', '/v1/balance', { token: made.key });
    const usd = [...list.data, one, account].map((row) => row.limits);
    return { usd, rates: one.rate_limits, balance };
  };
  const inUse = await look();
  expect(inUse.rates).toEqual([{ name: 'tpm', limit: 10_000, used: 350 }]);
  expect(inUse.usd[0]!.length + inUse.usd[1]!.length + inUse.usd[2]!.length).toBe(6);

  await bench.money.close();
  bench.open(await openMoney({ dataFolder: bench.folder, creditUsd: '0' }));
  const onTheRoad = spyOn(bench.money.store, 'spendingOf');
  // A restart forgets a minute.
  expect(await look()).toEqual({ ...inUse, rates: [{ name: 'tpm', limit: 10_000, used: 0 }] });
  expect(onTheRoad).not.toHaveBeenCalled();

  // What is used while it is read is told by memory.
  const read = spyOn(bench.money.store, 'keyTotals').mockImplementation(async () => {
    read.mockRestore();
    await call(made.key);
    return new Map();
  });
  const { body: list } = await ask('GET', '/api/v1/keys?name=mine');
  expect(list.data[0]!.limits.map((one: { spent_usd: string }) => one.spent_usd)).toEqual(Array(3).fill('0.0000008'));
});
