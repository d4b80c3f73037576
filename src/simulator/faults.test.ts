import { afterAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { checkChatStream, checkMessagesStream, eventsOf } from '../../tests/support/stream-invariants.ts';
import { createSimulator } from './index.ts';
import { serveSimulator } from './server.ts';

const server = serveSimulator({ port: 0 });
afterAll(() => server.stop());

const paths = { chat: '/chat/completions', messages: '/anthropic/v1/messages' };
const tool = {
  name: 'get_weather',
  description: 'Weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const request = (fault: string, more: object = {}, signal?: AbortSignal): RequestInit => ({
  method: 'POST',
  headers: { 'x-sim-fault': fault },
  body: JSON.stringify({
    model: 'deepseek-v4-pro',
    max_tokens: 400,
    messages: [{ role: 'user', content: 'Hello' }],
    stream: true,
    ...more,
  }),
  ...(signal ? { signal } : {}),
});
const post = (fault: string, more: object = {}, surface: keyof typeof paths = 'chat') =>
  fetch(`${server.url}${paths[surface]}`, request(fault, more));
const text = async (...args: Parameters<typeof post>) => (await post(...args)).text();

/** What arrived before the body broke, and how it ended. */
async function readUntilBroken(response: Response): Promise<{ text: string; code: unknown }> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body!) text += decoder.decode(chunk, { stream: true });
    return { text, code: 'end' };
  } catch (error) {
    return { text, code: (error as { code?: unknown }).code };
  }
}

describe('connections', () => {
  test('cut-after resets after so many frames', async () => {
    const { text, code } = await readUntilBroken(await post('cut-after=3'));
    expect([eventsOf(text).length, code]).toEqual([3, 'ECONNRESET']);
  });

  test('cut-after a frame that never comes resets at the end', async () => {
    const { text, code } = await readUntilBroken(await post('cut-after=9999'));
    expect(text).toContain('[DONE]');
    expect(code).toBe('ECONNRESET');
  });

  test('cut-after breaks a whole answer in its middle', async () => {
    expect((await readUntilBroken(await post('cut-after=1', { stream: false }))).code).toBe('ECONNRESET');
  });

  test('reset-before-headers sends no byte', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const { body, headers } = request('reset-before-headers') as { body: string; headers: Record<string, string> };
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes;
    });
    const ended = new Promise((resolve) => {
      socket.on('error', (error: Error & { code?: string }) => resolve(error.code));
      socket.on('end', () => resolve('end'));
    });
    socket.write(
      `POST ${paths.chat} HTTP/1.1\r\nhost: x\r\nx-sim-fault: ${headers['x-sim-fault']}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect([await ended, received]).toEqual(['ECONNRESET', '']);
  });

  test.each(['stall-after=2', 'silent'])('%s keeps the connection open and says nothing more', async (fault) => {
    const abort = new AbortController();
    const response = fetch(server.url + paths.chat, request(fault, {}, abort.signal));
    let seen = '';
    const read = (async () => {
      for await (const chunk of (await response).body!) seen += new TextDecoder().decode(chunk);
    })();
    if (fault !== 'silent') while (eventsOf(seen).length < 2) await new Promise((resolve) => setImmediate(resolve));
    const quiet = await Promise.race([
      read.then(() => 'ended'),
      new Promise((resolve) => setTimeout(resolve, 50, 'quiet')),
    ]);
    expect(quiet).toBe('quiet');
    expect(eventsOf(seen).length).toBe(fault === 'silent' ? 0 : 2);
    abort.abort();
    await expect(read).rejects.toThrow();
  });

  test('embedded, breaks and aborts come as fetch would have them', async () => {
    const { transport } = createSimulator({ tokensPerSecond: 0, faults: true });
    await expect(transport(`http://x${paths.chat}`, request('reset-before-headers'))).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    const { code } = await readUntilBroken(await transport(`http://x${paths.chat}`, request('cut-after=2')));
    expect(code).toBe('ECONNRESET');
    for (const fault of ['silent', 'stall-after=1']) {
      const abort = new AbortController();
      const left = transport(`http://x${paths.chat}`, request(fault, {}, abort.signal)).then((response) =>
        response.text(),
      );
      setTimeout(() => abort.abort(new Error('client left')), 5);
      await expect(left).rejects.toThrow('client left');
    }
    const zipped = await transport(`http://x${paths.chat}`, request('gzip'));
    expect([zipped.headers.get('content-encoding'), (await zipped.text()).startsWith('data: ')]).toEqual([
      'gzip',
      true,
    ]);
  });
});

describe('answers in place of an answer', () => {
  test.each([400, 401, 402, 422, 429, 500, 503, 529])('status=%d', async (status) => {
    const response = await post(`status=${status},retry-after=7`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, '7']);
    expect(await response.json()).toMatchObject({
      error: { message: expect.any(String), code: 'invalid_request_error' },
    });
  });

  test('html, and html with a status', async () => {
    expect((await post('html')).status).toBe(502);
    const page = await post('html,status=200');
    expect([page.status, page.headers.get('content-type'), (await page.text()).startsWith('<html>')]).toEqual([
      200,
      'text/html',
      true,
    ]);
  });

  test('empty-200 and content-risk', async () => {
    const empty = await post('empty-200');
    expect([empty.status, await empty.text()]).toEqual([200, '']);
    expect(await text('content-risk')).toContain('Content Exists Risk');
  });
});

describe.each(['chat', 'messages'] as const)('frames of %s', (surface) => {
  test('error-frame-after ends the stream with an error', async () => {
    const events = eventsOf(await text('error-frame-after=2', {}, surface));
    expect(events.length).toBe(3);
    expect(JSON.parse(events[2]!.data)).toHaveProperty('error.message');
  });

  test('keep-alive, crlf and bom change the bytes and not the events', async () => {
    const plain = await text('', {}, surface);
    for (const fault of ['keep-alive=3', 'crlf', 'bom', 'crlf,bom,keep-alive=1']) {
      const changed = await text(fault, {}, surface);
      expect(eventsOf(changed).length).toBe(eventsOf(plain).length);
      if (fault === 'keep-alive=3') expect(changed.startsWith(': keep-alive\n\n'.repeat(3))).toBe(true);
      if (fault.includes('crlf')) expect(changed.replaceAll('\r\n', '')).not.toContain('\n');
    }
    const raw = await (await post('bom', {}, surface)).bytes();
    expect([...raw.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  });

  test('non-json, truncated-json and no-finish are found by the checkers', async () => {
    const check = (stream: string) =>
      (surface === 'chat' ? checkChatStream(stream, { includeUsage: false }) : checkMessagesStream(stream)).join('\n');
    expect(check(await text('non-json', {}, surface))).toContain('data is not a JSON object');
    expect(check(await text('truncated-json', {}, surface))).toContain('the last frame is not ended');
    expect(check(await text('no-finish', {}, surface))).toContain(
      surface === 'chat' ? 'no finish_reason' : 'neither message_stop nor error',
    );
  });

  test.each([
    ['insufficient', 'insufficient_system_resource'],
    ['aborted', 'aborted'],
  ])('%s ends with that reason', async (fault, reason) => {
    expect(await text(fault, {}, surface)).toContain(`_reason":"${reason}"`);
    expect(await text(fault, { stream: false }, surface)).toContain(`_reason":"${reason}"`);
  });

  test('gzip is labelled and comes frame by frame', async () => {
    const response = await post('gzip,stall-after=2', {}, surface);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    const { value } = await response.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toMatch(/^(data|event): /);
  });

  test('slow holds each frame back', async () => {
    const start = performance.now();
    await text('slow=5ms', { max_tokens: 10, thinking: { type: 'disabled' } }, surface);
    expect(performance.now() - start).toBeGreaterThan(40);
  });
});

test('the forms reported for the Messages surface', async () => {
  const ask = (fault: string) =>
    text(fault, { messages: [{ role: 'user', content: 'Weather in Paris and Oslo?' }], tools: [tool] }, 'messages');
  expect(checkMessagesStream(await ask('')).length).toBe(0);
  expect(await ask('no-block-stop')).not.toContain('content_block_stop');
  expect(await ask('no-signature')).not.toContain('signature');
  expect(await ask('end-turn')).toContain('"stop_reason":"end_turn"');
});

describe('whole answers', () => {
  const whole = { stream: false };
  test('keep-alive puts blank lines before the body, which stays JSON', async () => {
    const body = await text('keep-alive=3', whole);
    expect(body.startsWith('\n\n\n{')).toBe(true);
    expect(JSON.parse(body)).toHaveProperty('choices');
  });

  test('truncated-json, non-json, error-frame-after and no-finish', async () => {
    for (const fault of ['truncated-json', 'non-json']) {
      const body = await text(fault, whole);
      expect(() => JSON.parse(body)).toThrow();
    }
    expect(JSON.parse(await text('error-frame-after=0', whole))).toHaveProperty('error');
    expect(JSON.parse(await text('no-finish', whole))).toHaveProperty('choices.0.finish_reason', null);
  });
});

test('an unknown fault, or a number out of range, is told with what there is', async () => {
  const unknown = await post('explode');
  expect([unknown.status, await unknown.text()]).toEqual([400, expect.stringContaining('stall-after=N, cut-after=N')]);
  for (const name of ['constructor', 'toString', '__proto__']) expect(await text(name)).toContain('unknown fault');
  expect(await text('status=20')).toContain('status needs a whole number from 200 to 599');
  expect(await text('slow=fast')).toContain('slow needs a whole number');
});

test('faults are ignored where they are not allowed', async () => {
  const { transport } = createSimulator({ tokensPerSecond: 0, faults: false });
  expect((await transport(`http://x${paths.chat}`, request('status=500'))).status).toBe(200);
});
