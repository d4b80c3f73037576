import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type OpenedMoney, openMoney } from '../billing/index.ts';
import { CARD, outcome, usage } from '../billing/test-bench.ts';
import { NO_LIMITS } from '../keys/key-service.ts';
import { StorageError } from '../storage/store.ts';
import { noUsage } from '../storage/usage-sum.ts';
import { createAdminHandler, type Peer } from './handler.ts';

const ADMIN = 'an-admin-token-of-thirty-two-characters';
const KEY = 'sk-byts-a-bootstrap-key-of-thirty-two-characters';

let folder = '';
let money: OpenedMoney;
let handle: ReturnType<typeof createAdminHandler>;
let faults: unknown[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bytespike-admin-'));
  money = await openMoney({ dataFolder: folder, creditUsd: '100' });
  await money.ensureBootstrap({ adminToken: ADMIN, bootstrapKey: KEY });
  faults = [];
  open(money);
});

function open(opened: OpenedMoney): void {
  money = opened;
  handle = createAdminHandler({
    money,
    publicUrl: 'https://gateway.example',
    modelIds: ['m1', 'm2', CARD.id],
    servedIds: ['m1', CARD.id],
    modelIdOf: (name) => (name === 'an-alias' ? CARD.id : name),
    dataFolder: folder,
    onError: (error) => faults.push(error),
  });
}

afterEach(async () => {
  await money.close();
  await rm(folder, { recursive: true });
  expect(faults).toEqual([]);
});

interface Asked {
  body?: unknown;
  token?: string | null;
  headers?: Record<string, string>;
  peer?: Peer;
}

async function ask(method: string, path: string, { body, token = ADMIN, headers = {}, peer }: Asked = {}) {
  const request = new Request(`http://127.0.0.1:8787${path}`, {
    method,
    headers: { host: '127.0.0.1:8787', ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const response = await handle(request, peer ?? { ip: '203.0.113.7' });
  if (response === undefined) return { status: 0, body: undefined as never, headers: new Headers() };
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  return { status: response.status, body: (await response.json()) as any, headers: response.headers };
}

const SOCKET: Peer = { ip: '', admin: { name: 'command-line' } };

async function call(secret: string, changes: Parameters<typeof outcome>[1] = {}, requestId = `req_${Math.random()}`) {
  const key = money.findKey(secret);
  if (key === undefined) throw new Error('unknown key');
  const hold = await money.reserve({
    key,
    card: CARD,
    requestId,
    startMs: Date.now(),
    inputBound: 1_000,
    countInput: async () => 400,
    maxOutput: 1_000,
    choices: 1,
    cacheWrite: () => undefined,
  });
  return hold.settle(outcome(usage(300, 50), changes));
}

test.each(['a\u0000b', 'a\ud800', '\udc00a', 'a\u001b[2J', 'a\nb', 'a\u0085'])(
  'a text with %j in it is refused',
  async (text) => {
    for (const [path, param, body] of [
      ['/api/v1/keys', 'name', { name: text }],
      ['/api/v1/keys', 'ip_whitelist', { name: 'k', ip_whitelist: ['10.0.0.1', text] }],
      ['/api/v1/groups', 'name', { id: 'g', name: text }],
      ['/api/v1/wallet/topups', 'idempotency_key', { amount_usd: '1', idempotency_key: text }],
    ] as const) {
      const answer = await ask('POST', path, { body });
      expect([answer.status, answer.body.error.param]).toEqual([400, param]);
      expect(answer.body.error.message).toStartWith(`${param} must be one line of text: `);
    }
    expect((await ask('POST', '/api/v1/keys', { body: { name: 'Zoë 😀' } })).body.name).toBe('Zoë 😀');
  },
);

test('a name of before that is sent back unchanged does not stand in the way of a change', async () => {
  const actor = { name: 'admin', ip: '' };
  const { key } = await money.keys.create({ ...NO_LIMITS, name: 'a\nb' }, undefined, actor);
  const put = (body: object) => ask('PUT', `/api/v1/keys/${key.id}`, { body });
  expect(await put({ name: 'a\nb', quota: 6 })).toMatchObject({ status: 200, body: { name: 'a\nb', quota: '6' } });
  expect((await put({ name: 'a\nc' })).body.error.param).toBe('name');
  const group = { name: 'c\td', models: undefined, multiplier: '1', exclusive: false };
  await money.groups.create('old', group, actor);
  expect((await ask('PUT', '/api/v1/groups/old', { body: { name: 'c\td', multiplier: '2' } })).status).toBe(200);
});

test('a note may have lines, and no other control character', async () => {
  const topUp = (note: string) =>
    ask('POST', '/api/v1/wallet/topups', { body: { amount_usd: '1', note, idempotency_key: 'lines' } });
  const note = 'invoice 7\r\n\tpaid\n';
  expect(await topUp(note)).toMatchObject({ status: 201, body: { note, repeated: false } });
  expect(await topUp(note)).toMatchObject({ status: 200, body: { note, repeated: true } });
  for (const unfit of ['a\u001b[2J', 'a\u0000', 'a\u0085', 'a\ud800']) {
    const { error } = (await topUp(unfit)).body;
    expect([error.param, error.message]).toEqual(['note', expect.stringContaining('in lines if need be')]);
  }
});

test('amounts that are sent as numbers are taken to the last digit', async () => {
  const { status, body } = await ask('POST', '/api/v1/keys', {
    body: '{"name":"k","quota":12345678.123456789,"rpm":5}',
  });
  expect([status, body.quota, body.rpm]).toEqual([201, '12345678.123456789', 5]);
  const tooLong = await ask('POST', '/api/v1/keys', { body: '{"name":"k","rpm":1234567890123456789}' });
  expect([tooLong.status, tooLong.body.error.param]).toEqual([400, 'rpm']);
  // As languages write a double that is a thousandth of a day.
  const soon = await ask('POST', '/api/v1/keys', { body: '{"name":"k","expires_in_days":1.7361111111111111e-05}' });
  expect(soon.status).toBe(201);
});

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
    expect(shown).toEqual(row);
    expect(JSON.stringify(await ask('GET', '/api/v1/keys'))).not.toContain(key);
    expect(JSON.stringify(await ask('GET', '/api/v1/audit'))).not.toContain(key);
    expect(money.findKey(key)?.name).toBe('prod-vision');
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
    expect(money.findKey(body.custom_key)?.id).toBe(made.id);
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
    expect(money.findKey(made.key)).toMatchObject({ quota: 1_500_000_000n, status: 'disabled' });
    await ask('PUT', `/api/v1/keys/${made.id}`, { body: { status: 'active' } });
    const key = money.findKey(made.key);
    expect(key?.status).toBe('active');
    expect([money.mayUse(key as never, 'm1'), money.mayUse(key as never, 'm2')]).toEqual([false, true]);
  });

  test('a deleted key stays as a row and is known as revoked, for good', async () => {
    const { body: made } = await ask('POST', '/api/v1/keys', { body: { name: 'a' } });
    expect((await ask('DELETE', `/api/v1/keys/${made.id}`)).body.status).toBe('revoked');
    expect(money.findKey(made.key)?.status).toBe('revoked');
    expect((await ask('DELETE', `/api/v1/keys/${made.id}`)).status).toBe(200);
    expect((await ask('PUT', `/api/v1/keys/${made.id}`, { body: { status: 'active' } })).status).toBe(409);
    expect((await ask('POST', `/api/v1/keys/${made.id}/rotate`)).status).toBe(409);
    expect((await ask('GET', '/api/v1/keys?status=revoked')).body.data).toHaveLength(1);
  });

  test('rotation ends the old secret at once, or after a grace', async () => {
    const { body: made } = await ask('POST', '/api/v1/keys', { body: { name: 'a' } });
    const { body: second } = await ask('POST', `/api/v1/keys/${made.id}/rotate`);
    expect(second.id).toBe(made.id);
    expect(money.findKey(made.key)?.status).toBe('revoked');
    expect(money.findKey(second.key)?.status).toBe('active');
    const { body: third } = await ask('POST', `/api/v1/keys/${made.id}/rotate`, { body: { grace_seconds: 3600 } });
    expect(money.findKey(second.key)?.status).toBe('active');
    expect(money.findKey(third.key)?.status).toBe('active');
    await ask('POST', `/api/v1/keys/${made.id}/rotate`);
    // Chunked, and nothing in it.
    const empty = new Request(`http://127.0.0.1:8787/api/v1/keys/${made.id}/rotate`, {
      method: 'POST',
      body: new Blob([]).stream(),
    });
    expect((await handle(empty, SOCKET))?.status).toBe(200);
    expect(money.findKey(second.key)?.status).toBe('revoked');
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

describe('groups', () => {
  test('reach models and multiply prices', async () => {
    const body = { id: 'cheap', models: ['m1'], multiplier: 0.8, exclusive: true };
    expect((await ask('POST', '/api/v1/groups', { body })).body).toMatchObject({ ...body, multiplier: '0.8' });
    expect((await ask('POST', '/api/v1/groups', { body })).status).toBe(409);
    const { body: made } = await ask('POST', '/api/v1/keys', { body: { name: 'a', group_id: 'cheap' } });
    const reaches = (id: string) => money.mayUse(money.findKey(made.key) as never, id);
    expect([reaches('m1'), reaches('m2')]).toEqual([true, false]);
    await ask('PUT', '/api/v1/groups/cheap', { body: { models: null } });
    expect(reaches('m2')).toBe(true);
    expect((await ask('GET', '/api/v1/groups')).body.data.map(({ id }: { id: string }) => id)).toEqual([
      'default',
      'cheap',
    ]);
    const small = { id: 'small', multiplier: 0.0000001 };
    expect((await ask('POST', '/api/v1/groups', { body: small })).body.multiplier).toBe('0.0000001');
    for (const wrong of [{ multiplier: '-1' }, { multiplier: '1e3' }, { models: ['gpt-9'] }, { id: 'new' }]) {
      expect((await ask('PUT', '/api/v1/groups/cheap', { body: wrong })).status).toBe(400);
    }
  });
});

describe('wallet', () => {
  test('tells what is there', async () => {
    await call(KEY);
    expect((await ask('GET', '/api/v1/wallet')).body).toEqual({
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
    expect((await money.doctor()).faults).toEqual([]);
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
    expect(money.walletStatus()).toMatchObject({ ...sums, balance: -1_500_000_400n });
    expect((await money.doctor()).faults).toEqual([]);
    // A restart finds them apart too.
    await money.close();
    money = await openMoney({ dataFolder: folder, creditUsd: '0' });
    expect(money.walletStatus()).toMatchObject({ ...sums, balance: -1_500_000_400n });
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
    expect(body.data).toEqual([
      {
        request_id: 'req_a',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        started_at: expect.any(String),
        api_key_id: money.findKey(KEY)?.id,
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
    ]) {
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
    ]) {
      expect((await ask('GET', `${path}?request_id=req_a`, { token })).body.data).toMatchObject([told]);
      const { buckets, totals } = (await ask('GET', `${path}?group_by=model`, { token })).body;
      expect([buckets, totals]).toMatchObject([[told], told]);
    }
  });

  test('more sums than fit an answer are refused with what to do', async () => {
    const asked = spyOn(money.store, 'usageBuckets').mockResolvedValue(undefined);
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
    const asked = spyOn(money.store, 'usageBuckets').mockResolvedValue(Array(30_000).fill(bucket));
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
    expect([status, body.error.param]).toEqual([400, query.split('=')[0]]);
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
  expect(inUse.usd[0].length + inUse.usd[1].length + inUse.usd[2].length).toBe(6);

  await money.close();
  open(await openMoney({ dataFolder: folder, creditUsd: '0' }));
  const onTheRoad = spyOn(money.store, 'spendingOf');
  // A restart forgets a minute.
  expect(await look()).toEqual({ ...inUse, rates: [{ name: 'tpm', limit: 10_000, used: 0 }] });
  expect(onTheRoad).not.toHaveBeenCalled();

  // What is used while it is read is told by memory.
  const read = spyOn(money.store, 'keyTotals').mockImplementation(async () => {
    read.mockRestore();
    await call(made.key);
    return new Map();
  });
  const { body: list } = await ask('GET', '/api/v1/keys?name=mine');
  expect(list.data[0].limits.map((one: { spent_usd: string }) => one.spent_usd)).toEqual(Array(3).fill('0.0000008'));
});

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
    const running = money.admit(money.findKey(made.key)!, '203.0.113.7');
    await call(made.key, {}, 'req_mine');
    const mine = (path: string) => ask('GET', path, { token: made.key });
    const balance = {
      available_usd: '0.9999996',
      reserved_usd: '0',
      lifetime_spent_usd: '0.0000004',
      quota_usd: '5',
      currency: 'USD',
    };
    expect((await mine('/v1/balance')).body).toEqual(balance);
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
    expect((await ask('GET', `/api/v1/keys/${made.id}`)).body.rate_limits[2].used).toBe(0);
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

describe('who may manage', () => {
  test('only an admin token opens', async () => {
    for (const token of [null, KEY, 'wrong']) {
      const { status, body } = await ask('GET', '/api/v1/wallet', { token });
      expect([status, body.error.type]).toEqual([401, 'authentication_error']);
      expect(body.error.message).toContain('`npx bytespike admin reset`');
    }
  });

  test('failed log-ins are limited, and those who were in stay in', async () => {
    await ask('GET', '/api/v1/wallet');
    for (let n = 0; n < 10; n++) await ask('GET', '/api/v1/wallet', { token: `guess-${n}` });
    const blocked = await ask('GET', '/api/v1/wallet', { token: 'guess-11' });
    expect(blocked.status).toBe(429);
    expect(Number(blocked.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect((await ask('GET', '/api/v1/wallet')).status).toBe(200);
    const { token } = (await ask('POST', '/api/v1/admin/tokens', { body: { name: 'new' } })).body;
    expect((await ask('GET', '/api/v1/wallet', { token })).status).toBe(429);
    expect((await ask('GET', '/api/v1/wallet', { token, peer: { ip: '203.0.113.8' } })).status).toBe(200);
  });

  test.each([
    [{ host: 'evil.example' }, 403],
    [{ host: 'evil.example', origin: 'http://evil.example' }, 403],
    [{ host: '127.0.0.1:8787', origin: 'http://evil.example' }, 403],
    [{ host: '127.0.0.1:8787', origin: 'http://127.0.0.1:9999' }, 403],
    [{ host: '127.0.0.1:8787', origin: 'null' }, 403],
    [{ host: '127.0.0.1:8787', origin: 'http://127.0.0.1:8787' }, 200],
    [{ host: 'localhost:8787' }, 200],
    [{ host: '[::1]:8787' }, 200],
    [{ host: '10.1.2.3' }, 200],
    [{ host: 'gateway.example', origin: 'https://gateway.example' }, 200],
  ])('%j → %p', async (headers, status) => {
    expect((await ask('GET', '/api/v1/wallet', { headers })).status).toBe(status);
  });

  test('tokens have names, are shown once, and can be revoked and reset', async () => {
    const { status, body: made } = await ask('POST', '/api/v1/admin/tokens', { body: { name: 'ada' } });
    expect([status, made.token]).toEqual([201, expect.stringMatching(/^bytespike-admin-/)]);
    await ask('POST', '/api/v1/keys', { body: { name: 'by-ada' }, token: made.token });
    const { data } = (await ask('GET', '/api/v1/audit?action=key.create&limit=1')).body;
    expect(data[0]).toMatchObject({ actor: 'ada', ip: '203.0.113.7', before: null, after: { name: 'by-ada' } });
    expect((await ask('POST', '/api/v1/admin/tokens', { body: { name: 'ada' } })).status).toBe(409);
    expect((await ask('DELETE', '/api/v1/admin/tokens/ada')).body.status).toBe('revoked');
    expect((await ask('GET', '/api/v1/wallet', { token: made.token })).status).toBe(401);
    const { body: reset } = await ask('POST', '/api/v1/admin/tokens/reset', { peer: SOCKET });
    expect((await ask('GET', '/api/v1/wallet')).status).toBe(401);
    const list = await ask('GET', '/api/v1/admin/tokens', { token: reset.token });
    expect(list.body.data.map(({ name, status: s }: Record<string, string>) => [name, s])).toEqual([
      ['env', 'revoked'],
      ['ada', 'revoked'],
      ['first-start', 'active'],
    ]);
    expect(JSON.stringify(await ask('GET', '/api/v1/audit', { token: reset.token }))).not.toContain(made.token);
  });
});

describe('maintenance', () => {
  test('is for the machine itself', async () => {
    expect((await ask('GET', '/api/v1/doctor')).status).toBe(403);
    expect((await ask('POST', '/api/v1/backup')).status).toBe(403);
  });

  test('the doctor says that the books are right', async () => {
    await call(KEY);
    expect((await ask('GET', '/api/v1/doctor', { peer: SOCKET })).body).toEqual({
      ok: true,
      charges_checked: 1,
      faults: [],
      warnings: [],
    });
  });

  test('a backup opens as a database of its own', async () => {
    await call(KEY);
    const { status, body } = await ask('POST', '/api/v1/backup', { peer: SOCKET });
    expect(status).toBe(201);
    expect((await stat(body.path)).mode & 0o777).toBe(0o600);
    const path = join(folder, 'copy', 'bytespike.db');
    await Bun.write(path, Bun.file(body.path));
    const copy = await openMoney({ dataFolder: join(folder, 'copy'), creditUsd: '0' });
    expect(copy.walletStatus().spent).toBe(400n);
    await copy.close();
    for (const path of [join(String(body.path), 'in-a-file.db'), join(String(body.path), '..', 'nowhere', 'copy.db')]) {
      const nowhere = await ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path } });
      expect([nowhere.status, nowhere.body.error.param]).toEqual([400, 'path']);
      expect(nowhere.body.error.message).toContain('a folder that exists');
    }
    const full = spyOn(money, 'backup').mockImplementation(async (to) => {
      for (const file of [to, `${to}-journal`]) await Bun.write(file, 'a part');
      throw new StorageError('unavailable', 'SQLITE_FULL');
    });
    const before = await readdir(dirname(body.path));
    const half = join(dirname(body.path), 'half.db');
    const failed = await ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path: half } });
    full.mockRestore();
    expect([failed.status, failed.body.error.message]).toEqual([503, expect.stringContaining('Is there room')]);
    expect(await readdir(dirname(body.path))).toEqual(before);
    // The operator reads of it.
    expect(faults.splice(0)).toHaveLength(1);
    for (const path of [dirname(body.path), `${dirname(body.path)}/`]) {
      const aFolder = await ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path } });
      expect([path, aFolder.status, aFolder.body.error.param]).toEqual([path, 409, 'path']);
    }
    const dangling = join(dirname(body.path), 'link.db');
    await symlink('nowhere.db', dangling);
    expect((await ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path: dangling } })).status).toBe(409);
    const long = join(dirname(body.path), `${'x'.repeat(240)}.db`);
    const both = await Promise.all(
      [1, 2].map(() => ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path: long } })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const again = await ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path: body.path } });
    expect([again.status, again.body.error.param]).toEqual([409, 'path']);
  });

  test('a backup stands although the database is too full for its audit row', async () => {
    const full = spyOn(money.store, 'write').mockRejectedValue(new StorageError('unavailable', 'SQLITE_FULL'));
    const { status, body } = await ask('POST', '/api/v1/backup', { peer: SOCKET });
    full.mockRestore();
    expect([status, body.warnings]).toEqual([201, [expect.stringContaining('audit log has no row')]]);
    expect((await stat(body.path)).size).toBe(body.bytes);
    expect(faults.splice(0)).toHaveLength(1);
    expect((await ask('POST', '/api/v1/backup', { peer: SOCKET })).body.warnings).toEqual([]);
  });

  test('an audit row speaks as the API does: its names, USD, instants', async () => {
    const limits = { quota: '12.5', rate_limit_5h: '0.000000001', ip_whitelist: ['10.0.0.0/8'] };
    const { body: key } = await ask('POST', '/api/v1/keys', { body: { name: 'k', ...limits } });
    await ask('PUT', `/api/v1/keys/${key.id}`, { body: { quota: 3 } });
    const { data } = (await ask('GET', '/api/v1/audit?action=key.update')).body;
    expect(data[0].before).toMatchObject({ ...limits, group_id: 'default', created_at: key.created_at });
    expect(data[0].after).toMatchObject({ ...limits, quota: '3' });
  });
});
