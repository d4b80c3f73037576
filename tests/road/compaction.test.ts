import { expect, test } from 'bun:test';
import { TEST_KEY } from '../support/fake-money.ts';
import { testGateway } from '../support/gateway.ts';
import { jsonAnswer, messagesAnswer, scriptedUpstream } from '../support/scripted-upstream.ts';

/** As Anthropic reports it: what the compaction took stands in `iterations` alone. */
const usage = {
  input_tokens: 100,
  output_tokens: 10,
  iterations: [
    { type: 'compaction', input_tokens: 180_000, cache_read_input_tokens: 50, output_tokens: 3500 },
    { type: 'message', input_tokens: 100, output_tokens: 10 },
  ],
};
const content = [
  { type: 'compaction', content: 'What came before.' },
  { type: 'text', text: 'Hi' },
];
const message = { id: 'm', type: 'message', role: 'assistant', model: 'claude-haiku-4-5', stop_sequence: null };

const whole = jsonAnswer({ ...message, content, stop_reason: 'end_turn', usage });
const stream = messagesAnswer([
  {
    type: 'message_start',
    message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 100, output_tokens: 1 } },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
  { type: 'message_stop' },
] as { type: string }[]);

test.each([
  ['a whole answer', whole],
  ['a stream', stream],
])('what it took to compact the context is on the bill of %s', async (_name, answer) => {
  await using upstream = await scriptedUpstream();
  await using gateway = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  upstream.enqueue(answer);
  const body = {
    model: 'claude-haiku-4-5',
    max_tokens: 50,
    stream: answer === stream,
    messages: [{ role: 'user', content: 'x' }],
    context_management: { edits: [{ type: 'compact_20260112' }] },
  };
  const response = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': TEST_KEY, 'anthropic-beta': 'compact-2026-01-12' },
    body: JSON.stringify(body),
  });
  // The client has the report as it came.
  expect(await response.text()).toContain(JSON.stringify(usage));
  expect(upstream.requests[0]!.json()).toEqual(body);
  const { input, outcome } = gateway.money.charged.at(-1)!;
  // The hold has the prompt twice, and the summary.
  expect(input.choices).toBe(2);
  expect(input.inputBound).toBeGreaterThan(2 * JSON.stringify(body).length);
  expect(outcome.usage).toEqual({
    input: { uncached: 180_100, cacheRead: 50, cacheWrite5m: 0, cacheWrite1h: 0 },
    output: { text: 3510, reasoning: 0 },
    source: 'upstream',
  });
});

test('where nothing compacts, the prompt is held once', async () => {
  await using upstream = await scriptedUpstream();
  await using gateway = await testGateway({ upstream: upstream.url });
  upstream.enqueue(whole);
  const response = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': TEST_KEY },
    body: JSON.stringify({
      model: 'deepseek-v4-pro',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'x' }],
      context_management: { edits: [{ type: 'compact_20260112' }] },
    }),
  });
  expect(response.status).toBe(200);
  expect(gateway.money.charged.at(-1)!.input.choices).toBe(1);
});

test.each([
  ['once more where Anthropic searches the tools', 'tool_search_tool_bm25_20251119', 2],
  ['once where the client searches them', 'custom', 1],
])('the prompt is held %s', async (_, type, times) => {
  await using upstream = await scriptedUpstream();
  await using gateway = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  upstream.enqueue(whole);
  const prompt = 'word '.repeat(10_000);
  const response = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': TEST_KEY },
    body: JSON.stringify({
      model: 'claude-haiku-4-5',
      max_tokens: 50,
      messages: [{ role: 'user', content: prompt }],
      tools: [
        { name: 'f', input_schema: {}, defer_loading: true },
        { name: 'search', type },
      ],
    }),
  });
  expect(response.status).toBe(200);
  const { input } = gateway.money.charged.at(-1)!;
  expect(Math.floor(input.inputBound / prompt.length)).toBe(times);
  expect(Math.round((await input.countInput()) / input.inputCount!)).toBe(times);
  // The answer is no longer for it.
  expect(input.choices).toBe(1);
});
