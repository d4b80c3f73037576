import { afterAll, expect, test } from 'bun:test';
import { listen } from './listener.ts';

const page = 'https://console.example.com';
const listener = listen({
  host: '127.0.0.1',
  port: 0,
  trustedProxies: [],
  corsOrigins: [page],
  answer: async () => new Response('{}'),
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
