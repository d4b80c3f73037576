import { afterAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { loopTime } from '../../tests/support/loop-time.ts';
import { listen } from './listener.ts';

const page = 'https://console.example.com';
const listener = listen({
  host: '127.0.0.1',
  port: 0,
  trustedProxies: [],
  corsOrigins: [page],
  clientStallMs: 60_000,
  answer: async ({ path }) => new Response(path),
  onFault: () => {},
});
afterAll(() => listener.close());

const preflight = (headers: Record<string, string>): Promise<Response> =>
  fetch(`http://127.0.0.1:${listener.port}/v1/messages`, { method: 'OPTIONS', headers: { origin: page, ...headers } });

test('a preflight allows the headers that official clients add in a browser, and has a request id', async () => {
  const asked = 'anthropic-dangerous-direct-browser-access,authorization,content-type,x-stainless-lang';
  const { status, headers } = await preflight({ 'access-control-request-headers': asked });
  expect(status).toBe(204);
  expect(headers.get('access-control-allow-origin')).toBe(page);
  expect(headers.get('access-control-allow-headers')).toBe(asked);
  expect(headers.get('vary')).toBe('origin, access-control-request-headers');
  expect(headers.get('x-request-id')).toMatch(/^req_/);
  expect(headers.get('request-id')).toBe(headers.get('x-request-id'));
});

test('a preflight that names no headers, or no names of headers, is told those of the two protocols', async () => {
  for (const asked of [{}, { 'access-control-request-headers': 'a b; c' }]) {
    const { headers } = await preflight(asked);
    expect(headers.get('access-control-allow-headers')).toContain('authorization, x-api-key');
  }
});

test('a page of another origin is refused', async () => {
  const { status, headers } = await preflight({ origin: 'https://elsewhere.example' });
  expect([status, headers.get('access-control-allow-origin')]).toEqual([403, null]);
});

/** The answer to these bytes, once the listener has closed. */
async function exchange(text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = '';
  const socket = connect(listener.port, '127.0.0.1');
  socket.on('data', (bytes) => {
    answer += bytes.toString('latin1');
  });
  socket.on('close', () => resolve(answer));
  socket.write(Buffer.from(text, 'latin1'));
  return promise;
}

const close = 'host: x\r\nconnection: close\r\n\r\n';

test.each([
  ['/a/b?c=/d', '/a/b'],
  ['/a#b', '/a'],
  ['/a?b=http://c/d', '/a'],
  ['/a://b/c', '/a://b/c'],
  ['http://x', '/'],
  ['http://x/a?b', '/a'],
  ['http://x?a=/healthz', '/'],
  ['http://x#/healthz', '/'],
])('the path of the target %s is %s', async (target, path) => {
  expect(await exchange(`GET ${target} HTTP/1.1\r\n${close}`)).toEndWith(`\r\n\r\n${path}`);
});

test.each([
  ['two lengths', 'HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n'],
  ['an unknown coding', 'HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n'],
  ['another version', 'HTTP/1.2\r\nhost: x\r\n\r\n'],
  ['a control character', 'HTTP/1.1\r\nhost: x\r\na: \0\r\n\r\n'],
  ['a head too long', `HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(17_000)}\r\n\r\n`],
  ['a page of another origin', `HTTP/1.1\r\norigin: https://elsewhere.example\r\n${close}`],
])('%s is refused in the shape of the protocol called', async (_name, rest) => {
  const messages = await exchange(`OPTIONS /v1/messages?beta=true ${rest}`);
  expect(messages).toMatch(/\r\nrequest-id: req_/);
  expect(messages).toContain('{"type":"error","error":');
  const chat = await exchange(`OPTIONS /v1/chat/completions ${rest}`);
  expect(chat).not.toMatch(/\r\nrequest-id: /);
  expect(chat).toContain('{"error":{');
});

test('what has no whole first line is refused too', async () => {
  expect(await exchange('POST /v1/messages\0')).toMatch(/^HTTP\/1\.1 400 /);
});

describe('when nothing more is accepted', () => {
  const draining = () => {
    const gate = Promise.withResolvers<void>();
    const one = listen({
      host: '127.0.0.1',
      port: 0,
      trustedProxies: [],
      corsOrigins: [],
      clientStallMs: 60_000,
      answer: async ({ path }) => {
        if (path === '/slow') await gate.promise;
        return new Response(path);
      },
      onFault: () => {},
    });
    const peer = connect(one.port, '127.0.0.1');
    const heard = { text: '', reset: false };
    const closed = new Promise<void>((resolve) => peer.on('close', () => resolve()));
    peer.on('data', (bytes) => {
      heard.text += bytes.toString('latin1');
    });
    peer.on('error', () => {
      heard.reset = true;
    });
    const ask = (path: string) => void peer.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    const says = async (what: string): Promise<void> => {
      while (!heard.text.includes(what)) await Bun.sleep(1);
    };
    return { one, gate, closed, heard, ask, says };
  };

  test('a request that is on its way over a kept connection is answered, as the last one', async () => {
    const { one, closed, heard, ask, says } = draining();
    ask('/first');
    await says('\r\n\r\n/first');
    const drained = one.drain();
    ask('/second');
    await drained;
    await closed;
    expect(heard.text).toMatch(/\r\nconnection: close\r\n\r\n\/second$/);
    expect(heard.reset).toBe(false);
    await one.close();
  });

  test('a running answer ends, and what is idle is closed soon', async () => {
    const { one, gate, closed, heard, ask } = draining();
    ask('/slow');
    await Bun.sleep(20);
    let over = false;
    const drained = one.drain().then(() => {
      over = true;
    });
    await Bun.sleep(120);
    expect(over).toBe(false);
    gate.resolve();
    await drained;
    await closed;
    expect(heard.text).toMatch(/\r\nconnection: close\r\n\r\n\/slow$/);
    await one.close();
  });

  test('what has idle connections alone ends soon', async () => {
    const { one, closed, heard, ask, says } = draining();
    ask('/first');
    await says('\r\n\r\n/first');
    const since = loopTime();
    await one.drain();
    await closed;
    expect(since.elapsed()).toBeLessThan(250);
    expect(heard.reset).toBe(false);
  });
});
