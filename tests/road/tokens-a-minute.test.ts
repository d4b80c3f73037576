import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { NO_LIMITS } from '../../src/keys/key-service.ts';
import { type BookedGateway, bookedGateway } from '../support/booked-gateway.ts';
import { chatAnswer, jsonAnswer, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

let upstream: ScriptedUpstream;
let gateway: BookedGateway;
let secret: string;

beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await bookedGateway({ upstream: upstream.url });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

beforeEach(async () => {
  const settings = { ...NO_LIMITS, name: 'limited', tpm: 5_500 };
  secret = (await gateway.books.keys.create(settings, undefined, { name: 'test', ip: '' })).secret;
});

/** About 1,000 tokens in five times as many bytes. */
const prompt = 'The quick brown fox jumps over the lazy dog, again and again. '.repeat(75);

function call(more: object = {}, signal?: AbortSignal): Promise<Response> {
  const body = { model: 'deepseek-v4-pro', max_tokens: 50, messages: [{ role: 'user', content: prompt }], ...more };
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function used(): Promise<number> {
  const response = await fetch(`${gateway.url}/api/v1/me/account`, { headers: { authorization: `Bearer ${secret}` } });
  const { rate_limits } = (await response.json()) as { rate_limits: { name: string; used: number }[] };
  return rate_limits.find(({ name }) => name === 'tpm')!.used;
}

const answered = jsonAnswer({
  id: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1_000, completion_tokens: 1, total_tokens: 1_001 },
});

test('a call that failed counts as the tokens of its prompt, not as its bytes', async () => {
  upstream.enqueue(jsonAnswer({ error: { message: 'down' } }, 500));
  expect((await call()).status).toBe(502);
  while ((await used()) > 2_000) await Bun.sleep(1);
  expect(await used()).toBeGreaterThan(900);
  upstream.enqueue(answered);
  expect((await call()).status).toBe(200);
});

test('so does one that its client left', async () => {
  upstream.enqueue(chatAnswer(['stall']));
  const abort = new AbortController();
  const count = upstream.requests.length + 1;
  const left = call({ stream: true }, abort.signal).catch(() => {});
  await upstream.received(count);
  abort.abort();
  await left;
  while ((await used()) > 2_000) await Bun.sleep(1);
  expect(await used()).toBeGreaterThan(900);
  upstream.enqueue(answered);
  expect((await call()).status).toBe(200);
});

test('and one that runs, before another is refused for it', async () => {
  const { promise: until, resolve: end } = Promise.withResolvers<void>();
  upstream.enqueue({ ...answered, before: [{ until }] }, answered);
  const count = upstream.requests.length + 1;
  const running = call();
  await upstream.received(count);
  expect((await call()).status).toBe(200);
  end();
  expect((await running).status).toBe(200);
  expect(await used()).toBe(2_002);
});
