import { describe, expect, test } from 'bun:test';
import { refusalOf, translateRequest } from './harness.ts';
import { targetNamed } from './targets.ts';

/* A member that is read, and has another type than it must have, is refused by its name: dropped, it would be lost in silence. */
const user = { role: 'user', content: 'x' };
const ask = (more: object) => ({ model: 'm', max_tokens: 9000, messages: [user], ...more });
const tool = (more: object, outside: object = {}) => ({
  tools: [{ type: 'function', function: { name: 'f', ...more }, ...outside }],
});
const said = (content: unknown, more: object = {}) => ({
  messages: [user, { role: 'assistant', content, ...more }, user],
});

describe('Chat Completions', () => {
  test.each([
    ['reasoning', { reasoning: 'high' }],
    ['reasoning', { reasoning: true }],
    ['reasoning.effort', { reasoning: { effort: 3 } }],
    ['reasoning.enabled', { reasoning: { enabled: 'true' } }],
    ['reasoning.max_tokens', { reasoning: { max_tokens: '2000' } }],
    ['thinking.type', { thinking: { type: true } }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled', budget_tokens: '2000' } }],
    ['top_k', { top_k: '5' }],
    ['safety_identifier', { safety_identifier: 5 }],
    ['cache_control', { cache_control: 'ephemeral' }],
    ['stream_options.include_usage', { stream_options: { include_usage: 'yes' } }],
    ['tools[0].function.description', tool({ description: 5 })],
    ['tools[0].function.strict', tool({ strict: 'true' })],
    ['tools[0].cache_control', tool({}, { cache_control: 'ephemeral' })],
    ['messages[1].content[0].cache_control', said([{ type: 'text', text: 'x', cache_control: 'ephemeral' }])],
    ['messages[1].content[0].type', said([{ type: 'image_url', image_url: { url: 'https://a/b' } }])],
    ['messages[1].tool_calls[0].function', said('', { tool_calls: [{ id: 'c', function: 'f' }] })],
    [
      'response_format.json_schema.strict',
      { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {}, strict: 'true' } } },
    ],
  ])('%s: %j', (param, more) => {
    const { code, details } = refusalOf(ask(more), targetNamed('claude-any'))!;
    expect([code, details.param]).toEqual(['invalid_param', param]);
  });

  test.each([
    ['reasoning_content', said('y', { reasoning_content: { text: 'hm' } })],
    ['reasoning', said('y', { reasoning: 5 })],
    ['annotations', said('y', { annotations: [{ type: 'url_citation' }] })],
    ['thinking.type', { thinking: { type: 'between_tools' } }],
    ['thinking.type', { thinking: { type: 'auto' } }],
    // What other servers take for their default.
    ['top_k', { top_k: -1 }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled', budget_tokens: -1 } }],
    ['reasoning.max_tokens', { reasoning: { max_tokens: -1 } }],
  ])('listed, not refused: %s: %j', (name, more) => {
    expect(translateRequest(ask(more), targetNamed('claude-any')).changed).toEqual([name]);
  });

  test('thinking of a kind that nobody here knows is thinking all the same', () => {
    const { body } = translateRequest(ask({ thinking: { type: 'auto' } }), targetNamed('claude-any'));
    expect(body.thinking).toEqual({ type: 'adaptive', display: 'summarized' });
  });

  test('a null is nothing, also as a type', () => {
    const call = { id: 'c', type: null, index: null, function: { name: 'f', arguments: '{}' } };
    const request = ask({
      ...tool({ description: null, strict: null }, { type: null }),
      top_k: null,
      reasoning: null,
      messages: [
        user,
        { role: 'assistant', content: null, annotations: [], reasoning_content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c', content: 'r' },
      ],
    });
    expect(translateRequest(request, targetNamed('claude-any')).changed).toEqual([]);
  });

  test('a name on a result is listed', () => {
    const call = { id: 'c', function: { name: 'f', arguments: '{}' } };
    const messages = [
      user,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', name: 'f', content: 'r' },
    ];
    expect(translateRequest(ask({ messages }), targetNamed('claude-any')).changed).toEqual(['name']);
  });
});

describe('Messages', () => {
  const result = (is_error: unknown) => ({
    messages: [
      user,
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'r', is_error }] },
    ],
  });
  const tools = [{ name: 'f', input_schema: { type: 'object' } }];
  test.each([
    ['messages[2].content[0].is_error', result('true')],
    ['messages[2].content[0].is_error', result(1)],
    ['output_config.effort', { output_config: { effort: 5 } }],
    ['output_config.format', { output_config: { format: 'json' } }],
    ['output_format', { output_format: 'json' }],
    ['metadata.user_id', { metadata: { user_id: 5 } }],
    ['tool_choice.type', { tools, tool_choice: {} }],
    ['tool_choice.type', { tools, tool_choice: { name: 'f' } }],
    [
      'tool_choice.disable_parallel_tool_use',
      { tools, tool_choice: { type: 'auto', disable_parallel_tool_use: 'true' } },
    ],
    ['tools[0].description', { tools: [{ ...tools[0], description: 5 }] }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled', budget_tokens: '2000' } }],
  ])('%s: %j', (param, more) => {
    const { code, details } = refusalOf(ask(more), targetNamed('gpt'))!;
    expect([code, details.param]).toEqual(['invalid_param', param]);
  });
});

test.each([
  [{ type: 'adaptive' }, {}, 'medium', []],
  [{ type: 'enabled' }, {}, 'medium', []],
  [{ type: 'between_tools' }, {}, 'medium', ['thinking.type']],
  [{ type: 'adaptive' }, { effort: 'low' }, 'low', []],
  [{ type: 'adaptive', budget_tokens: 30_000 }, {}, 'medium', ['thinking.budget_tokens']],
  [{ budget_tokens: 30_000 }, {}, 'high', []],
  [{ type: 'disabled' }, {}, 'none', []],
])('thinking %j with %j goes up as an effort', (thinking, output_config, effort, listed) => {
  const { body, changed } = translateRequest(ask({ thinking, output_config }), targetNamed('gpt'));
  expect([body.reasoning_effort, changed]).toEqual([effort, listed]);
});

test('the least effort becomes the least that there is, and is listed', () => {
  const { body, changed } = translateRequest(ask({ reasoning_effort: 'minimal' }), targetNamed('claude-adaptive'));
  expect([body.output_config, changed]).toEqual([{ effort: 'low' }, ['reasoning_effort']]);
});

test.each([
  ['end_user-7', 'end_user-7', []],
  ['{"a":1}', undefined, ['metadata']],
])('DeepSeek calls an end user %s user_id, and takes it of few characters', (user_id, sent, listed) => {
  const { body, changed } = translateRequest(ask({ metadata: { user_id } }), targetNamed('deepseek-chat'));
  expect([body.user, body.user_id, changed]).toEqual([undefined, sent, listed]);
});

test('white space at the end of a prefilled answer goes, also in texts of their own', () => {
  const texts = [
    { type: 'text', text: 'a ' },
    { type: 'text', text: '  ' },
  ];
  const request = ask({ messages: [user, { role: 'assistant', content: texts }] });
  const { body, changed } = translateRequest(request, targetNamed('claude-any'));
  expect((body.messages as object[])[1]).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'a' }] });
  expect(changed).toEqual(['messages.content']);
});

describe('cache_control', () => {
  const mark = { cache_control: { type: 'ephemeral' } };

  test('of the whole prompt goes up where there is such a mark, and is one of those that are taken', () => {
    const marked = (text: string) => ({ role: 'user', content: [{ type: 'text', text, ...mark }] });
    const messages = ['a', 'b', 'c', 'd'].map(marked);
    const { body, changed } = translateRequest(ask({ ...mark, messages }), targetNamed('claude-any'));
    expect(body.cache_control).toEqual(mark.cache_control);
    expect(JSON.stringify(body).split('"cache_control"')).toHaveLength(5);
    expect(changed).toEqual(['cache_control']);
  });

  test.each([
    [
      'claude-any',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: ' ', ...mark },
            { type: 'text', text: 'x' },
          ],
        },
      ],
    ],
    ['claude-any', [user, { role: 'assistant', content: '', ...mark }, user]],
    ['claude-any', [{ role: 'system', content: ' ', ...mark }, user]],
    ['gpt', [user, { role: 'assistant', content: [{ type: 'text', text: '', ...mark }] }, user]],
    [
      'gpt',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: '', ...mark },
            { type: 'text', text: 'x' },
          ],
        },
      ],
    ],
  ] as const)('on what says nothing is listed: %s %j', (target, messages) => {
    const { changed, text } = translateRequest(ask({ messages }), targetNamed(target));
    expect(changed).toEqual(['cache_control']);
    expect(text).not.toContain('ephemeral');
  });
});

test('two calls by one id need two results', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
  const result = { role: 'tool', tool_call_id: 'c', content: 'r' };
  const calls = { role: 'assistant', content: null, tool_calls: [call, call] };
  const target = targetNamed('claude-any');
  expect(refusalOf(ask({ messages: [user, calls, result] }), target)?.details.param).toBe('messages[1]');
  expect(refusalOf(ask({ messages: [user, calls, result, result] }), target)).toBeUndefined();
});

test('a system prompt alone is refused with what is missing', () => {
  const { message } = refusalOf(
    ask({ messages: [{ role: 'system', content: 'Be brief.' }] }),
    targetNamed('claude-any'),
  )!;
  expect(message).toContain('send a user message');
});

test('a level of effort that nobody here knows counts as high where it becomes a budget, and is listed', () => {
  const asked = (reasoning_effort: string) => {
    const { body, changed } = translateRequest(ask({ reasoning_effort }), targetNamed('claude-budget'));
    return [body.thinking, changed];
  };
  const [high] = asked('high');
  for (const unknown of ['zz', '', 'HIGH', 'auto']) expect(asked(unknown)).toEqual([high, ['reasoning_effort']]);
  for (const known of ['minimal', 'low', 'medium', 'high', 'xhigh', 'max']) expect(asked(known)[1]).toEqual([]);
});

test('thinking that is left to a model that thinks by itself asks for no effort', () => {
  for (const target of ['gemini', 'deepseek-chat'] as const) {
    for (const type of ['adaptive', 'enabled']) {
      const { body, changed } = translateRequest(ask({ thinking: { type } }), targetNamed(target));
      expect([target, body.reasoning_effort, changed]).toEqual([target, undefined, []]);
    }
  }
});

test('a budget below zero is none, and is listed', () => {
  const thinking = { type: 'enabled', budget_tokens: -1 };
  const { body, changed } = translateRequest(ask({ thinking }), targetNamed('gpt'));
  expect([body.reasoning_effort, changed]).toEqual(['medium', ['thinking.budget_tokens']]);
});

test('a strict tool with a map is strict no more: closed, the map could only be empty', () => {
  const vars = { type: 'object', additionalProperties: { type: 'string' } };
  const parameters = { type: 'object', properties: { vars } };
  const { body, changed } = translateRequest(ask(tool({ strict: true, parameters })), targetNamed('claude-adaptive'));
  expect([body.tools, changed]).toEqual([[{ name: 'f', input_schema: parameters }], ['strict']]);
});
