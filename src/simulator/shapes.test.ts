import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECORDINGS } from '../../tests/support/recordings.ts';
import { eventsOf } from '../../tests/support/stream-invariants.ts';
import { createSimulator } from './index.ts';

const simulator = createSimulator({ tokensPerSecond: 0, faults: false });
const fixtures = join(import.meta.dir, 'fixtures');

const weather = { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] };
const ask = (content: string) => ({ model: 'deepseek-v4-pro', messages: [{ role: 'user', content }] });
const plain = { ...ask('Why is the sky blue?'), thinking: { type: 'disabled' } };
const thinking = ask('Why is the sky blue?');
const tools = (content: string) => ({
  ...ask(content),
  tools: [{ type: 'function', function: { name: 'weather', description: 'Weather', parameters: weather } }],
});
const one = tools('What is the weather in San Francisco?');
const two = tools('What is the weather in Paris and Oslo?');

async function answer(path: string, body: object): Promise<string> {
  const response = await simulator.handle(
    new Request(`http://x${path}`, { method: 'POST', body: JSON.stringify(body) }),
  );
  expect(response.status).toBe(200);
  return await response.text();
}

/** Keys in their order with the types of their values. Lists have the forms of their elements, in order. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.entries(value).map(([key, member]) => [key, shapeOf(member)]);
}

/** The forms of a stream's payloads, repetitions left out. */
function streamShape(payloads: unknown[]): string[] {
  const shapes = payloads.map((payload) => JSON.stringify(shapeOf(payload)));
  return shapes.filter((shape, index) => shape !== shapes[index - 1]);
}

const payloadsOf = (stream: string) =>
  eventsOf(stream)
    .filter((event) => event.data !== '[DONE]')
    .map((event) => JSON.parse(event.data) as unknown);

const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

const whole = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as unknown;
const streamed = { stream: true, stream_options: { include_usage: true } };

describe('forms are those of the documentation', () => {
  test.each<[string, object]>([
    ['chat-plain', plain],
    ['chat-thinking', thinking],
    ['chat-tool-calls', two],
  ])('%s', async (name, body) => {
    expect(shapeOf(JSON.parse(await answer('/chat/completions', body)))).toEqual(
      shapeOf(whole(join(fixtures, `${name}.json`))),
    );
    const stream = await answer('/chat/completions', { ...body, ...streamed });
    expect(streamShape(payloadsOf(stream))).toEqual(streamShape(lines(join(fixtures, `${name}.chunks.jsonl`))));
  });

  test('messages-thinking', async () => {
    const body = JSON.parse(await answer('/anthropic/v1/messages', { ...thinking, max_tokens: 1000 }));
    expect(shapeOf(body)).toEqual(shapeOf(whole(join(fixtures, 'messages-thinking.json'))));
  });

  test('messages-tool-calls', async () => {
    const stream = await answer('/anthropic/v1/messages', {
      ...ask('What is the weather in Paris and Oslo?'),
      max_tokens: 1000,
      stream: true,
      tools: [{ name: 'weather', input_schema: weather }],
    });
    expect(streamShape(payloadsOf(stream))).toEqual(
      streamShape(lines(join(fixtures, 'messages-tool-calls.chunks.jsonl'))),
    );
  });
});

describe.skipIf(!existsSync(RECORDINGS))(`forms are those of recorded answers (none at ${RECORDINGS}: skipped)`, () => {
  test.each<[string, object]>([
    ['deepseek-text', plain],
    ['deepseek-reasoning', thinking],
    ['deepseek-tool-call', one],
  ])('%s', async (name, body) => {
    expect(shapeOf(JSON.parse(await answer('/chat/completions', body)))).toEqual(
      shapeOf(whole(join(RECORDINGS, `${name}.json`))),
    );
    const stream = await answer('/chat/completions', { ...body, ...streamed });
    expect(streamShape(payloadsOf(stream))).toEqual(streamShape(lines(join(RECORDINGS, `${name}.chunks.txt`))));
  });
});

test('usage comes at the end of a stream also when it was not asked for, and null nowhere then', async () => {
  const payloads = payloadsOf(await answer('/chat/completions', { ...plain, stream: true })) as { usage?: unknown }[];
  expect(payloads.slice(0, -1).every((payload) => !('usage' in payload))).toBe(true);
  expect(payloads.at(-1)?.usage).toMatchObject({ prompt_cache_hit_tokens: 0 });
});
