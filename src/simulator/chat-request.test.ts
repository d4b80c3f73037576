import { describe, expect, test } from 'bun:test';
import { readChatRequest } from './chat-request.ts';
import { Refusal } from './refusal.ts';

const user = { role: 'user', content: 'Hi' };
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };
const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
const called = { role: 'assistant', content: '', reasoning_content: '', tool_calls: [call] };
const result = { role: 'tool', tool_call_id: 'c1', content: 'done' };
const off = { thinking: { type: 'disabled' } };

const read = (body: object | string) =>
  readChatRequest(
    typeof body === 'string' ? body : JSON.stringify({ model: 'deepseek-v4-pro', messages: [user], ...body }),
  );

function refusal(body: object | string): Refusal {
  try {
    read(body);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('is refused in the words that were reported', () => {
  test.each<[string, object | string, string]>([
    [
      'role developer',
      { messages: [user, { role: 'developer', content: 'x' }] },
      'Failed to deserialize the JSON body into the target type: messages[1].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`, `latest_reminder` at line 1 column 89',
    ],
    [
      'missing content',
      { messages: [{ role: 'user' }] },
      'Failed to deserialize the JSON body into the target type: messages[0]: missing field `content` at line 1 column 54',
    ],
    [
      'content of a system message as parts',
      { messages: [{ role: 'system', content: [{ type: 'text', text: 'x' }] }] },
      'messages[0]: invalid type: sequence, expected a string at line 1',
    ],
    [
      'content of an assistant message as parts',
      { messages: [user, { role: 'assistant', content: [] }] },
      'messages[1]: invalid type: sequence, expected a string at line 1',
    ],
    [
      'content of a tool message as parts',
      { ...off, messages: [called, { ...result, content: [] }] },
      'messages[1]: data did not match any variant of untagged enum ChatCompletionRequestToolMessageContent',
    ],
    [
      'an assistant message of nothing',
      { messages: [user, { role: 'assistant', content: null }] },
      'Invalid assistant message: content or tool_calls must be set',
    ],
    [
      'json_schema',
      { response_format: { type: 'json_schema', json_schema: {} } },
      'This response_format type is unavailable now',
    ],
    [
      'JSON mode without the word',
      { response_format: { type: 'json_object' } },
      "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
    ],
    [
      'a forced tool while thinking',
      { tools: [tool], tool_choice: 'required' },
      'Thinking mode does not support this tool_choice',
    ],
    [
      'a named tool while thinking',
      { tools: [tool], tool_choice: { type: 'function', function: { name: 'f' } } },
      'Thinking mode does not support this tool_choice',
    ],
    [
      'reasoning left out beside tools',
      { tools: [tool], messages: [user, { role: 'assistant', content: 'x' }, user] },
      'The `reasoning_content` in the thinking mode must be passed back to the API.',
    ],
    [
      'a call without its result',
      { ...off, messages: [user, called, user] },
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)",
    ],
    [
      'a result of nothing',
      { messages: [user, result] },
      "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
    ],
    ['no messages', { messages: [] }, 'Empty input messages'],
    ['no model', '{"messages":[]}', 'missing field `model`'],
    [
      'too many tokens of output',
      { max_tokens: 400_000 },
      'Invalid max_tokens value, the valid range of max_tokens is [1, 393216]',
    ],
    [
      'a tool with a space in its name',
      { tools: [{ type: 'function', function: { name: 'a b' } }] },
      "Invalid 'tools[0].function.name': string does not match pattern.",
    ],
    ['a user id with other characters', { user_id: '{"id":1}' }, "Invalid 'user_id'"],
    ['no JSON', '{"model":', 'Failed to parse the request body as JSON'],
  ])('%s', (_, body, message) => {
    const { status, type, message: said } = refusal(body);
    expect([status, type]).toEqual([400, 'invalid_request_error']);
    expect(said).toContain(message);
  });

  test('the body of an error has the form of every one that was seen', () => {
    expect(JSON.parse(refusal({ messages: [] }).body())).toEqual({
      error: {
        message: 'Empty input messages',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_request_error',
      },
    });
  });
});

describe('is accepted', () => {
  test.each<[string, object]>([
    ['null content beside calls', { ...off, messages: [user, { ...called, content: null }, result] }],
    ['empty reasoning beside tools', { tools: [tool], messages: [user, called, result] }],
    ['no reasoning where there are no tools', { messages: [user, { role: 'assistant', content: 'x' }, user] }],
    [
      'a prefix to complete, without reasoning',
      { tools: [tool], messages: [user, { role: 'assistant', content: '{', prefix: true }] },
    ],
    ['a forced tool while not thinking', { ...off, tools: [tool], tool_choice: 'required' }],
    ['an image', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }] }],
    [
      'JSON mode with the word in any message',
      { response_format: { type: 'json_object' }, messages: [{ role: 'system', content: 'Answer in JSON.' }, user] },
    ],
    ['fields that nobody knows', { n: 2, service_tier: 'auto', unheard_of: true }],
  ])('%s', (_, body) => {
    expect(() => read(body)).not.toThrow();
  });
});

test('defaults are those of the documentation', () => {
  expect(read({})).toMatchObject({ thinking: true, effort: 'high', maxTokens: 65_536, stream: false, stop: [] });
  expect(read(off)).toMatchObject({ thinking: false, maxTokens: 8_192 });
  expect(read({ reasoning_effort: 'none' }).thinking).toBe(false);
  expect(['minimal', 'medium', 'xhigh', 'ultra'].map((effort) => read({ reasoning_effort: effort }).effort)).toEqual([
    'low',
    'high',
    'high',
    'max',
  ]);
  expect(read({ stop: 'x' }).stop).toEqual(['x']);
});
