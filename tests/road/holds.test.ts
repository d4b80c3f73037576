import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { NO_LIMITS } from '../../src/keys/key-service.ts';
import type { JsonObject } from '../../src/protocols/json.ts';
import { bookedGateway } from '../support/booked-gateway.ts';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { rawClient, rawRequest } from '../support/raw-client.ts';
import { jsonAnswer, messagesAnswer, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

/*
 * What a hold reckons with: all that goes up, also what cannot be counted and what the client did not send itself.
 */
let upstream: ScriptedUpstream;
let claude: TestGateway;
let gemini: TestGateway;

beforeAll(async () => {
  upstream = await scriptedUpstream();
  claude = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  gemini = await testGateway({ upstream: upstream.url, vendor: 'gemini', protocols: ['chat-completions'] });
});

afterAll(async () => {
  await claude[Symbol.asyncDispose]();
  await gemini[Symbol.asyncDispose]();
  await upstream.close();
});

function call(gateway: { url: string }, path: string, body: object, key = TEST_KEY): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify(body),
  });
}

const claudeAnswer = (content: object[], input_tokens = 10) =>
  jsonAnswer({
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-4-8',
    content,
    stop_reason: content.some((block) => (block as JsonObject).type === 'tool_use') ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens, output_tokens: 5 },
  });
const chatAnswer = (message: object) =>
  jsonAnswer({
    id: 'g',
    object: 'chat.completion',
    created: 1,
    model: 'gemini-3.1-pro-preview',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  });
const ok = { type: 'text', text: 'ok' };
const CHAT = '/v1/chat/completions';
const MESSAGES = '/v1/messages';

/** The hold's bounds of the call that was charged last, in tokens: the first, and the one after counting. */
async function bounds({ money }: TestGateway): Promise<{ first: number; refined: number }> {
  const { input } = money.charged.at(-1)!;
  return { first: input.inputBound, refined: await input.countInput() };
}

describe('what cannot be counted is held as the whole window, and is not too long for it', () => {
  const pdf = 'data:application/pdf;base64,JVBERi0xLjQK';
  const file = { type: 'file', file: { filename: 'a.pdf', file_data: pdf } };
  const linked = { type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } };
  const result = { type: 'tool_result', tool_use_id: 't', content: [linked] };
  const turn = { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] };
  test.each<[string, string, string, object[]]>([
    ['a PDF on Chat Completions', CHAT, 'claude-opus-4-8', [{ role: 'user', content: [file] }]],
    ['a document by link on Messages', MESSAGES, 'claude-opus-4-8', [{ role: 'user', content: [linked] }]],
    [
      'one in a tool’s result',
      MESSAGES,
      'claude-opus-4-8',
      [{ role: 'user', content: 'a' }, turn, { role: 'user', content: [result] }],
    ],
    ['a PDF at Gemini', CHAT, 'gemini-3-1-pro', [{ role: 'user', content: [file] }]],
    [
      'a PDF in the place of an image',
      CHAT,
      'gemini-3-1-pro',
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: pdf } }] }],
    ],
    [
      'sound',
      CHAT,
      'gemini-3-1-pro',
      [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'ZkxhQw', format: 'flac' } }] }],
    ],
    [
      'a video',
      CHAT,
      'gemini-3-1-pro',
      [{ role: 'user', content: [{ type: 'video_url', video_url: { url: 'https://x.test/a.mp4' } }] }],
    ],
  ])('%s', async (_, path, model, messages) => {
    const gateway = model.startsWith('gemini') ? gemini : claude;
    upstream.enqueue(gateway === gemini ? chatAnswer({ content: 'ok' }) : claudeAnswer([ok]));
    const response = await call(gateway, path, { model, max_tokens: 1100, messages });
    expect([response.status, response.headers.get('x-bytespike-changed')]).toEqual([200, null]);
    const { window } = gateway.house.catalog.byId.get(model)!;
    expect(await bounds(gateway)).toEqual({ first: window, refined: window });
    // Tokens a minute are counted, not bounded: a key's limit of them would take no such request at all.
    expect(gateway.money.charged.at(-1)!.input.inputCount).toBeLessThan(12_000);
  });

  test('no number of calls at once takes a key past its quota', async () => {
    await using answering = await scriptedUpstream();
    answering.otherwise(claudeAnswer([ok], 180_000));
    await using gateway = await bookedGateway({
      upstream: answering.url,
      vendor: 'anthropic',
      protocols: ['messages'],
      holdWaitMs: 20,
    });
    const issued = { ...NO_LIMITS, name: 'pdf', quota: 1_500_000_000n };
    const { secret } = await gateway.books.keys.create(issued, undefined, { name: 'test', ip: '' });
    const body = { model: 'claude-opus-4-8', max_tokens: 1100, messages: [{ role: 'user', content: [file] }] };
    const send = async () => (await call(gateway, CHAT, body, secret)).status;
    const statuses = await Promise.all(Array.from({ length: 20 }, send));
    expect(statuses.filter((status) => status === 200).length).toBe(1);
    expect(statuses.every((status) => status === 200 || status === 402 || status === 429)).toBe(true);
    // Charged in full: nothing was absorbed.
    expect(gateway.books.walletStatus()).toMatchObject({ spent: 900_125_000n, reserved: 0n });
  });
});

test('a key that is revoked while the body of a call arrives holds nothing for it', async () => {
  await using gateway = await bookedGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  const { keys } = gateway.books;
  const actor = { name: 'test', ip: '' };
  const { key, secret } = await keys.create({ ...NO_LIMITS, name: 'slow' }, undefined, actor);
  const body = JSON.stringify({ model: 'claude-opus-4-8', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });
  const request = Buffer.from(
    rawRequest(MESSAGES, { 'x-api-key': secret, 'content-type': 'application/json', connection: 'close' }, body),
  );
  const sent = upstream.requests.length;
  using client = rawClient(gateway.url);
  client.send(request.subarray(0, -5));
  while ((await gateway.books.readStanding(key)).traffic.concurrency === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await keys.update(key.id, { status: 'revoked' }, actor);
  client.send(request.subarray(-5));
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 401 .*has been revoked/s);
  expect(upstream.requests.length).toBe(sent);
  expect(gateway.books.walletStatus()).toMatchObject({ spent: 0n, reserved: 0n });
});

describe('arguments that go up wrapped are held as they go up, however much of them is escaped', () => {
  const words = 'some words of a long file '.repeat(1500);
  test.each([
    ['words', `{"path":"a.txt","content":"${words}`],
    ['line ends', '{"content":"\n\n\n\n'.padEnd(30_000, '\n')],
    ['quotes', `{"content":"${'say \\"a\\" or "b"; '.repeat(2000)}`],
    ['backslashes and tabs', '{"a":'.padEnd(30_000, '\t\\')],
    ['characters that have no other form', '{"a":'.padEnd(10_000, '\u0001')],
    ['many calls of next to nothing', '{'],
  ])('%s', async (what, args) => {
    const { counter } = gemini.house;
    const calls = Array.from({ length: what.startsWith('many') ? 200 : 1 }, (_, i) => ({
      id: `${i}`,
      type: 'function',
      function: { name: 'f', arguments: args },
    }));
    const results = calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'x' }));
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: '', tool_calls: calls },
      ...results,
    ];
    const wrapped = JSON.stringify({ _raw: args });
    const tokens = (await counter.countText(wrapped)) * calls.length;
    for (const [gateway, model] of [
      [gemini, 'gemini-3-1-pro'],
      [claude, 'claude-opus-4-8'],
    ] as const) {
      upstream.enqueue(gateway === gemini ? chatAnswer({ content: 'ok' }) : claudeAnswer([ok]));
      const response = await call(gateway, CHAT, { model, max_tokens: 1100, messages });
      expect([response.status, response.headers.get('x-bytespike-changed')]).toEqual([
        200,
        expect.stringContaining('arguments'),
      ]);
      const sent = upstream.requests.at(-1)!.text();
      expect(sent.split(gateway === gemini ? JSON.stringify(wrapped) : wrapped)).toHaveLength(calls.length + 1);
      const { first, refined } = await bounds(gateway);
      expect(first).toBeGreaterThan(Buffer.byteLength(wrapped) * calls.length);
      expect(refined).toBeLessThanOrEqual(first);
      const { factor } = gateway.house.catalog.byId.get(model)!.tokens;
      expect(refined).toBeGreaterThanOrEqual(Math.min(first, Math.ceil(tokens * factor)));
    }
  });
});

describe('what the memory puts back into earlier turns is held too', () => {
  const words = 'I weigh one thing against another. '.repeat(500);
  const signature = Buffer.from(words).toString('base64');
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
  const user = { role: 'user', content: 'hi' };
  const toolCall = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });

  test('reasoning and signatures of translated turns, for the window as well', async () => {
    const messages: object[] = [user];
    const send = () => call(claude, CHAT, { model: 'claude-opus-4-8', max_tokens: 1100, tools, messages });
    for (let turn = 1; turn <= 2; turn++) {
      const id = `toolu_${turn}`;
      const thinking = { type: 'thinking', thinking: `${turn} ${words}`, signature };
      upstream.enqueue(claudeAnswer([thinking, { type: 'tool_use', id, name: 'f', input: {} }]));
      expect((await send()).status).toBe(200);
      const called = { role: 'assistant', content: '', tool_calls: [toolCall(id)] };
      messages.push(called, { role: 'tool', tool_call_id: id, content: 'r' });
    }
    upstream.enqueue(claudeAnswer([ok]));
    expect((await send()).status).toBe(200);
    const sent = upstream.requests.at(-1)!.text().length;
    expect(sent).toBeGreaterThan(2 * (words.length + signature.length));
    const { first, refined } = await bounds(claude);
    expect(first).toBeGreaterThan(sent);
    const sealed = 2 * words.length;
    expect(refined).toBeGreaterThan(sealed + 2 * 500 * 7);
    expect(refined).toBeLessThan(first);
    // A client that gives the reasoning back itself has it counted once.
    const own = messages.map((message) => {
      const id = (message as { tool_calls?: { id: string }[] }).tool_calls?.[0]?.id;
      return id === undefined ? message : { ...message, reasoning_content: `${id.at(-1)} ${words}` };
    });
    messages.splice(0, messages.length, ...own);
    upstream.enqueue(claudeAnswer([ok]));
    expect((await send()).status).toBe(200);
    expect(claude.money.charged.at(-1)!.input.inputCount).toBeUndefined();
    expect((await bounds(claude)).refined).toBe(refined);
  });

  test('and is on the bill where the upstream tells none, streamed or whole', async () => {
    const messages: object[] = [user];
    const id = 'toolu_untold';
    const thinking = { type: 'thinking', thinking: `untold ${words}`, signature };
    upstream.enqueue(claudeAnswer([thinking, { type: 'tool_use', id, name: 'f', input: {} }]));
    const body = { model: 'claude-opus-4-8', max_tokens: 1100, tools, messages };
    expect((await call(claude, CHAT, body)).status).toBe(200);
    messages.push(
      { role: 'assistant', content: '', tool_calls: [toolCall(id)] },
      { role: 'tool', tool_call_id: id, content: 'r' },
    );
    const inputs: number[] = [];
    const events = [
      { type: 'message_start', message: { id: 'm', content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ok' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ];
    for (const answer of [claudeAnswer([ok], 0), messagesAnswer(events)]) {
      upstream.enqueue(answer);
      const response = await call(claude, CHAT, { ...body, stream: answer.framing !== 'length' });
      expect(await response.text()).toContain('ok');
      const { usage } = claude.money.charged.at(-1)!.outcome;
      expect(usage.source).toBe('estimated');
      inputs.push(usage.input.uncached);
    }
    expect(inputs[0]).toBeGreaterThan(500 * 7);
    expect(inputs[1]).toBe(inputs[0]!);
  });

  test('and a prompt that is too long with it is told so', async () => {
    const messages: object[] = [user];
    const more = words.repeat(24);
    for (let turn = 1; turn <= 4; turn++) {
      const id = `toolu_long_${turn}`;
      const thinking = { type: 'thinking', thinking: `${turn} ${more}`, signature };
      upstream.enqueue(claudeAnswer([thinking, { type: 'tool_use', id, name: 'f', input: {} }]));
      const body = { model: 'claude-opus-4-8', max_tokens: 1100, tools, messages: [user] };
      expect((await call(claude, CHAT, body)).status).toBe(200);
      const called = { role: 'assistant', content: '', tool_calls: [toolCall(id)] };
      messages.push(called, { role: 'tool', tool_call_id: id, content: 'r' });
    }
    const response = await call(claude, CHAT, { model: 'claude-opus-4-8', max_tokens: 1100, tools, messages });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('prompt is too long: ');
  });

  test('what Gemini’s calls came with, where bytes pass', async () => {
    const messages: object[] = [user];
    const body = { model: 'gemini-3-1-pro', max_tokens: 1100, messages };
    const extra_content = { google: { thought_signature: signature } };
    upstream.enqueue(chatAnswer({ content: null, tool_calls: [{ ...toolCall('g1'), extra_content }] }));
    expect((await call(gemini, CHAT, body)).status).toBe(200);
    const called = { role: 'assistant', content: '', tool_calls: [toolCall('g1')] };
    messages.push(called, { role: 'tool', tool_call_id: 'g1', content: 'r' });
    upstream.enqueue(chatAnswer({ content: 'ok' }));
    expect((await call(gemini, CHAT, body)).status).toBe(200);
    expect(upstream.requests.at(-1)!.text()).toContain(signature);
    const { first, refined } = await bounds(gemini);
    expect(first).toBeGreaterThan(signature.length);
    expect(refined).toBeGreaterThan(words.length);
  });
});
