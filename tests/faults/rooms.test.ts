import { afterAll, beforeAll, expect, test } from 'bun:test';
import { testGateway } from '../support/gateway.ts';
import { type CommandProcess, cleanUp, serving, workingFolder } from '../support/gateway-process.ts';
import { rawClient, rawRequest, wholeAnswer } from '../support/raw-client.ts';

const ADMIN_TOKEN = 'an-admin-token-for-the-room-body-tests-0123';
const API_KEY = 'sk-byts-room-body-tests-0123456789abcdefghijklmn';

let server: CommandProcess & { url: string };
let cookie: string;

beforeAll(async () => {
  server = await serving(await workingFolder(), {
    BYTESPIKE_ADMIN_TOKEN: ADMIN_TOKEN,
    BYTESPIKE_BOOTSTRAP_KEY: API_KEY,
  });
  const session = await fetch(server.url + LOG_IN, {
    method: 'POST',
    headers: PAGE,
    body: JSON.stringify({ secret: API_KEY }),
  });
  cookie = session.headers.get('set-cookie')?.split(';')[0] ?? '';
});
afterAll(cleanUp);

const LOG_IN = '/console/api/session';
const PAGE = { 'x-bytespike-console': '1', 'content-type': 'application/json' };

/** Who may send a body to each room, and how much. */
const rooms = (): [path: string, headers: Record<string, string>, most: number, told: string][] => [
  [LOG_IN, PAGE, 4 * 1024, '4 KiB'],
  ['/api/v1/keys', { authorization: `Bearer ${ADMIN_TOKEN}` }, 1024 * 1024, '1 MiB'],
  ['/console/api/run/v1/chat/completions', { ...PAGE, cookie }, 32 * 1024 * 1024, '32 MiB'],
];

/** Status and error of an answer. */
async function exchange(
  bytes: string | Uint8Array,
): Promise<[status: number, code: string | undefined, message: string]> {
  using client = rawClient(server.url);
  client.send(bytes);
  const text = await client.received(wholeAnswer);
  const { error } = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as {
    error: { code: string; message: string };
  };
  return [Number(text.slice(9, 12)), error.code, error.message];
}

test('a body that says that it is too long is refused before it comes', async () => {
  for (const [path, headers, most, told] of rooms()) {
    const request = rawRequest(path, { ...headers, 'content-length': String(most + 1) });
    expect(await exchange(request)).toEqual([413, 'request_too_large', `The body is larger than ${told}.`]);
  }
});

test('so is one that does not say, once it is', async () => {
  for (const [path, headers, most, told] of rooms()) {
    const chunk = `${(most + 1).toString(16)}\r\n${' '.repeat(most + 1)}\r\n`;
    const request = rawRequest(path, { ...headers, 'transfer-encoding': 'chunked' }, chunk);
    expect(await exchange(request)).toEqual([413, 'request_too_large', `The body is larger than ${told}.`]);
  }
});

test('one whose chunks are none is the client’s fault', async () => {
  for (const [path, headers] of [...rooms(), ['/v1/messages', { 'x-api-key': API_KEY }] as const]) {
    const request = rawRequest(path, { ...headers, 'transfer-encoding': 'chunked' }, 'zz\r\n');
    const [status, code, message] = await exchange(request);
    expect([path, status, code ?? '']).toEqual([path, 400, path === '/v1/messages' ? '' : 'invalid_param']);
    expect(message).toBe('The body is malformed: a chunk has no size.');
  }
});

test('a path says which methods it has, also to one that nobody knows', async () => {
  const paths: [path: string, status: number, allow: string | null][] = [
    ['/healthz', 405, 'GET'],
    ['/api/v1/keys', 405, 'POST, GET'],
    ['/docs', 405, 'GET'],
    ['/', 405, 'GET'],
    [LOG_IN, 405, 'GET, POST, DELETE'],
    ['/nowhere', 404, null],
  ];
  for (const method of ['OPTIONS', 'PATCH', 'BREW']) {
    for (const [path, status, allow] of paths) {
      using client = rawClient(server.url);
      const headers = 'host: 127.0.0.1\r\nx-bytespike-console: 1\r\ncontent-length: 0';
      client.send(`${method} ${path} HTTP/1.1\r\n${headers}\r\n\r\n`);
      const text = await client.received(wholeAnswer);
      const told = /\r\nallow: (.*)\r/i.exec(text)?.[1] ?? null;
      expect([method, path, Number(text.slice(9, 12)), told]).toEqual([method, path, status, allow]);
    }
  }
});

test('metrics are shown to an admin token, and guesses at it are limited with those at the management API', async () => {
  const ask = (path: string, token: string) =>
    fetch(server.url + path, {
      // As through a proxy: who is on this machine needs no token.
      headers: { 'x-forwarded-for': '203.0.113.9', ...(token !== '' && { authorization: `Bearer ${token}` }) },
    });
  expect((await ask('/metrics', ADMIN_TOKEN)).status).toBe(200);
  const without = await ask('/metrics', '');
  expect([without.status, without.headers.get('x-should-retry')]).toEqual([401, 'false']);
  for (let guess = 0; guess < 10; guess++) expect((await ask('/metrics', `guess-${guess}`)).status).toBe(401);
  for (const path of ['/metrics', '/api/v1/wallet']) {
    const limited = await ask(path, 'guess-11');
    expect([limited.status, limited.headers.has('retry-after')]).toEqual([429, true]);
    expect((await ask(path, ADMIN_TOKEN)).status).toBe(200);
  }
});

test('a fault of one is a 500 that says nothing of it, and is told to the operator', async () => {
  const fault = new TypeError('a secret of ours');
  const site = (): never => {
    throw fault;
  };
  await using gateway = await testGateway({ site });
  const answer = await fetch(`${gateway.url}/docs`);
  expect([answer.status, answer.headers.has('x-request-id')]).toEqual([500, true]);
  expect(await answer.text()).not.toContain('secret');
  expect(gateway.faults).toEqual([fault]);
});

test('the playground’s calls of a key are refused before their body comes, as those of any client', async () => {
  const created = await fetch(`${server.url}/api/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify({ name: 'one a minute', rpm: 1 }),
  });
  const { key } = (await created.json()) as { key: string };
  const session = await fetch(server.url + LOG_IN, {
    method: 'POST',
    headers: PAGE,
    body: JSON.stringify({ secret: key }),
  });
  const headers = { ...PAGE, cookie: session.headers.get('set-cookie')?.split(';')[0] ?? '' };
  const run = '/console/api/run/v1/chat/completions';
  const body = JSON.stringify({ model: 'deepseek-v4-pro', messages: [{ role: 'user', content: 'Hello' }] });
  expect((await fetch(server.url + run, { method: 'POST', headers, body })).status).toBe(200);
  // Nothing of it is sent: who waits for it waits for ever.
  const announced = rawRequest(run, { ...headers, 'content-length': String(32 * 1024 * 1024) });
  expect((await exchange(announced)).slice(0, 2)).toEqual([429, 'rate_limit_exceeded']);
});

test('a host with a path in it leads to no other room than the target of the request', async () => {
  for (const host of ['localhost/api/v1/keys/x?', 'localhost\\api\\v1\\keys?', 'localhost#', 'somebody@localhost']) {
    const head = `GET /v1/balance HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`;
    expect([host, ...(await exchange(head)).slice(0, 2)]).toEqual([host, 400, 'invalid_param']);
  }
});

test('what is told to a key is kept by no cache', async () => {
  const paths = ['/v1/models', '/v1/models/deepseek-v4-pro', '/v1/balance', '/api/v1/me/account', '/api/v1/me/usage'];
  for (const path of paths) {
    for (const more of [{}, { 'anthropic-version': '2023-06-01' }]) {
      const answer = await fetch(server.url + path, { headers: { 'x-api-key': API_KEY, ...more } });
      expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([path, 200, 'no-store']);
    }
  }
  for (const path of ['session', 'requests', 'failures', 'models', 'latency', 'manage/me/account']) {
    const answer = await fetch(`${server.url}/console/api/${path}`, { headers: { ...PAGE, cookie } });
    expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([path, 200, 'no-store']);
  }
});

test('a client that leaves in the middle of one is nobody’s fault', async () => {
  for (const [path, headers] of rooms()) {
    using client = rawClient(server.url);
    client.send(rawRequest(path, { ...headers, expect: '100-continue', 'content-length': '100' }));
    // Now somebody waits for it.
    await client.received((text) => text.includes('100 Continue'));
    client.reset();
  }
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  server.kill('SIGTERM');
  expect(await server.stderr()).not.toMatch(/"level":"error"/);
});
