import { describe, expect, test } from 'bun:test';
import { AdminBench, KEY, SOCKET } from './test-bench.ts';

const bench = new AdminBench();
const { ask } = bench;

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
    expect(list.body.data.map(({ name, status: s }) => [name, s])).toEqual([
      ['env', 'revoked'],
      ['ada', 'revoked'],
      ['first-start', 'active'],
    ]);
    expect(JSON.stringify(await ask('GET', '/api/v1/audit', { token: reset.token }))).not.toContain(made.token);
  });
});
