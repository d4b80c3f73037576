import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { httpTransport } from './transport.ts';

const script = `
  import { httpTransport } from ${JSON.stringify(join(import.meta.dir, 'transport.ts'))};
  const { signal } = new AbortController();
  const request = { headers: {}, body: '{}', signal, connectMs: 1000, fresh: false };
  const response = await httpTransport(process.env)(process.env.TO, request);
  const { value } = await response.body.getReader().read();
  process.stdout.write(new TextDecoder().decode(value));
  process.exit(0);
`;

test('a proxy that the environment names is gone through, and without one nobody is', async () => {
  // A proxy is asked for whole URLs.
  using server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data: (peer, bytes) => {
        const asked = bytes.toString().split(' ')[1]!;
        peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${asked.length}\r\n\r\n${asked}`);
      },
    },
  });
  const address = `http://127.0.0.1:${server.port}`;
  const ask = async (environment: Record<string, string>): Promise<string> => {
    const child = Bun.spawn([process.execPath, '-e', script], {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new Response(child.stdout).text();
  };
  expect(await ask({ TO: `${address}/direct` })).toBe('/direct');
  expect(await ask({ TO: 'http://upstream.example/via', HTTP_PROXY: address })).toBe('http://upstream.example/via');
});

test('behind a proxy what may have begun to answer is not taken for what never did', async () => {
  // The environment of this process names none: what is tried is the client that is used where one is named.
  const post = httpTransport({ HTTPS_PROXY: 'http://proxy.example' });
  const { signal } = new AbortController();
  const failure = (port: number): Promise<unknown> =>
    post(`http://127.0.0.1:${port}/`, { headers: {}, body: '{}', signal, connectMs: 1000, fresh: false }).catch(
      (error: unknown) => error,
    );
  for (const [sent, code] of [
    ['SSH-2.0-OpenSSH_9.2\r\n\r\n', 'Malformed_HTTP_Response'],
    ['HTTP/1.1 200 OK\r\ncontent-type: app', 'ECONNRESET'],
    ['HTTP/1.1 100 Continue\r\n\r\n', 'ECONNRESET'],
  ] as const) {
    using server = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        data: (peer) => {
          peer.end(sent);
        },
      },
    });
    expect([sent, await failure(server.port)]).toEqual([sent, expect.objectContaining({ code, begun: true })]);
  }
  const gone = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  gone.stop(true);
  expect(await failure(gone.port)).toMatchObject({ code: 'ECONNREFUSED', begun: false });
});
