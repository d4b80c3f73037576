import { describe, expect, test } from 'bun:test';
import { readMessagesRequest } from './messages-request.ts';
import { Refusal } from './refusal.ts';

const user = { role: 'user', content: 'Hi' };
const tool = { name: 'f', input_schema: { type: 'object' } };
const thinking = { type: 'thinking', thinking: 'Hm', signature: 's' };
const use = { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } };
const result = { type: 'tool_result', tool_use_id: 't1', content: 'done' };

const read = (body: object) =>
  readMessagesRequest(JSON.stringify({ model: 'deepseek-v4-pro', max_tokens: 100, messages: [user], ...body }));

function refusal(body: object): string {
  try {
    read(body);
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('is refused', () => {
  test.each<[string, object, string]>([
    [
      'role system among the messages',
      { messages: [user, { role: 'system', content: 'x' }] },
      'messages[1].role: unknown variant `system`, expected `user` or `assistant`',
    ],
    [
      'a document',
      { messages: [{ role: 'user', content: [{ type: 'document' }] }] },
      'messages[0].content[0].type: unknown variant `document`, expected one of `text`',
    ],
    [
      'encrypted thinking',
      { messages: [{ role: 'assistant', content: [{ type: 'redacted_thinking', data: 'x' }] }] },
      'unknown variant `redacted_thinking`',
    ],
    [
      'a reference to a tool in a result',
      {
        tools: [tool],
        messages: [
          { role: 'assistant', content: [thinking, use] },
          { role: 'user', content: [{ ...result, content: [{ type: 'tool_reference', tool_name: 'f' }] }] },
        ],
      },
      'unknown variant `tool_reference`, expected `text`',
    ],
    [
      'a forced tool while thinking',
      { tools: [tool], tool_choice: { type: 'any' } },
      'Thinking mode does not support this tool_choice',
    ],
    [
      'thinking left out beside tools',
      { tools: [tool], messages: [user, { role: 'assistant', content: 'x' }, user] },
      'The `content[].thinking` in the thinking mode must be passed back to the API.',
    ],
    [
      'a call without its result',
      { messages: [user, { role: 'assistant', content: [use] }, user] },
      'insufficient tool messages following tool_calls message',
    ],
    ['a user id with other characters', { metadata: { user_id: '{"device_id":"x"}' } }, "Invalid 'metadata.user_id'"],
    ['missing content', { messages: [{ role: 'user' }] }, 'messages[0]: missing field `content`'],
  ])('%s', (_, body, message) => {
    expect(refusal(body)).toContain(message);
  });
});

describe('is accepted', () => {
  test.each<[string, object]>([
    [
      'what it ignores',
      {
        top_k: 5,
        container: 'x',
        mcp_servers: [],
        service_tier: 'auto',
        context_management: {},
        thinking: { type: 'adaptive' },
      },
    ],
    [
      'images, also in results',
      {
        messages: [
          { role: 'assistant', content: [thinking, use] },
          { role: 'user', content: [{ ...result, content: [{ type: 'image' }] }, { type: 'image' }] },
        ],
      },
    ],
    ['a tool that runs on the server', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    [
      'a beginning to complete, without thinking',
      { tools: [tool], messages: [user, { role: 'assistant', content: '{' }] },
    ],
    [
      'a forced tool while not thinking',
      { thinking: { type: 'disabled' }, tools: [tool], tool_choice: { type: 'tool', name: 'f' } },
    ],
  ])('%s', (_, body) => {
    expect(() => read(body)).not.toThrow();
  });
});

test('a user message with results is a turn for each result, then its text', () => {
  const { turns } = read({
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [
      user,
      { role: 'assistant', content: [thinking, { type: 'text', text: 'So' }, use] },
      { role: 'user', content: [{ type: 'text', text: 'and?' }, result] },
    ],
  });
  expect(turns).toEqual([
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'Hi', media: 0 },
    { role: 'assistant', text: 'So', reasoning: 'Hm', calls: [{ id: 't1', name: 'f', arguments: '{"a":1}' }] },
    { role: 'tool', callId: 't1', text: 'done' },
    { role: 'user', text: 'and?', media: 0 },
  ]);
});
