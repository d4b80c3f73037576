import { expect, test } from 'bun:test';
import type { MessageCreateParamsBase } from '@anthropic-ai/sdk/resources/messages/messages';
import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions/completions';
import { chatFields } from '../chat-completions/request-fields.ts';
import { messagesFields } from '../messages/request-fields.ts';
import { refusalOf, translateRequest } from './harness.ts';
import { targetNamed } from './targets.ts';

/*
 * G16: no field is lost in silence. Every field that the official clients can send is listed here with its fate; a client
 * library that brings a new one fails the type check until somebody has decided.
 */
type Fate = 'read' | 'drop' | 'refuse';

const chat: Record<keyof ChatCompletionCreateParamsBase, Fate> = {
  audio: 'refuse',
  frequency_penalty: 'drop',
  function_call: 'refuse',
  functions: 'refuse',
  logit_bias: 'drop',
  logprobs: 'refuse',
  max_completion_tokens: 'read',
  max_tokens: 'read',
  messages: 'read',
  metadata: 'drop',
  modalities: 'refuse',
  model: 'read',
  moderation: 'drop',
  n: 'refuse',
  parallel_tool_calls: 'read',
  prediction: 'drop',
  presence_penalty: 'drop',
  prompt_cache_key: 'drop',
  prompt_cache_options: 'drop',
  prompt_cache_retention: 'drop',
  reasoning_effort: 'read',
  response_format: 'read',
  safety_identifier: 'read',
  seed: 'drop',
  service_tier: 'drop',
  stop: 'read',
  store: 'drop',
  stream: 'read',
  stream_options: 'read',
  temperature: 'read',
  tool_choice: 'read',
  tools: 'read',
  top_logprobs: 'refuse',
  top_p: 'read',
  user: 'read',
  verbosity: 'drop',
  web_search_options: 'refuse',
};

/** Gone from the newest client's types, and sent by everybody. */
type OlderMessagesField = 'temperature' | 'top_k' | 'top_p';

const messages: Record<keyof MessageCreateParamsBase | OlderMessagesField, Fate> = {
  cache_control: 'drop',
  container: 'drop',
  diagnostics: 'drop',
  inference_geo: 'drop',
  max_tokens: 'read',
  messages: 'read',
  metadata: 'read',
  model: 'read',
  output_config: 'read',
  service_tier: 'drop',
  speed: 'drop',
  stop_sequences: 'read',
  stream: 'read',
  system: 'read',
  temperature: 'read',
  thinking: 'read',
  tool_choice: 'read',
  tools: 'read',
  top_k: 'read',
  top_p: 'read',
  user_profile_id: 'drop',
  workspace_id: 'drop',
};

test.each([
  ['Chat Completions', chat, chatFields],
  ['Messages', messages, messagesFields],
] as const)('G16: %s', (_name, fates, rules) => {
  for (const [field, fate] of Object.entries(fates)) expect([field, rules[field]?.fate]).toEqual([field, fate]);
});

/** Asks for something, whatever the field is. */
const ASKING = 'x-test';

test.each([
  ['Chat Completions', chat, 'claude-any'],
  ['Messages', messages, 'own-server'],
] as const)('G16: %s: what is dropped is listed, what is refused is named', (_name, fates, target) => {
  for (const [field, fate] of Object.entries({ ...fates, of_tomorrow: 'drop' })) {
    if (fate === 'read') continue;
    const request = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }], [field]: ASKING };
    const refusal = refusalOf(request, targetNamed(target));
    expect([field, refusal?.details.param]).toEqual([field, fate === 'refuse' ? field : undefined]);
    if (refusal !== undefined) continue;
    const { changed, text } = translateRequest(request, targetNamed(target));
    expect(changed).toContain(field);
    expect(text).not.toContain(ASKING);
  }
});

test('F27: a cache breakpoint inside a system message that becomes one text stands at its end, and is listed', () => {
  const content = [
    { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
    { type: 'text', text: 'b' },
  ];
  const request = {
    model: 'm',
    messages: [
      { role: 'user', content: 'x' },
      { role: 'system', content },
    ],
  };
  const { body, changed } = translateRequest(request, targetNamed('claude-budget'));
  expect((body.messages as unknown[])[1]).toEqual({
    role: 'user',
    content: [{ type: 'text', text: '<system>a\n\nb</system>', cache_control: { type: 'ephemeral' } }],
  });
  expect(changed).toEqual(['cache_control', 'messages.role']);
});

const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
const ofCall = (more: object) => ({
  messages: [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: null, tool_calls: [{ ...call, ...more }] },
    { role: 'tool', tool_call_id: 'c', content: 'r' },
  ],
});
const file = { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' };
const ofFile = (more: object) => ({
  messages: [{ role: 'user', content: [{ type: 'file', file: { ...file, ...more } }] }],
});
const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
const named = (more: object, ofFunction: object = {}) => ({
  tools,
  tool_choice: { type: 'function', function: { name: 'f', ...ofFunction }, ...more },
});
const on = { type: 'enabled', budget_tokens: 5000 };
const schema = { type: 'object', properties: {}, additionalProperties: false };
const json_schema = { name: 'n', schema };

/** What stands inside of a field that is read, with what is listed of it. */
test.each([
  ['a signature of another vendor’s on a call', ofCall({ extra_content: { google: {} } }), ['extra_content']],
  ['an unknown member of a call', ofCall({ of_tomorrow: 1 }), ['of_tomorrow']],
  ['one of its function', ofCall({ function: { ...call.function, of_tomorrow: 1 } }), ['of_tomorrow']],
  ['what clients put there themselves', ofCall({ index: 0, extra_content: null }), []],
  ['what clients read of it', ofCall({ function: { ...call.function, parsed_arguments: {} } }), []],
  ['an unknown member of a file', ofFile({ of_tomorrow: 1 }), ['of_tomorrow']],
  ['a file', ofFile({ file_id: null }), []],
  ['an unknown member of a choice', named({ of_tomorrow: 1 }), ['tool_choice.of_tomorrow']],
  ['one of its function', named({}, { of_tomorrow: 1 }), ['tool_choice.function.of_tomorrow']],
  ['a choice', named({}), []],
  ['an unknown member of a format', { response_format: { type: 'text', a: 1 } }, ['response_format.a']],
  [
    'one of its schema',
    { response_format: { type: 'json_schema', json_schema: { ...json_schema, a: 1 } } },
    ['response_format.json_schema.a'],
  ],
  ['two end users', { user: 'a', safety_identifier: 'b' }, ['safety_identifier']],
  ['one of them twice', { user: 'a', safety_identifier: 'a' }, []],
  ['two efforts', { reasoning_effort: 'low', reasoning: { effort: 'high' } }, ['reasoning.effort']],
  ['one of them twice', { reasoning_effort: 'low', reasoning: { effort: 'low' } }, []],
  ['two budgets', { thinking: on, reasoning: { max_tokens: 6000 } }, ['reasoning.max_tokens']],
  ['an effort while it is off', { reasoning_effort: 'high', thinking: { type: 'disabled' } }, ['reasoning_effort']],
  ['the least of them', { reasoning_effort: 'none', thinking: { type: 'disabled' } }, []],
  [
    'a switch that another one turns off',
    { reasoning: { enabled: false }, thinking: { type: 'enabled' } },
    ['thinking.type'],
  ],
  ['a budget while it is off', { reasoning_effort: 'none', thinking: on }, ['thinking.budget_tokens', 'thinking.type']],
  ['a budget beside an effort', { reasoning_effort: 'low', thinking: on }, ['thinking.budget_tokens']],
])('G16: Chat Completions: %s', (_name, more, listed) => {
  const request = { model: 'm', max_tokens: 9000, messages: [{ role: 'user', content: 'x' }], ...more };
  expect(translateRequest(request, targetNamed('claude-any')).changed.sort()).toEqual(listed);
});

test.each([
  ['claude-adaptive', {}, ['thinking.budget_tokens']],
  ['claude-budget', {}, []],
  ['claude-budget', { reasoning_effort: 'low' }, ['reasoning_effort']],
] as const)('G16: a budget at %s %p', (target, more, listed) => {
  const request = { model: 'm', max_tokens: 8000, messages: [{ role: 'user', content: 'x' }], thinking: on, ...more };
  expect(translateRequest(request, targetNamed(target)).changed).toEqual([...listed]);
});

const use = { type: 'tool_use', id: 't', name: 'f', input: {} };
const ofUse = (more: object) => ({
  messages: [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: [{ ...use, ...more }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'r' }] },
  ],
});
const base64 = { type: 'base64', media_type: 'image/png', data: 'AA' };
const ofSource = (source: object, type = 'image') => ({ messages: [{ role: 'user', content: [{ type, source }] }] });
const ofBlock = (block: object) => ({ messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, block] }] });
const mark = { cache_control: { type: 'ephemeral' } };
const format = { type: 'json_schema', schema };

test.each([
  ['a call by code', ofUse({ caller: { type: 'code_execution_20250825', tool_id: 'x' } }), ['caller']],
  ['a call by the model', ofUse({ caller: { type: 'direct' } }), []],
  ['a call by nobody', ofUse({ caller: null }), []],
  ['an unknown member of an image’s source', ofSource({ ...base64, of_tomorrow: 1 }), ['of_tomorrow']],
  ['an image', ofSource(base64), []],
  [
    'an unknown member of a document’s source',
    ofSource({ type: 'content', content: 'x', of_tomorrow: 1 }, 'document'),
    ['of_tomorrow'],
  ],
  [
    'a mark on a document of blocks',
    ofBlock({ type: 'document', source: { type: 'content', content: 'x' }, ...mark }),
    ['cache_control'],
  ],
  [
    'what a search found',
    ofBlock({
      type: 'search_result',
      source: 's',
      title: 't',
      content: [],
      citations: { enabled: true },
      ...mark,
      a: 1,
    }),
    ['citations', 'a', 'source', 'title', 'cache_control'],
  ],
  [
    'a mark on a named tool',
    ofBlock({ type: 'tool_reference', tool_name: 'f', ...mark }),
    ['tool_reference', 'cache_control'],
  ],
  [
    'an unknown member of a named tool',
    ofBlock({ type: 'tool_reference', tool_name: 'f', a: 1 }),
    ['tool_reference', 'a'],
  ],
  ['a text', ofSource({ type: 'text', media_type: 'text/plain', data: 'x' }, 'document'), []],
  ['two formats', { output_format: { ...format, schema: {} }, output_config: { format } }, ['output_format']],
  ['one of them twice', { output_format: format, output_config: { format } }, []],
  ['an unknown member of a format', { output_config: { format: { ...format, a: 1 } } }, ['output_config.format.a']],
  ['one of the older name', { output_format: { ...format, a: 1 } }, ['output_format.a']],
])('G16: Messages: %s', (_name, more, listed) => {
  const request = { model: 'm', max_tokens: 9000, messages: [{ role: 'user', content: 'x' }], ...more };
  expect(translateRequest(request, targetNamed('gpt')).changed).toEqual(listed);
});
