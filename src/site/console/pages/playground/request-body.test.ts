import { describe, expect, test } from 'bun:test';
import { chatChecks } from '../../../../protocols/chat-completions/check-request.ts';
import { messagesChecks } from '../../../../protocols/messages/check-request.ts';
import { type Answer, type AnswerPart, startedAnswer, type Turn } from './conversation.ts';
import { requestBody } from './request-body.ts';
import { EXAMPLE_TOOLS, initialSettings, problemsOf, readTools, type Settings } from './settings.ts';

const answer = (parts: AnswerPart[], state: Answer['state'] = 'done'): Answer => ({
  ...startedAnswer('messages', 'm'),
  state,
  parts,
});

const TURNS: Turn[] = [
  { role: 'user', text: 'Weather?' },
  answer([
    { kind: 'reasoning', text: 'Ask the tool.', signature: 'sig' },
    { kind: 'call', id: 'call_1', name: 'get_weather', input: '{"city": "Oslo"}' },
  ]),
  { role: 'tool', results: [{ callId: 'call_1', name: 'get_weather', text: '21' }] },
];

const settings = (changes: Partial<Settings>): Settings => ({ ...initialSettings('m'), ...changes });

describe('a Chat Completions request', () => {
  test('says only what was chosen', () => {
    const chosen = settings({ maxTokens: '', stream: false });
    expect(requestBody(chosen, [{ role: 'user', text: 'Hi' }])).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
    });
  });

  test('has every parameter by its name', () => {
    const body = requestBody(
      settings({
        system: 'Be brief.',
        maxTokens: '64',
        temperature: '0',
        reasoning: 'off',
        format: 'object',
        useTools: true,
      }),
      [{ role: 'user', text: 'Hi' }],
    );
    expect(body).toMatchObject({
      messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }],
      max_tokens: 64,
      temperature: 0,
      reasoning_effort: 'none',
      response_format: { type: 'json_object' },
      tools: [{ type: 'function', function: { name: 'get_weather' } }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const known = ['model', 'messages', ...Object.keys(chatChecks)];
    expect(Object.keys(body).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('carries calls, their results and the reasoning before them', () => {
    expect(requestBody(settings({}), TURNS).messages).toEqual([
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'Ask the tool.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city": "Oslo"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '21' },
    ]);
  });
});

describe('a Messages request', () => {
  test('has every parameter by its name', () => {
    const body = requestBody(
      settings({ protocol: 'messages', system: 'Be brief.', reasoning: 'high', format: 'object', useTools: true }),
      [{ role: 'user', text: 'Hi' }],
    );
    expect(body).toMatchObject({
      system: 'Be brief.',
      max_tokens: 2048,
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } },
      tools: [{ name: 'get_weather', input_schema: { type: 'object' } }],
      stream: true,
    });
    const known = ['model', 'messages', ...Object.keys(messagesChecks)];
    expect(Object.keys(body).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('carries calls, their results and signed reasoning', () => {
    expect(requestBody(settings({ protocol: 'messages' }), TURNS).messages).toEqual([
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Ask the tool.', signature: 'sig' },
          { type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: 'Oslo' } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: '21' }] },
    ]);
  });

  test('leaves reasoning out that nobody has signed', () => {
    const turns: Turn[] = [
      answer([
        { kind: 'reasoning', text: 'Hm.', signature: undefined },
        { kind: 'text', text: 'Yes.' },
      ]),
    ];
    expect(requestBody(settings({ protocol: 'messages' }), turns).messages).toEqual([
      { role: 'assistant', content: [{ type: 'text', text: 'Yes.' }] },
    ]);
  });
});

test('calls of an answer that did not end are not sent on, nor an answer that said nothing', () => {
  const call: AnswerPart = { kind: 'call', id: 'c', name: 'f', input: '{"ci' };
  const turns: Turn[] = [
    { role: 'user', text: 'a' },
    answer([call], 'stopped'),
    answer([{ kind: 'text', text: 'half' }, call], 'failed'),
  ];
  expect(requestBody(settings({}), turns).messages).toEqual([
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'half' },
  ]);
});

test('an answer that was stopped before its first word is not sent on: no vendor takes a message with nothing in it', () => {
  const begun = answer(
    [
      { kind: 'reasoning', text: 'Hm.', signature: 'sig' },
      { kind: 'text', text: '' },
    ],
    'stopped',
  );
  const turns: Turn[] = [{ role: 'user', text: 'a' }, begun, { role: 'user', text: 'b' }];
  for (const protocol of ['messages', 'chat-completions'] as const) {
    expect(requestBody(settings({ protocol }), turns).messages).toEqual([{ role: 'user', content: 'b' }]);
  }
});

test('a question that nobody answered is sent again by itself, and not before the next one', () => {
  const failed: Turn[] = [{ role: 'user', text: 'a' }, answer([], 'failed')];
  const content = (turns: Turn[]) =>
    (requestBody(settings({}), turns).messages as { content: string }[]).map((message) => message.content);
  expect(content(failed)).toEqual(['a']);
  expect(content([...failed, { role: 'user', text: 'b' }, answer([], 'failed'), { role: 'user', text: 'c' }])).toEqual([
    'c',
  ]);
});

describe('the settings', () => {
  test('are right as they begin, tools and schema too', () => {
    expect(problemsOf(settings({ useTools: true, format: 'schema' }))).toEqual({});
    expect(readTools(EXAMPLE_TOOLS)).toHaveLength(1);
  });

  test.each([
    [{ model: '' }, 'model'],
    [{ maxTokens: '0' }, 'maxTokens'],
    [{ maxTokens: '', protocol: 'messages' as const }, 'maxTokens'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ temperature: '2.1' }, 'temperature'],
    [{ format: 'schema' as const, schema: '[]' }, 'schema'],
    [{ useTools: true, tools: '[{]' }, 'tools'],
    [{ useTools: true, tools: '[]' }, 'tools'],
    [{ useTools: true, tools: '[{"name": "two words", "parameters": {}}]' }, 'tools'],
    [{ useTools: true, tools: '[{"name": "f"}]' }, 'tools'],
  ])('%j are seen to be wrong', (changes, field) => {
    expect(Object.keys(problemsOf(settings(changes)))).toEqual([field]);
  });
});
