import { afterEach, beforeEach, expect, test } from 'bun:test';
import { connect } from 'node:net';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, type TestGatewayOptions, testGateway } from '../support/gateway.ts';
import { loopTime } from '../support/loop-time.ts';
import {
  chatAnswer,
  messagesAnswer,
  type ScriptedAnswer,
  type ScriptedUpstream,
  scriptedUpstream,
} from '../support/scripted-upstream.ts';

/* A gateway that closes its listener while answers run: they fail with an error of ours, and nobody pays for them. */

let upstream: ScriptedUpstream;
let gateway: TestGateway;

beforeEach(async () => {
  upstream = await scriptedUpstream();
});
afterEach(() => upstream.close());

const start = async (options: TestGatewayOptions = {}): Promise<void> => {
  gateway = await testGateway({ upstream: upstream.url, ...options });
};
/** Resolves when no answer runs any more. */
const stop = (): Promise<void> => Promise.resolve(gateway[Symbol.asyncDispose]());

const PATHS: Record<Protocol, string> = { 'chat-completions': '/v1/chat/completions', messages: '/v1/messages' };

function call(protocol: Protocol, stream: boolean): Promise<Response> {
  return fetch(gateway.url + PATHS[protocol], {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}` },
    body: JSON.stringify({
      model: 'deepseek-v4-pro',
      max_tokens: 50,
      stream,
      messages: [{ role: 'user', content: 'hi' }],
    }),
  });
}

const chatDelta = (content: string) => ({ id: 'x', choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const chatBegun = chatAnswer([chatDelta('one two'), 'stall']);
const event = (type: string, more: object) => ({ type, ...more });
const messagesBegun = messagesAnswer([
  event('message_start', { message: { id: 'm', type: 'message', role: 'assistant', content: [], usage: {} } }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'one two' } }),
  'stall',
]);

const errorOf = (text: string): unknown => JSON.parse(text.slice(text.lastIndexOf('data: ') + 6));
const told: Record<Protocol, object> = {
  'chat-completions': { error: { code: 'no_available_upstream', message: expect.stringContaining('stopped') } },
  messages: { type: 'error', error: { type: 'api_error', message: expect.stringContaining('stopped') } },
};

function expectFree(): void {
  expect(gateway.money.charged).toEqual([]);
  expect([gateway.money.held, gateway.money.admitted]).toEqual([0, 0]);
}

test.each([
  ['chat-completions', 'express', chatBegun],
  ['messages', 'express', messagesBegun],
  ['chat-completions', 'translated', messagesBegun],
  ['messages', 'translated', chatBegun],
] as const)(
  'a stream that has begun ends with an error frame: %s, %s',
  async (protocol, lane, answer: ScriptedAnswer) => {
    const other: Protocol = protocol === 'messages' ? 'chat-completions' : 'messages';
    await start(lane === 'express' ? {} : { protocols: [other] });
    upstream.enqueue(answer);
    const response = await call(protocol, true);
    const reader = response.body!.getReader();
    let text = '';
    while (!text.includes('one two')) text += new TextDecoder().decode((await reader.read()).value);
    const stopped = stop();
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += new TextDecoder().decode(part.value);
    expect(errorOf(text)).toMatchObject(told[protocol]);
    expect(text).not.toMatch(/\[DONE\]|message_stop/);
    await stopped;
    await upstream.requests[0]!.aborted;
    expectFree();
  },
);

test.each([
  ['chat-completions', true],
  ['chat-completions', false],
  ['messages', true],
  ['messages', false],
] as const)(
  'a call without a byte of its answer is refused, to be sent again: %s, streamed %p',
  async (protocol, stream) => {
    await start();
    upstream.enqueue({ before: ['stall'] });
    const answer = call(protocol, stream);
    await upstream.received(1);
    await stop();
    const response = await answer;
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([503, 'true']);
    expect(await response.json()).toMatchObject(told[protocol]);
    await upstream.requests[0]!.aborted;
    expectFree();
  },
);

test('a whole answer of which a part is here is refused as well', async () => {
  await start();
  upstream.enqueue({ headers: { 'content-type': 'application/json' }, body: ['{"id":', 'stall'] });
  const answer = call('chat-completions', false);
  await upstream.received(1);
  await Bun.sleep(20);
  await stop();
  expect((await answer).status).toBe(503);
  expectFree();
});

test('a stream of the simulator ends with an error frame too', async () => {
  gateway = await testGateway();
  const response = await fetch(gateway.url + PATHS['chat-completions'], {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${TEST_KEY}`,
      'x-sim-fault': 'slow=50ms',
    },
    body: JSON.stringify({
      model: 'deepseek-v4-pro',
      stream: true,
      thinking: { type: 'disabled' },
      messages: [{ role: 'user', content: 'Tell me about rivers.' }],
    }),
  });
  const reader = response.body!.getReader();
  await reader.read();
  await reader.read();
  const stopped = stop();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read())
    text += new TextDecoder().decode(part.value);
  expect(errorOf(text)).toMatchObject(told['chat-completions']);
  await stopped;
  expectFree();
});

test('a client that reads nothing is cut a moment later, and a client in its upload told at once', async () => {
  await start();
  const head = (length: number): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TEST_KEY}\r\n` +
    `content-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
  const open = (text: string) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(text);
    return socket;
  };
  const body = JSON.stringify({ model: 'deepseek-v4-pro', stream: true, messages: [{ role: 'user', content: 'hi' }] });
  upstream.enqueue(chatAnswer([...Array.from({ length: 400 }, () => chatDelta('x'.repeat(64 * 1024))), 'stall']));
  const deaf = open(head(body.length) + body);
  deaf.pause();
  const uploading = open(`${head(5000)}{"model":`);
  let answer = '';
  uploading.on('data', (bytes) => {
    answer += bytes;
  });
  await upstream.received(1);
  while (gateway.money.admitted < 2) await Bun.sleep(2);
  await Bun.sleep(200);
  const since = loopTime();
  await stop();
  expect(since.elapsed()).toBeLessThan(1500);
  expect(answer).toStartWith('HTTP/1.1 503 ');
  expectFree();
  deaf.destroy();
  uploading.destroy();
});
