import { expect, test } from 'bun:test';
import { join } from 'node:path';

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
