import { afterAll, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { accumulateChat, accumulateMessages } from '../../tests/support/stream-accumulators.ts';
import { checkChatStream, checkMessagesStream } from '../../tests/support/stream-invariants.ts';
import { sharedTokenizer } from '../tokens/index.ts';
import { serveSimulator } from './server.ts';

const server = serveSimulator({ port: 0 });
afterAll(() => server.stop());
const openai = new OpenAI({ apiKey: 'sk-any', baseURL: server.url, maxRetries: 0 });
const anthropic = new Anthropic({ apiKey: 'sk-any', baseURL: `${server.url}/anthropic`, maxRetries: 0 });
const tokenizer = sharedTokenizer();

const model = 'deepseek-v4-pro';
const city = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };
const chatTool = {
  type: 'function' as const,
  function: { name: 'get_weather', description: 'Weather of a city', parameters: city },
};
const messagesTool = { name: 'get_weather', description: 'Weather of a city', input_schema: city };
const question = 'What is the weather in Paris and Oslo?';
const user = (content: string) => ({ role: 'user' as const, content });

const post = (path: string, body: object, init: RequestInit = {}) =>
  fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify({ model, ...body }), ...init });
const chatText = async (body: object) => (await post('/chat/completions', body)).text();
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );
const withoutIds = (value: object) =>
  JSON.stringify(value).replace(/call_(\d\d)_\w+|[0-9a-f-]{36}|"created":\d+/g, '$1');

describe('the openai client', () => {
  test('runs a loop of parallel calls to an answer that has their results', async () => {
    const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [user(question)];
    const first = await openai.chat.completions.create({ model, messages, tools: [chatTool] });
    const { message, finish_reason } = first.choices[0]!;
    expect(finish_reason).toBe('tool_calls');
    expect(message.tool_calls?.map((call) => call.type === 'function' && JSON.parse(call.function.arguments))).toEqual([
      { city: 'Paris' },
      { city: 'Oslo' },
    ]);
    messages.push(message);
    for (const call of message.tool_calls!)
      messages.push({ role: 'tool', tool_call_id: call.id, content: `rain for ${call.id}` });
    const second = await openai.chat.completions.create({ model, messages, tools: [chatTool] });
    expect(second.choices[0]?.finish_reason).toBe('stop');
    for (const call of message.tool_calls!) expect(second.choices[0]?.message.content).toContain(`rain for ${call.id}`);
  });

  test('streams, and the stream is the same answer', async () => {
    const body = { model, messages: [user(question)], tools: [chatTool] };
    const whole = await openai.chat.completions.create(body);
    const streamed = await openai.chat.completions.stream(body).finalChatCompletion();
    const [a, b] = [whole.choices[0]!.message, streamed.choices[0]!.message];
    expect(b.tool_calls?.map((call) => call.type === 'function' && call.function.arguments)).toEqual(
      a.tool_calls!.map((call) => call.type === 'function' && call.function.arguments),
    );
    expect(withoutIds({ content: b.content })).toBe(withoutIds({ content: a.content }));
  });

  test('sees refusals as errors of their status', async () => {
    const refused = openai.chat.completions.create({ model, messages: [{ role: 'developer', content: 'x' }] });
    expect(await failure(refused)).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      code: 'invalid_request_error',
    });
  });

  test('lists models', async () => {
    const ids = (await Array.fromAsync(await openai.models.list())).map((entry) => entry.id);
    expect(ids).toEqual(['deepseek-flash', 'deepseek-v4-pro']);
  });
});

describe('the anthropic client', () => {
  test('runs a streamed loop of parallel calls to an answer that has their results', async () => {
    const messages: Anthropic.MessageParam[] = [user(question)];
    const body = { model, max_tokens: 2000, tools: [messagesTool] };
    const first = await anthropic.messages.stream({ ...body, messages }).finalMessage();
    expect(first.stop_reason).toBe('tool_use');
    expect(first.content.map((block) => block.type)).toEqual(['thinking', 'tool_use', 'tool_use']);
    expect(first.content[0]).toMatchObject({ signature: first.id });
    const uses = first.content.filter((block) => block.type === 'tool_use');
    expect(uses.map((use) => use.input)).toEqual([{ city: 'Paris' }, { city: 'Oslo' }]);
    const results = uses.map((use) => ({
      type: 'tool_result' as const,
      tool_use_id: use.id,
      content: `rain for ${use.id}`,
    }));
    messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: results });
    const second = await anthropic.messages.create({ ...body, messages });
    expect(second.stop_reason).toBe('end_turn');
    const text = second.content.find((block) => block.type === 'text')?.text;
    for (const use of uses) expect(text).toContain(`rain for ${use.id}`);
  });

  test('is told the stop sequence that ended the answer', async () => {
    const answer = await anthropic.messages.create({
      model,
      max_tokens: 1000,
      messages: [user('Say exactly: one two three')],
      stop_sequences: [' two'],
    });
    expect(answer).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: ' two' });
    expect(answer.content.at(-1)).toMatchObject({ type: 'text', text: 'one' });
  });

  test('gets a 404 for count_tokens, which DeepSeek does not have', async () => {
    expect(await failure(anthropic.messages.countTokens({ model, messages: [user('Hi')] }))).toMatchObject({
      status: 404,
    });
  });
});

describe('every stream holds the invariants', () => {
  const bodies = [
    { messages: [user(question)], tools: [chatTool] },
    { messages: [user('给我讲讲北京的天气 🙂')] },
    { messages: [user('Hello')], thinking: { type: 'disabled' } },
    { messages: [user(question)], max_tokens: 7 },
    { messages: [user(question)], tools: [chatTool], max_tokens: 150 },
    { messages: [user('Say exactly: a\nb')], stop: ['\n'], logprobs: true },
  ];
  test.each(bodies)('%j', async (body) => {
    const stream = await chatText({ ...body, stream: true, stream_options: { include_usage: true } });
    expect(checkChatStream(stream, { includeUsage: true })).toEqual([]);
    await accumulateChat(stream);
    const tools = 'tools' in body ? { tools: [messagesTool] } : {};
    const messages = await (
      await post('/anthropic/v1/messages', { max_tokens: 1000, ...body, ...tools, stream: true })
    ).text();
    expect(checkMessagesStream(messages)).toEqual([]);
    await accumulateMessages(messages);
  });
});

describe('usage', () => {
  const usageOf = async (body: object) =>
    (JSON.parse(await chatText(body)) as OpenAI.Chat.ChatCompletion).usage as OpenAI.CompletionUsage &
      Record<string, number>;

  test('is that of recorded prompts of the same text', async () => {
    expect(await usageOf({ messages: [user('Invent a new holiday and describe its traditions.')] })).toMatchObject({
      prompt_tokens: 13,
    });
    expect(await usageOf({ messages: [user('How many "r"s are in the word "strawberry"?')] })).toMatchObject({
      prompt_tokens: 18,
    });
  });

  test('counts what was said, by the tokenizer', async () => {
    const answer = JSON.parse(
      await chatText({ messages: [user('Why do volcanoes erupt?')] }),
    ) as OpenAI.Chat.ChatCompletion;
    const { content, reasoning_content: reasoning } = answer.choices[0]!.message as unknown as Record<string, string>;
    expect(answer.usage).toMatchObject({
      completion_tokens: tokenizer.count(reasoning!) + 1 + tokenizer.count(content!),
      completion_tokens_details: { reasoning_tokens: tokenizer.count(reasoning!) },
    });
  });

  test('has cache hits in steps of 128 tokens, apart for each user_id, answers included', async () => {
    const long = `${'All work and no play makes Jack a dull boy. '.repeat(60)}`;
    const messages = [user(long)];
    const first = await usageOf({ messages, user_id: 'ann', thinking: { type: 'disabled' } });
    expect(first).toMatchObject({ prompt_cache_hit_tokens: 0 });
    const again = await usageOf({ messages, user_id: 'ann' });
    expect(again.prompt_cache_hit_tokens).toBe(Math.floor((again.prompt_tokens - 1) / 128) * 128);
    expect(again.prompt_cache_hit_tokens! + again.prompt_cache_miss_tokens!).toBe(again.prompt_tokens);
    expect(await usageOf({ messages, user_id: 'bob' })).toMatchObject({ prompt_cache_hit_tokens: 0 });

    const essay = { messages: [user('Write 400 words about tea')], thinking: { type: 'disabled' }, user_id: 'ann' };
    const { choices } = JSON.parse(await chatText(essay)) as OpenAI.Chat.ChatCompletion;
    const next = await usageOf({ ...essay, messages: [...essay.messages, choices[0]!.message, user('More')] });
    expect(next.prompt_cache_hit_tokens).toBeGreaterThan(next.prompt_tokens - 150);
  });

  test('on the Messages surface leaves cache hits out of the input', async () => {
    const body = {
      max_tokens: 50,
      messages: [user('Colourless green ideas sleep furiously. '.repeat(50))],
      stream: false,
    };
    const usages = [];
    for (let i = 0; i < 2; i++)
      usages.push(((await (await post('/anthropic/v1/messages', body)).json()) as Anthropic.Message).usage);
    const [first, second] = usages;
    expect(first!.cache_read_input_tokens).toBe(0);
    expect(second!.cache_read_input_tokens! % 128).toBe(0);
    expect(second!.cache_read_input_tokens! + second!.input_tokens).toBe(first!.input_tokens);
  });
});

test('prompt and output together must fit the window', async () => {
  const small = serveSimulator({ port: 0, contextWindow: 1000 });
  const response = await fetch(`${small.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, messages: [user('Hello there')], max_tokens: 995 }),
  });
  await small.stop();
  expect([response.status, ((await response.json()) as { error: Error }).error.message]).toEqual([
    400,
    "This model's maximum context length is 1000 tokens. However, you requested 1001 tokens (6 in the messages, 995 in the completion). Please reduce the length of the messages or completion.",
  ]);
});

test('with a list of models, others do not exist and aliases lead to them', async () => {
  const strict = serveSimulator({ port: 0, models: ['deepseek-flash', 'deepseek-v4-pro'] });
  const ask = async (path: string, name: string) => {
    const response = await fetch(`${strict.url}${path}`, {
      method: 'POST',
      body: JSON.stringify({ model: name, max_tokens: 5, messages: [user('Hi')] }),
    });
    return (await response.json()) as { model?: string; error?: { message: string } };
  };
  expect((await ask('/chat/completions', 'gpt-5.4')).error?.message).toBe('Model Not Exist');
  expect((await ask('/chat/completions', 'claude-opus-4-8')).error?.message).toBe('Model Not Exist');
  expect((await ask('/anthropic/v1/messages', 'claude-opus-4-8')).model).toBe('deepseek-v4-pro');
  expect((await ask('/anthropic/v1/messages', 'claude-sonnet-4-5')).model).toBe('deepseek-flash');
  expect((await ask('/chat/completions', 'deepseek-v4-flash')).model).toBe('deepseek-flash');
  await strict.stop();
});

test('JSON mode gives JSON: by the schema in the prompt, or of its example, or of a result', async () => {
  const json = async (messages: object[]) => {
    const answer = JSON.parse(
      await chatText({ messages, response_format: { type: 'json_object' } }),
    ) as OpenAI.Chat.ChatCompletion;
    return JSON.parse(answer.choices[0]!.message.content!) as object;
  };
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 18 } },
    required: ['name', 'age'],
  };
  expect(
    await json([
      { role: 'system', content: `Answer in JSON by this schema:\n${JSON.stringify(schema)}` },
      user('Tell me of Alice, 42'),
    ]),
  ).toEqual({ name: 'Alice', age: 42 });
  expect(await json([user('Fill in this json: {"title": "x", "tags": []}')])).toEqual({ title: 'x', tags: [] });
  expect(await json([user('Any json will do')])).toHaveProperty('answer');
});

test('a client that leaves ends the generation, and others go on', async () => {
  const slow = serveSimulator({ port: 0, tokensPerSecond: 50 });
  const abort = new AbortController();
  const body = JSON.stringify({ model, messages: [user('Write 2000 words about tea')], stream: true });
  const response = await fetch(`${slow.url}/chat/completions`, { method: 'POST', body, signal: abort.signal });
  const reader = response.body!.getReader();
  await reader.read();
  abort.abort();
  await expect(reader.read()).rejects.toThrow();
  expect((await fetch(`${slow.url}/user/balance`)).status).toBe(200);
  await slow.stop();
});

test('tokens come at the speed that is set', async () => {
  const slow = serveSimulator({ port: 0, tokensPerSecond: 100 });
  const body = JSON.stringify({ model, messages: [user('Hello')], stream: true, max_tokens: 20 });
  const start = performance.now();
  await (await fetch(`${slow.url}/chat/completions`, { method: 'POST', body })).text();
  expect(performance.now() - start).toBeGreaterThan(150);
  await slow.stop();
});
