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
/** Of those in beta, the ones that ask for something in the answer. */
type BetaMessagesField = 'compaction';

const messages: Record<keyof MessageCreateParamsBase | OlderMessagesField | BetaMessagesField, Fate> = {
  cache_control: 'drop',
  compaction: 'refuse',
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
