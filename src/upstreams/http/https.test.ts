import { afterEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loopTime } from '../../../tests/support/loop-time.ts';
import { HttpClient } from './http-client.ts';
import { ok, open, post, server, stopAll, text } from './test-bench.ts';

afterEach(stopAll);

describe('https', () => {
  const fixture = (name: string): string => readFileSync(join(import.meta.dir, 'fixtures', name), 'utf8');
  const ca = fixture('test-ca.pem');
  const secure = (name: string): { port: number } => {
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: { cert: fixture(`${name}.pem`), key: fixture(`${name}.key`) },
      fetch: async (request) => new Response(`got ${await request.text()}`),
    });
    open.push(server);
    return { port: server.port! };
  };

  test('with a certificate that is good for the host', async () => {
    const { port } = secure('localhost');
    const client = new HttpClient({ ca });
    for (let i = 0; i < 2; i++) {
      expect(await text(await post(client, `https://localhost:${port}/`, { body: '{"a":1}' }))).toBe('got {"a":1}');
    }
  });

  test.each([
    ['of an authority that is not trusted', 'localhost', undefined],
    ['of another host', 'elsewhere.example', ca],
  ])('with a certificate %s nothing is sent', async (_name, name, trusted) => {
    const { port } = secure(name);
    const client = new HttpClient(trusted === undefined ? {} : { ca: trusted });
    const error = await post(client, `https://localhost:${port}/`).catch((reason) => reason);
    expect(error.code).toMatch(/CERT|VERIFY/);
  });

  test('a server is told its name, but no address', async () => {
    for (const [host, told] of [
      ['localhost', true],
      ['127.0.0.1', false],
    ] as const) {
      const hello = Promise.withResolvers<string>();
      const listener = Bun.listen({
        hostname: '127.0.0.1',
        port: 0,
        socket: {
          data: (peer, bytes) => {
            hello.resolve(bytes.toString('latin1'));
            peer.end();
          },
        },
      });
      open.push(listener);
      await expect(post(new HttpClient({ ca }), `https://${host}:${listener.port}/`)).rejects.toBeInstanceOf(Error);
      expect([host, (await hello.promise).includes(host)]).toEqual([host, told]);
    }
  });

  test('a certificate that is not for the address is not taken', async () => {
    const { port } = secure('elsewhere.example');
    const error = await post(new HttpClient({ ca }), `https://127.0.0.1:${port}/`).catch((reason) => reason);
    expect(error.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('that nobody waits for any more is closed within the handshake', async () => {
    const [greeted, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const listener = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: { data: () => greeted.resolve(), close: () => closed.resolve() },
    });
    open.push(listener);
    const abort = new AbortController();
    const reason = new Error('gone');
    const answer = post(new HttpClient({ ca }), `https://127.0.0.1:${listener.port}/`, { signal: abort.signal });
    await greeted.promise;
    const since = loopTime();
    abort.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await closed.promise;
    expect(since.elapsed()).toBeLessThan(100);
  });

  test('to a server that speaks none fails', async () => {
    const listener = server((peer) => peer.write(ok('plain')));
    const abort = AbortSignal.timeout(2_000);
    await expect(
      post(new HttpClient({ ca }), `https://127.0.0.1:${listener.port}/`, { signal: abort, connectMs: 500 }),
    ).rejects.toBeInstanceOf(Error);
  });
});
