import { afterAll, describe, expect, test } from 'bun:test';
import { messagesAnswer } from '../support/scripted-upstream.ts';
import { checkChatStream } from '../support/stream-invariants.ts';
import { call, translatingGateways, user, weather } from '../support/translating-gateways.ts';

const { upstream, anthropic, close } = await translatingGateways();
afterAll(close);

describe('a Chat client on a Messages upstream', () => {
  const signature = `E${'qY4h'.repeat(60)}`;
  const thinkingTurn = [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-opus-4-8',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 30, cache_read_input_tokens: 5, cache_creation_input_tokens: 7, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'I should look.' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature } },
    { type: 'content_block_stop', index: 0 },
    { type: 'ping' },
    {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} },
    },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"city": "Paris"}' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 44 } },
    { type: 'message_stop' },
  ];
  const tools = [{ type: 'function', function: { name: 'get_weather', parameters: weather.input_schema } }];

  test('gets its reasoning, and its replay gets the signature back', async () => {
    upstream.enqueue(messagesAnswer(thinkingTurn));
    const body = {
      model: 'claude-opus-4-8',
      stream: true,
      stream_options: { include_usage: true },
      messages: [user],
      tools,
      reasoning_effort: 'high',
    };
    const text = await (await call(anthropic, '/v1/chat/completions', body)).text();
    expect(checkChatStream(text, { includeUsage: true })).toEqual([]);
    expect(text).toContain('"reasoning_content":"I should look."');
    expect(text).toContain('"prompt_tokens":42');
    const assistant = {
      role: 'assistant',
      content: null,
      reasoning_content: 'I should look.',
      tool_calls: [
        { id: 'toolu_1', type: 'function', function: { name: 'get_weather', arguments: '{"city": "Paris"}' } },
      ],
    };
    upstream.enqueue(messagesAnswer(thinkingTurn));
    await (
      await call(anthropic, '/v1/chat/completions', {
        ...body,
        messages: [user, assistant, { role: 'tool', tool_call_id: 'toolu_1', content: '18' }],
      })
    ).text();
    const sent = upstream.requests.at(-1)!.json() as { messages: { content: unknown[] }[] };
    expect(sent.messages[1]!.content).toEqual([
      { type: 'thinking', thinking: 'I should look.', signature },
      { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } },
    ]);
    expect(upstream.requests.at(-1)!.text()).toContain('"input":{"city": "Paris"}');
  });

  test('is refused what cannot be had, before anything goes up', async () => {
    const count = upstream.requests.length;
    const response = await call(anthropic, '/v1/chat/completions', {
      model: 'claude-opus-4-8',
      messages: [user],
      n: 2,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_parameter', param: 'n' } });
    expect(upstream.requests.length).toBe(count);
    expect(anthropic.money.held).toBe(0);
  });
});
