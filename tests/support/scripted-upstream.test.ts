import { describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import {
  chatAnswer,
  jsonAnswer,
  messagesAnswer,
  rawAnswer,
  type ScriptedAnswer,
  scriptedUpstream,
  sseAnswer,
} from './scripted-upstream.ts';

const post = (url: string, body: unknown = {}, init: RequestInit = {}) =>
  fetch(url, { method: 'POST', body: JSON.stringify(body), ...init });

describe('a scripted upstream', () => {
  test('answers from its queue and records what came, byte for byte', async () => {
    await using upstream = await scriptedUpstream();
    upstream.enqueue(jsonAnswer({ n: 1 }), jsonAnswer({ error: { message: 'no' } }, 400, { 'retry-after': '7' }));
    const first = await post(`${upstream.url}/v1/x?beta=true`, { text: '你好' }, { headers: { 'X-Api-Key': 'k' } });
    expect(await first.json()).toEqual({ n: 1 });
    const second = await post(upstream.url);
    expect([second.status, second.headers.get('retry-after')]).toEqual([400, '7']);
    expect(upstream.requests[0]).toMatchObject({ method: 'POST', path: '/v1/x?beta=true' });
    expect(upstream.requests[0]?.headers['x-api-key']).toBe('k');
    expect(upstream.requests[0]?.text()).toBe('{"text":"你好"}');
    expect((await post(upstream.url)).status).toBe(500);
    expect(upstream.connections).toBe(1);
  });

  test('rules refuse before the queue and answer after it', async () => {
    await using upstream = await scriptedUpstream();
    upstream.refuse((request) => ((request.json() as { bad?: boolean }).bad ? jsonAnswer({}, 400) : undefined));
    upstream.enqueue(jsonAnswer({}, 201));
    upstream.otherwise((request) => jsonAnswer(request.json()));
    expect((await post(upstream.url, { bad: true })).status).toBe(400);
    expect((await post(upstream.url, {})).status).toBe(201);
    expect(await (await post(upstream.url, { echo: 1 })).json()).toEqual({ echo: 1 });
  });

  test('streams frames one by one, as conditions allow', async () => {
    await using upstream = await scriptedUpstream();
    const gate = Promise.withResolvers<void>();
    upstream.enqueue(chatAnswer([{ a: 1 }, { until: gate.promise }, { waitMs: 1 }, { a: 2 }]));
    const reader = (await post(upstream.url)).body!.getReader();
    const text = async () => new TextDecoder().decode((await reader.read()).value);
    expect(await text()).toBe('data: {"a":1}\n\n');
    gate.resolve();
    expect(await text()).toStartWith('data: {"a":2}\n\n');
  });

  test('Messages frames are named by their type', async () => {
    await using upstream = await scriptedUpstream();
    upstream.enqueue(messagesAnswer([{ type: 'ping' }, ': comment\n\n']));
    expect(await (await post(upstream.url)).text()).toBe('event: ping\ndata: {"type":"ping"}\n\n: comment\n\n');
  });

  test.each(['gzip', 'br', 'deflate', 'zstd'] as const)('compresses with %s', async (encoding) => {
    await using upstream = await scriptedUpstream();
    upstream.enqueue({ ...sseAnswer(['data: 1\n\n', 'data: 2\n\n']), encoding });
    const response = await post(upstream.url);
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(await response.text()).toBe('data: 1\n\ndata: 2\n\n');
  });

  test('breaks off: reset, early end of a length, end of an unlimited body', async () => {
    await using upstream = await scriptedUpstream();
    upstream.enqueue(sseAnswer(['data: 1\n\n', 'reset']));
    await expect(post(upstream.url).then((response) => response.text())).rejects.toMatchObject({ code: 'ECONNRESET' });
    upstream.enqueue({
      ...rawAnswer(['half', 'close'], 'text/plain'),
      headers: { 'content-length': '8' },
      framing: 'length',
    });
    await expect(post(upstream.url).then((response) => response.text())).rejects.toThrow();
    upstream.enqueue({ ...rawAnswer(['all'], 'text/html'), framing: 'close' });
    expect(await (await post(upstream.url)).text()).toBe('all');
    upstream.enqueue({ before: ['reset'] });
    await expect(post(upstream.url)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('tells when the client left, and when all connections are gone', async () => {
    await using upstream = await scriptedUpstream();
    const silences: ScriptedAnswer[] = [{ before: ['stall'] }, sseAnswer(['data: 1\n\n', 'stall'])];
    for (const answer of silences) {
      upstream.enqueue(answer);
      const abort = new AbortController();
      const left = post(upstream.url, {}, { signal: abort.signal }).then((response) => response.text());
      const request = await upstream.received(upstream.requests.length + 1);
      const at = performance.now();
      abort.abort();
      await expect(left).rejects.toThrow();
      expect(await request.aborted).toBeGreaterThanOrEqual(at);
      expect(request.answered).toBe(false);
    }
    await upstream.idle();
    expect(upstream.openConnections).toBe(0);
  });

  test('reads chunked bodies and bodies in pieces', async () => {
    await using upstream = await scriptedUpstream();
    upstream.otherwise((request) => jsonAnswer(request.text()));
    const stream = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('one'));
        controller.enqueue(new TextEncoder().encode('two'));
        controller.close();
      },
    });
    expect(await (await fetch(upstream.url, { method: 'POST', body: stream })).json()).toBe('onetwo');
    const socket = connect(upstream.port, '127.0.0.1');
    for (const part of ['POST / HTTP/1.1\r\nHo', 'st: x\r\ncontent-length: 4\r\n\r\nab', 'cd']) {
      await new Promise((resolve) => socket.write(part, resolve));
    }
    expect((await upstream.received(2)).text()).toBe('abcd');
    socket.destroy();
  });
});
