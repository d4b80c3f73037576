import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { loopTime } from '../support/loop-time.ts';
import {
  chatAnswer,
  jsonAnswer,
  messagesAnswer,
  type ScriptedUpstream,
  scriptedUpstream,
} from '../support/scripted-upstream.ts';

let upstream: ScriptedUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ upstream: upstream.url });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

const usage = {
  prompt_tokens: 10,
  completion_tokens: 5,
  total_tokens: 15,
  prompt_cache_hit_tokens: 4,
  prompt_cache_miss_tokens: 6,
};
const answer = {
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'deepseek-v4-pro',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hi', reasoning_content: 'r' },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage,
  system_fingerprint: 'fp',
};
const message = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'deepseek-v4-pro',
  content: [{ type: 'text', text: 'Hi' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 6, cache_read_input_tokens: 4, cache_creation_input_tokens: 0, output_tokens: 5 },
};

function call(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
const hello = { model: 'deepseek-v4-pro', messages: [{ role: 'user', content: 'hi' }] };
const lastRequest = () => upstream.requests.at(-1)!;

describe('a whole answer', () => {
  test('comes byte for byte, with its exact cost, limits and names', async () => {
    const bytes = JSON.stringify(answer).replace('"Hi"', '"\\u4e2d 1.0"');
    upstream.enqueue({ ...jsonAnswer(answer), body: [bytes] });
    const response = await call('/v1/chat/completions', hello);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(bytes);
    // 6 × 435 + 4 × 4 + 5 × 870 nano-dollars.
    expect(response.headers.get('x-bytespike-cost-usd')).toBe('0.000006976');
    expect(response.headers.get('x-bytespike-upstream')).toBe('deepseek');
    expect(response.headers.get('x-ratelimit-limit')).toBe('50.00');
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    expect(gateway.money.held).toBe(0);
  });

  test('goes up with our credential, our id and nothing of the client’s headers', async () => {
    upstream.enqueue(jsonAnswer(answer));
    await call('/v1/chat/completions', hello, {
      cookie: 'a=b',
      'x-forwarded-for': '1.2.3.4',
      'openai-organization': 'org',
      'anthropic-beta': 'x',
    });
    const { headers, path } = lastRequest();
    const names = Object.keys(Object.fromEntries(Object.entries(headers))).map((name) => name.toLowerCase());
    expect(path).toBe('/chat/completions');
    expect(names.sort()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
      'x-bytespike-via',
    ]);
  });

  test.each([
    [{}, '2023-06-01'],
    [{ 'anthropic-version': '' }, '2023-06-01'],
    [{ 'anthropic-version': '2024-01-01' }, '2024-01-01'],
  ])('with the version of Messages that %j asks for', async (headers, version) => {
    upstream.enqueue(jsonAnswer(message));
    await call('/v1/messages', { ...hello, max_tokens: 100 }, headers);
    expect(lastRequest().headers['anthropic-version']).toBe(version);
  });

  test('on Messages too, with either header', async () => {
    upstream.enqueue(jsonAnswer(message));
    const response = await fetch(`${gateway.url}/v1/messages?beta=true`, {
      method: 'POST',
      headers: {
        'x-api-key': TEST_KEY,
        authorization: 'Bearer sk-byts-wrong',
        'anthropic-version': '2023-06-01',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ ...hello, max_tokens: 100 }),
    });
    expect(await response.json()).toEqual(message);
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
    expect(lastRequest().path).toBe('/anthropic/v1/messages');
    expect(gateway.money.charged.at(-1)!.outcome.usage.input).toEqual({
      uncached: 6,
      cacheRead: 4,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
    });
  });

  test('has the card’s output limit where more is asked for, however large the number', async () => {
    for (const asked of ['16385', '1e18', '1152921504606846976', '1e308']) {
      upstream.enqueue(jsonAnswer(answer), jsonAnswer(message));
      for (const path of ['/v1/chat/completions', '/v1/messages']) {
        const response = await call(path, JSON.stringify({ ...hello, max_tokens: 0 }).replace(':0', `:${asked}`));
        expect([response.status, response.headers.get('x-bytespike-changed')]).toEqual([200, 'max_tokens']);
        expect(lastRequest().text()).toContain('"max_tokens":16384');
      }
    }
  });

  test('carries the name that was asked for', async () => {
    upstream.enqueue(jsonAnswer(answer));
    const response = await call('/v1/chat/completions', { ...hello, model: 'deepseek-v4-pro[1m]' });
    expect(((await response.json()) as { model: string }).model).toBe('deepseek-v4-pro[1m]');
    expect((lastRequest().json() as { model: string }).model).toBe('deepseek-v4-pro');
  });
});

describe('an image at a model without vision', () => {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
  const marker = '[Image omitted: this model does not read images.]';

  test('in a tool result or an assistant message gives way to its marker, also where texts are joined', async () => {
    upstream.enqueue(jsonAnswer(answer));
    const text = (words: string) => ({ type: 'text', text: words });
    const call1 = { id: 'c1', type: 'function', function: { name: 'shot', arguments: '{}' } };
    const response = await call('/v1/chat/completions', {
      ...hello,
      messages: [
        ...hello.messages,
        { role: 'assistant', content: [text('Look: '), image], tool_calls: [call1] },
        { role: 'tool', tool_call_id: 'c1', content: [image, text(' done')] },
      ],
    });
    expect(response.headers.get('x-bytespike-changed')).toBe('image_url');
    const { messages } = lastRequest().json() as { messages: { content: unknown }[] };
    expect(messages.map(({ content }) => content)).toEqual(['hi', `Look: ${marker}`, `${marker} done`]);
  });
});

describe('a stream', () => {
  const chunk = (delta: object, finish_reason: string | null = null, use: object | null = null) => ({
    id: 'x',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'deepseek-v4-pro',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    usage: use,
  });
  const frames = [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: '中文 🎉' }),
    chunk({ content: '' }, 'stop', usage),
  ];

  test('comes byte for byte, and the charge is there before the last byte', async () => {
    upstream.enqueue(chatAnswer(frames));
    let committed = false;
    gateway.money.beforeCommit = async () => {
      await Bun.sleep(20);
      committed = true;
    };
    const response = await call('/v1/chat/completions', {
      ...hello,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(response.headers.get('content-type')).toStartWith('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    let text = '';
    for await (const bytes of response.body!) {
      text += new TextDecoder().decode(bytes as Uint8Array);
      if (text.includes('[DONE]')) expect(committed).toBe(true);
    }
    gateway.money.beforeCommit = async () => {};
    expect(text).toBe(`${frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('')}data: [DONE]\n\n`);
    expect(gateway.money.charged.at(-1)!.cost).toBe(6976n);
    expect(gateway.money.charged.at(-1)!.outcome.ttftMs).toBeNumber();
  });

  test('that the upstream breaks ends with an error, no [DONE], no charge', async () => {
    const before = gateway.money.charged.length;
    upstream.enqueue(chatAnswer([frames[0]!, frames[1]!, { waitMs: 20 }, 'reset']));
    const text = await (await call('/v1/chat/completions', { ...hello, stream: true })).text();
    expect(text).toContain('"error":{"message":');
    expect(text).not.toContain('[DONE]');
    expect(gateway.money.charged.length).toBe(before);
    expect(gateway.money.held).toBe(0);
  });

  test('whose charge cannot be written does not end well', async () => {
    upstream.enqueue(chatAnswer(frames));
    gateway.money.broken = true;
    const text = await (await call('/v1/chat/completions', { ...hello, stream: true })).text();
    gateway.money.broken = false;
    expect(text).not.toContain('[DONE]');
    expect(text).toContain('"internal_error"');
  });

  test('of Messages events comes byte for byte', async () => {
    const events = [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: message.usage },
      { type: 'message_stop' },
    ];
    upstream.enqueue(messagesAnswer(events));
    const response = await call('/v1/messages', { ...hello, max_tokens: 9, stream: true });
    expect(await response.text()).toBe(
      events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
    );
  });
});

describe('a client that leaves', () => {
  test('after a delta pays for what came; the upstream is closed within 100 ms', async () => {
    const before = gateway.money.charged.length;
    upstream.enqueue(
      chatAnswer([
        { id: 'x', choices: [{ index: 0, delta: { content: 'one two three' }, finish_reason: null }] },
        'stall',
      ]),
    );
    const abort = new AbortController();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...hello, stream: true }),
      signal: abort.signal,
    });
    await response.body!.getReader().read();
    const since = loopTime();
    abort.abort();
    await lastRequest().aborted;
    expect(since.elapsed()).toBeLessThan(100);
    while (gateway.money.charged.length === before) await Bun.sleep(1);
    const { outcome } = gateway.money.charged.at(-1)!;
    expect(outcome.ending).toBe('client_left');
    expect(outcome.usage.source).toBe('estimated');
    expect(outcome.usage.output.text).toBe(3);
    expect(outcome.usage.input.uncached).toBeGreaterThan(0);
    expect(gateway.money.held).toBe(0);
    expect(gateway.money.admitted).toBe(0);
  });

  test('before the first delta, or from a whole answer, pays nothing', async () => {
    const before = gateway.money.charged.length;
    for (const stream of [true, false]) {
      upstream.enqueue(
        stream ? chatAnswer(['stall']) : { headers: { 'content-type': 'application/json' }, body: [' ', 'stall'] },
      );
      const abort = new AbortController();
      const count = upstream.requests.length;
      const response = fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...hello, stream }),
        signal: abort.signal,
      }).catch(() => {});
      await upstream.received(count + 1);
      abort.abort();
      await lastRequest().aborted;
      await response;
    }
    while (gateway.money.held > 0) await Bun.sleep(1);
    expect(gateway.money.charged.length).toBe(before);
    expect(gateway.money.admitted).toBe(0);
  });
});
