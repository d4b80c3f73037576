import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { brotliDecompressSync } from 'node:zlib';
import { cleanUp, serving, workingFolder } from '../support/gateway-process.ts';

const ADMIN_TOKEN = 'an-admin-token-for-the-console-tests-0123';
const API_KEY = 'sk-byts-console-tests-0123456789abcdefghijklmnop';
/** What the browser loads before the first page is there, compressed. Bytes. */
const FIRST_LOAD = 300_000;

let url: string;

beforeAll(async () => {
  ({ url } = await serving(await workingFolder(), {
    BYTESPIKE_ADMIN_TOKEN: ADMIN_TOKEN,
    BYTESPIKE_BOOTSTRAP_KEY: API_KEY,
  }));
});
afterAll(cleanUp);

describe('the page of the console', () => {
  test('is the same at every address below /console, and never cached', async () => {
    const page = await get('/console');
    expect([page.status, page.headers.get('content-type'), page.headers.get('cache-control')]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    expect(await (await get('/console/requests/req_1')).text()).toBe(await page.text());
  });

  test('has no script and no style of its own, and its policy would run none', async () => {
    const page = await get('/console');
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|style=|\son\w+=/);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
  });

  test('loads files that are named by their content, are kept for good, and are light', async () => {
    const html = await (await get('/console')).text();
    const waiting = [...html.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(waiting.length).toBe(4);
    let bytes = 0;
    const seen = new Set<string>();
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const file = await get(path, { 'accept-encoding': 'br' });
      expect([path, file.status, file.headers.get('cache-control'), file.headers.get('content-encoding')]).toEqual([
        path,
        200,
        'public, max-age=31536000, immutable',
        'br',
      ]);
      const body = new Uint8Array(await file.arrayBuffer());
      bytes += body.byteLength;
      // What a script imports at once is loaded with it; what it imports later is not part of the first load.
      const text = brotliDecompressSync(body).toString();
      for (const [, chunk = ''] of text.matchAll(/(?:from|import)\s*"(?:\.|\/console\/assets)\/([\w-]+\.js)"/g)) {
        waiting.push(`/console/assets/${chunk}`);
      }
    }
    expect(bytes).toBeLessThan(FIRST_LOAD);
  });

  test('has no file but its own', async () => {
    expect((await get('/console/assets/..%2f..%2fpackage.json')).status).toBe(404);
    expect((await get('/console/assets/main.js')).status).toBe(404);
  });
});

// Before the tests of the log-in, after which this address may try no new secret.
test('a request is seen whole by the administrator and by its key, and by no other key', async () => {
  const admin = cookieOf(await logIn(ADMIN_TOKEN));
  const create = await api('manage/keys', admin, { method: 'POST', body: '{"name":"neighbour"}' });
  const neighbour = (await create.json()) as { id: string; key: string };
  const call = async (model: string) => {
    const answer = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': neighbour.key, 'content-type': 'application/json' },
      body: JSON.stringify({ model, max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] }),
    });
    return answer.headers.get('x-request-id') ?? '';
  };
  const [billed, failed] = [await call('deepseek-v4-pro'), await call('no-such-model')];
  const rows = async (cookie: string, path: string) => ((await (await api(path, cookie)).json()) as Listing).data;

  const [road = {}] = await rows(admin, `requests?request_id=${billed}`);
  expect(road).toMatchObject({ apiKeyId: neighbour.id, protocol: 'messages', status: 200, outcome: 'complete' });
  const steps = (road.steps as { name: string }[]).map(({ name }) => name);
  expect(steps).toEqual(['admit', 'read body', 'guard', 'reserve', 'upstream head', 'upstream end', 'settle']);
  const [row] = await rows(admin, `manage/usage?request_id=${billed}`);
  expect(row).toMatchObject({ cost_usd: road.costUsd, price: { multiplier: '1' } });

  const own = cookieOf(await logIn(neighbour.key));
  const other = cookieOf(await logIn(API_KEY));
  for (const path of [`requests?request_id=${billed}`, `requests?request_id=${failed}`]) {
    expect([path, (await rows(own, path)).length]).toEqual([path, 1]);
    expect([path, (await rows(other, path)).length]).toEqual([path, 0]);
  }
  const usage = `manage/me/usage?request_id=${billed}`;
  expect((await rows(own, usage))[0]).not.toHaveProperty('upstream_cost_usd');
  expect(await rows(other, usage)).toEqual([]);
  const seen = async (cookie: string) => (await rows(cookie, 'requests')).map(({ apiKeyId }) => apiKeyId);
  expect(new Set(await seen(own))).toEqual(new Set([neighbour.id]));
  expect(await seen(other)).not.toContain(neighbour.id);
});

describe('a session', () => {
  test('is opened with the admin token, by a cookie that no script reads and no other site sends', async () => {
    const answer = await logIn(ADMIN_TOKEN);
    expect(answer.status).toBe(201);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/; Path=\/console; HttpOnly; SameSite=Strict; Max-Age=86400$/);
    expect(await answer.text()).not.toContain(ADMIN_TOKEN);
    const session = await api('session', cookieOf(answer));
    expect(await session.json()).toMatchObject({ kind: 'admin', key_id: null, simulated: true, public_url: url });
  });

  test('is nobody’s before the log-in and after the log-out', async () => {
    expect(await (await api('session')).json()).toBeNull();
    expect((await api('manage/keys')).status).toBe(401);
    const cookie = cookieOf(await logIn(ADMIN_TOKEN));
    expect((await api('manage/keys', cookie)).status).toBe(200);
    expect((await api('session', cookie, { method: 'DELETE' })).status).toBe(204);
    expect((await api('manage/keys', cookie)).status).toBe(401);
    expect(await (await api('session', cookie)).json()).toBeNull();
  });

  test('acts only for the console’s own page', async () => {
    const cookie = cookieOf(await logIn(ADMIN_TOKEN));
    const create = (headers: Record<string, string>) =>
      fetch(`${url}/console/api/manage/keys`, {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json', ...headers },
        body: '{"name":"forged"}',
      });
    const own = { 'x-bytespike-console': '1' };
    expect((await create({})).status).toBe(403);
    expect((await create({ ...own, origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await create({ ...own, 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await create({ ...own, origin: url, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
  });

  test('is opened and acts behind a proxy that names the gateway by an address of its own', async () => {
    const behind = await serving(await workingFolder(), {
      BYTESPIKE_ADMIN_TOKEN: ADMIN_TOKEN,
      BYTESPIKE_PUBLIC_URL: 'https://gateway.example:8443/',
    });
    const from = (origin: string) =>
      fetch(`${behind.url}/console/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-bytespike-console': '1', origin },
        body: JSON.stringify({ secret: ADMIN_TOKEN }),
      });
    const opened = await from('https://gateway.example:8443');
    expect([opened.status, opened.headers.get('set-cookie')]).toEqual([201, expect.stringContaining('; Secure')]);
    for (const other of [
      'https://gateway.example',
      'http://gateway.example:8443',
      'https://elsewhere.example:8443',
      'null',
    ]) {
      expect([other, (await from(other)).status]).toEqual([other, 403]);
    }
  });

  test('of a key reaches what is about that key, and nothing else', async () => {
    const answer = await logIn(API_KEY);
    expect(await answer.json()).toMatchObject({ kind: 'key', name: 'bootstrap' });
    const cookie = cookieOf(answer);
    expect((await api('manage/me/account', cookie)).status).toBe(200);
    for (const path of ['manage/keys', 'manage/wallet', 'manage/usage', 'manage/me/../keys']) {
      expect([path, (await api(path, cookie)).status]).toEqual([path, 403]);
    }
  });

  test('of an administrator is not ended by a tab that takes it for a key’s', async () => {
    const cookie = cookieOf(await logIn(ADMIN_TOKEN));
    expect((await api('manage/me/account', cookie)).status).toBe(403);
    expect((await api('manage/keys', cookie)).status).toBe(200);
  });

  test('ends with its own secret', async () => {
    const admin = cookieOf(await logIn(ADMIN_TOKEN));
    const made = await api('manage/keys', admin, { method: 'POST', body: '{"name":"short-lived"}' });
    const { id, key } = (await made.json()) as { id: string; key: string };
    const cookie = cookieOf(await logIn(key));
    await api(`manage/keys/${id}`, admin, { method: 'DELETE' });
    expect((await api('manage/me/account', cookie)).status).toBe(401);
    expect(await (await api('session', cookie)).json()).toBeNull();
  });

  test('sees nothing any more once its secret opens nothing', async () => {
    const admin = cookieOf(await logIn(ADMIN_TOKEN));
    const create = async (path: string) =>
      (await (await api(`manage/${path}`, admin, { method: 'POST', body: '{"name":"passing"}' })).json()) as {
        id: string;
        key: string;
        token: string;
      };
    const key = await create('keys');
    const disabled = await create('keys');
    const barred = await create('keys');
    const token = await create('admin/tokens');
    const cookies = await Promise.all(
      [key.key, disabled.key, token.token, barred.key].map(async (secret) => cookieOf(await logIn(secret))),
    );
    const changed = await Promise.all([
      api(`manage/keys/${key.id}`, admin, { method: 'DELETE' }),
      api(`manage/keys/${disabled.id}`, admin, { method: 'PUT', body: '{"status":"disabled"}' }),
      api(`manage/admin/tokens/${token.id}`, admin, { method: 'DELETE' }),
      api(`manage/keys/${barred.id}`, admin, { method: 'PUT', body: '{"ip_whitelist":["203.0.113.7"]}' }),
    ]);
    expect(changed.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    for (const path of ['requests', 'failures', 'models', 'latency']) {
      const statuses = await Promise.all(cookies.map(async (cookie) => (await api(path, cookie)).status));
      expect([path, ...statuses]).toEqual([path, 401, 401, 401, 403]);
    }
    const sessions = await Promise.all(cookies.map(async (cookie) => (await api('session', cookie)).json()));
    expect(sessions).toMatchObject([null, null, null, { kind: 'key' }]);
  });

  test('sees the models that its key reaches, and an administrator all', async () => {
    const made = await api('manage/keys', cookieOf(await logIn(ADMIN_TOKEN)), {
      method: 'POST',
      body: '{"name":"one model","models":["gpt-5-4"]}',
    });
    const { key } = (await made.json()) as { key: string };
    const models = async (secret: string) =>
      ((await (await api('models', cookieOf(await logIn(secret)))).json()) as Listing).data.map(({ id }) => id);
    expect(await models(key)).toEqual(['gpt-5-4']);
    expect((await models(ADMIN_TOKEN)).length).toBeGreaterThan(5);
    expect(await models(API_KEY)).toEqual(await models(ADMIN_TOKEN));
  });

  test('is refused to a wrong secret, and to an address that has tried too many', async () => {
    const secret = 'sk-byts-of-somebody-else-0123456789abcdefghijkl';
    const statuses: number[] = [];
    let last: Response | undefined;
    for (let attempt = 0; attempt < 12; attempt++) {
      last = await logIn(secret);
      statuses.push(last.status);
    }
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(statuses.slice(10)).toEqual([429, 429]);
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
    // Who was in from here before is not locked out by a stranger.
    expect((await logIn(ADMIN_TOKEN)).status).toBe(201);
  });
});

test('the playground calls a model under the rights of the session, and the request is seen at once', async () => {
  const cookie = cookieOf(await logIn(API_KEY));
  const body = { model: 'deepseek-v4-pro', messages: [{ role: 'user', content: 'Hello' }] };
  const answer = await api('run/v1/chat/completions', cookie, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ object: 'chat.completion', model: 'deepseek-v4-pro' });
  const requestId = answer.headers.get('x-request-id') ?? '';
  const found = await api(`requests?request_id=${requestId}`, cookie);
  expect((await found.json()) as Listing).toMatchObject({
    data: [{ requestId, status: 200, model: 'deepseek-v4-pro', upstream: 'simulator' }],
  });
  const models = (await (await api('models', cookie)).json()) as Listing;
  expect(models.data.find(({ id }) => id === 'deepseek-v4-pro')).toMatchObject({
    state: 'simulated',
    upstreams: ['simulator'],
    recent: { calls: 1, errors: 0 },
  });
});

interface Listing {
  data: Record<string, unknown>[];
}

test('what failed is seen with its error, and counted, by whoever it belongs to', async () => {
  const [admin, key] = [cookieOf(await logIn(ADMIN_TOKEN)), cookieOf(await logIn(API_KEY))];
  const body = JSON.stringify({ model: 'no-such-model', messages: [{ role: 'user', content: 'Hello' }] });
  expect((await api('run/v1/chat/completions', key, { method: 'POST', body })).status).toBe(404);
  const stranger = await fetch(`${url}/v1/messages`, { method: 'POST', body: '{}' });
  expect(stranger.status).toBe(401);
  const codes = async (cookie: string, path: string, name: string) =>
    ((await (await api(path, cookie)).json()) as Listing).data.map((row) => row[name]);
  expect(await codes(key, 'requests?failed=1', 'errorCode')).toEqual(['model_not_found']);
  const seen = await codes(admin, 'requests?failed=1', 'errorCode');
  expect(seen.slice(0, 2)).toEqual(['invalid_api_key', 'model_not_found']);
  expect(await codes(key, 'failures', 'code')).toEqual(['model_not_found']);
  expect(new Set(await codes(admin, 'failures', 'code'))).toEqual(new Set(['invalid_api_key', 'model_not_found']));
  expect(await codes(admin, `failures?since=${Date.now()}`, 'code')).toEqual([]);
});

test('percentiles of a session are those of its calls', async () => {
  const cookie = cookieOf(await logIn(API_KEY));
  const answer = (await (await api('latency?simulated=include', cookie)).json()) as Record<string, unknown>;
  expect(answer).toMatchObject({ calls: 1, sampled: false, ttft: null });
  for (const [name, value] of [
    ['colour', 'red'],
    ['group_by', 'day'],
  ]) {
    const refusal = await api(`latency?${name}=${value}`, cookie);
    expect([refusal.status, await refusal.json()]).toMatchObject([400, { error: { param: name } }]);
  }
});

test('the playground of an administrator is billed to a key of the playground’s own, which keeps its limits', async () => {
  const cookie = cookieOf(await logIn(ADMIN_TOKEN));
  const made = await api('manage/keys', cookie, { method: 'POST', body: '{"name":"console-playground"}' });
  const client = (await made.json()) as { id: string };
  const body = JSON.stringify({ model: 'deepseek-v4-pro', messages: [{ role: 'user', content: 'Hello' }] });
  const run = async () => (await api('run/v1/chat/completions', cookie, { method: 'POST', body })).status;
  expect(await run()).toBe(200);
  const listed = async () =>
    ((await (await api('manage/keys?name=console-playground', cookie)).json()) as Listing).data.map(({ id }) => id);
  const [own, other, ...more] = await listed();
  expect([other, more]).toEqual([client.id, []]);
  await api(`manage/keys/${own}`, cookie, { method: 'PUT', body: '{"quota":"0.000001"}' });
  expect(await run()).toBe(402);
  // Somebody takes its secret away.
  expect((await api(`manage/keys/${own}/rotate`, cookie, { method: 'POST', body: '{}' })).status).toBe(200);
  expect(await run()).toBe(402);
  expect(await listed()).toEqual([own, client.id]);
});

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}${path}`, { headers, decompress: false });
}

function logIn(secret: string): Promise<Response> {
  return api('session', '', { method: 'POST', body: JSON.stringify({ secret }) });
}

/** A call as the console's script makes it. */
function api(path: string, cookie = '', init: { method?: string; body?: string } = {}): Promise<Response> {
  const headers = { cookie, 'x-bytespike-console': '1', 'content-type': 'application/json' };
  return fetch(`${url}/console/api/${path}`, { ...init, headers });
}

function cookieOf(answer: Response): string {
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}
