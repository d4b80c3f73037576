import { expect, test } from 'bun:test';
import { jsonAnswer, type Responder, scriptedUpstream } from './scripted-upstream.ts';
import { signThinking, strictAnthropic, strictDeepSeek, strictOpenAI } from './scripted-upstream-strict.ts';

const user = { role: 'user', content: 'Hi' };

/** The refusal of a body, or undefined where it is let through. */
async function refusal(
  rule: Responder,
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<string | undefined> {
  await using upstream = await scriptedUpstream();
  upstream.refuse(rule);
  upstream.enqueue(jsonAnswer({ fine: true }));
  const response = await fetch(upstream.url + path, { method: 'POST', body: JSON.stringify(body), headers });
  const answer = (await response.json()) as { error?: { message: string } };
  expect(response.status).toBe(answer.error === undefined ? 200 : 400);
  return answer.error?.message;
}

test('strictDeepSeek refuses on both surfaces, and nothing that is right', async () => {
  const body = { model: 'deepseek-v4-pro', messages: [user], max_tokens: 10 };
  const wrong = { ...body, messages: [{ role: 'developer', content: 'x' }] };
  for (const path of ['/chat/completions', '/anthropic/v1/messages?beta=true']) {
    expect(await refusal(strictDeepSeek(), path, body)).toBeUndefined();
    expect(await refusal(strictDeepSeek(), path, wrong)).toContain('unknown variant `developer`');
  }
});

const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
const tool = { type: 'function', function: { name: 'f' } };
test.each<[object, string | undefined]>([
  [{}, undefined],
  [{ messages: [{ role: 'developer', content: 'x' }, user], max_completion_tokens: 5 }, undefined],
  [{ tools: [tool], reasoning_effort: 'none', temperature: 0.5 }, undefined],
  [
    {
      messages: [
        user,
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: '' },
      ],
    },
    undefined,
  ],
  [{ max_tokens: 5 }, "Use 'max_completion_tokens' instead"],
  [{ stop: ['x'] }, "'stop' is not supported"],
  [{ tools: [tool], reasoning_effort: 'low' }, 'Function tools with reasoning_effort'],
  [{ temperature: 0.5, reasoning_effort: 'low' }, "'temperature' is not supported"],
  [{ thinking: { type: 'enabled' } }, "Unknown parameter: 'thinking'"],
  [
    { messages: [user, { role: 'assistant', content: 'x', reasoning_content: 'y' }] },
    "Unknown parameter: 'messages[1].reasoning_content'",
  ],
  [{ tools: [] }, "Invalid 'tools': empty array"],
  [{ tool_choice: 'auto' }, "only allowed when 'tools' are specified"],
  [{ stream_options: {} }, "only allowed when 'stream' is enabled"],
  [{ response_format: { type: 'json_object' } }, "must contain the word 'json'"],
  [
    { messages: [user, { role: 'assistant', content: null, tool_calls: [call] }, user] },
    'did not have response messages: c1',
  ],
  [
    { messages: [user, { role: 'tool', tool_call_id: 'c1', content: '' }] },
    'must be a response to a preceeding message',
  ],
  [{ messages: [user, { role: 'assistant', content: null }] }, 'expected a string, got null'],
])('strictOpenAI on %j', async (fields, expected) => {
  const said = await refusal(strictOpenAI(), '/v1/chat/completions', { model: 'gpt-5.4', messages: [user], ...fields });
  if (expected === undefined) expect(said).toBeUndefined();
  else expect(said).toContain(expected);
});

const thinking = { type: 'thinking', thinking: 'Hm', signature: signThinking('Hm') };
const use = { type: 'tool_use', id: 't1', name: 'f', input: {} };
const result = { type: 'tool_result', tool_use_id: 't1', content: 'done' };
const text = { type: 'text', text: 'x' };
const said = (...content: object[]) => ({ role: 'assistant', content });
const asked = (...content: object[]) => ({ role: 'user', content });
const on = { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 2000 };
test.each<[object, string | undefined]>([
  [{}, undefined],
  [{ ...on, messages: [user, said(thinking, use), asked(result, text)] }, undefined],
  [{ messages: [user, { role: 'system', content: 'x' }] }, undefined],
  [{ max_tokens: undefined }, 'max_tokens: Field required'],
  [{ response_format: {} }, 'response_format: Extra inputs are not permitted'],
  [{ context_management: {} }, 'context_management: Extra inputs are not permitted'],
  [{ messages: [asked({ type: 'text', text: '' })] }, 'text content blocks must be non-empty'],
  [{ messages: [user, said(), user] }, 'all messages must have non-empty content'],
  [{ messages: [said(text), user] }, 'first message must use the "user" role'],
  [{ messages: [user, said(use), asked(text, result)] }, 'without `tool_result` blocks immediately after: t1'],
  [{ messages: [user, said(use), user] }, 'without `tool_result` blocks immediately after: t1'],
  [{ messages: [asked(result)] }, 'unexpected `tool_use_id` found in `tool_result` blocks: t1'],
  [{ messages: [user, said({ ...thinking, thinking: 'Hm.' }, text), user] }, 'Invalid `signature` in `thinking` block'],
  [{ messages: [user, said({ type: 'thinking', thinking: 'Hm' }, text), user] }, 'thinking.signature: Field required'],
  [
    { ...on, messages: [user, said(use), asked(result)] },
    'Expected `thinking` or `redacted_thinking`, but found `tool_use`',
  ],
  [{ ...on, max_tokens: 1024 }, 'must be greater than `thinking.budget_tokens`'],
  [
    { ...on, tools: [{ name: 'f', input_schema: { type: 'object' } }], tool_choice: { type: 'any' } },
    'Thinking may not be enabled',
  ],
  [{ temperature: 1.5 }, 'temperature: range: 0..1'],
  [{ temperature: 0.5, top_p: 0.5 }, 'cannot both be specified'],
  [{ messages: [user, said({ ...use, input: '' }), asked(result)] }, 'Input should be a valid dictionary'],
  [{ messages: [user, { role: 'assistant', content: 'So ' }] }, 'cannot end with trailing whitespace'],
])('strictAnthropic on %j', async (fields, expected) => {
  const body = { model: 'claude-opus-4-8', max_tokens: 100, messages: [user], ...fields };
  const answer = await refusal(strictAnthropic(), '/v1/messages', body, { 'anthropic-version': '2023-06-01' });
  if (expected === undefined) expect(answer).toBeUndefined();
  else expect(answer).toContain(expected);
});

test('strictAnthropic wants its version header, and knows models without the role system', async () => {
  const body = { model: 'claude-opus-4-8', max_tokens: 100, messages: [user, { role: 'system', content: 'x' }] };
  expect(await refusal(strictAnthropic(), '/v1/messages', body)).toContain('anthropic-version');
  const version = { 'anthropic-version': '2023-06-01' };
  expect(await refusal(strictAnthropic({ systemRole: false }), '/v1/messages', body, version)).toContain(
    "role 'system' is not supported",
  );
});
