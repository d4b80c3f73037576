import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { TestBench } from '../../src/billing/test-bench.ts';
import { NO_LIMITS } from '../../src/keys/key-service.ts';
import type { JsonObject } from '../../src/protocols/json.ts';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { jsonAnswer, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

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

function call(gateway: TestGateway, path: string, body: object, key = TEST_KEY): Promise<Response> {
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

describe('what cannot be counted is held as the whole window, and refused by none', () => {
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
    const bench = new TestBench();
    const issued = { ...NO_LIMITS, name: 'pdf', quota: 1_500_000_000n };
    const { secret } = await bench.money.keys.create(issued, undefined, { name: 'test', ip: '' });
    await using answering = await scriptedUpstream();
    answering.otherwise(claudeAnswer([ok], 180_000));
    await using gateway = await testGateway({ upstream: answering.url, vendor: 'anthropic', protocols: ['messages'] });
    Object.assign(gateway.house, { money: bench.money });
    const body = { model: 'claude-opus-4-8', max_tokens: 1100, messages: [{ role: 'user', content: [file] }] };
    const send = async () => (await call(gateway, CHAT, body, secret)).status;
    const statuses = await Promise.all(Array.from({ length: 20 }, send));
    expect(statuses.filter((status) => status === 200).length).toBe(1);
    expect(statuses.every((status) => status === 200 || status === 402 || status === 429)).toBe(true);
    expect(bench.events).toEqual([]);
  });
});
