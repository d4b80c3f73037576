import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, jsonSchema, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { jsonAnswer, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

const MODEL = 'deepseek-v4-pro';
const CITIES = ['Paris', 'Oslo', 'Rome'];
const askFor = (cities: string[]): string => `What is the weather in ${cities.join(' and ')}?`;
const schema = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
  additionalProperties: false,
};

/** The simulator behind `gateway`, a scripted upstream behind `scripted`. */
let gateway: TestGateway;
let scripted: TestGateway;
let upstream: ScriptedUpstream;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  gateway = await testGateway();
  upstream = await scriptedUpstream();
  scripted = await testGateway({ upstream: upstream.url });
  openai = new OpenAI({ apiKey: TEST_KEY, baseURL: `${gateway.url}/v1` });
  anthropic = new Anthropic({ apiKey: TEST_KEY, baseURL: gateway.url });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await scripted[Symbol.asyncDispose]();
  await upstream.close();
});

/** What a promise of any make fails with. */
const failureOf = (promise: PromiseLike<unknown>): PromiseLike<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const hello = { role: 'user' as const, content: 'Hello, ByteSpike.' };

describe('openai', () => {
  const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: schema } }];

  test('text and reasoning, whole', async () => {
    const answer = await openai.chat.completions.create({ model: MODEL, messages: [hello] });
    const message = answer.choices[0]!.message as OpenAI.ChatCompletionMessage & { reasoning_content: string };
    expect(message.content).toContain('ByteSpike');
    expect(message.reasoning_content.length).toBeGreaterThan(10);
    expect(answer.usage!.completion_tokens_details!.reasoning_tokens).toBeGreaterThan(0);
  });

  test('streams what it says whole', async () => {
    const stream = openai.chat.completions.stream({
      model: MODEL,
      messages: [hello],
      stream_options: { include_usage: true },
    });
    const whole = await stream.finalChatCompletion();
    expect(whole.choices[0]!.message.content).toContain('ByteSpike');
    expect(whole.usage!.total_tokens).toBeGreaterThan(0);
  });

  for (const count of [1, 2, 3]) {
    test(`${count} tools at once, and their results used`, async () => {
      const cities = CITIES.slice(0, count);
      const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: askFor(cities) }];
      const first = await openai.chat.completions.stream({ model: MODEL, messages, tools }).finalChatCompletion();
      const { message, finish_reason } = first.choices[0]!;
      expect(finish_reason).toBe('tool_calls');
      const calls = message.tool_calls!.filter((call) => call.type === 'function');
      expect(calls.map((call) => (JSON.parse(call.function.arguments) as { city: string }).city)).toEqual(cities);
      messages.push(
        message,
        ...calls.map((call, i) => ({ role: 'tool' as const, tool_call_id: call.id, content: `${18 + i} degrees` })),
      );
      const second = await openai.chat.completions.create({ model: MODEL, messages, tools });
      expect(second.choices[0]!.finish_reason).toBe('stop');
      expect(second.choices[0]!.message.content).toContain('18 degrees');
    });
  }

  test('JSON mode', async () => {
    const messages = [{ role: 'user' as const, content: 'Give me json about Paris.' }];
    const answer = await openai.chat.completions.create({
      model: MODEL,
      messages,
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(answer.choices[0]!.message.content!)).toBeObject();
  });

  test('errors have their classes and fields', async () => {
    const wrong = new OpenAI({ apiKey: 'sk-byts-wrong', baseURL: `${gateway.url}/v1` });
    expect(await failureOf(wrong.chat.completions.create({ model: MODEL, messages: [hello] }))).toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
    expect(await failureOf(openai.chat.completions.create({ model: 'nope', messages: [hello] }))).toBeInstanceOf(
      OpenAI.NotFoundError,
    );
    const bad = openai.chat.completions.create({ model: MODEL, messages: [hello], n: 2 });
    expect(await failureOf(bad)).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'n' });
  });

  test('an error in mid-stream is thrown', async () => {
    const stream = await openai.chat.completions.create(
      { model: MODEL, messages: [hello], stream: true },
      { headers: { 'x-sim-fault': 'error-frame-after=5' } },
    );
    const read = async (): Promise<void> => {
      for await (const _ of stream);
    };
    expect(await failureOf(read())).toBeInstanceOf(OpenAI.APIError);
  });

  test('retries as the headers steer it', async () => {
    const client = new OpenAI({ apiKey: TEST_KEY, baseURL: `${scripted.url}/v1`, maxRetries: 1 });
    const good = { choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }] };
    const before = upstream.requests.length;
    upstream.enqueue(jsonAnswer({ error: { message: 'busy' } }, 503, { 'retry-after': '1' }), jsonAnswer(good));
    expect(
      (await client.chat.completions.create({ model: MODEL, messages: [hello] })).choices[0]!.message.content,
    ).toBe('a');
    expect(upstream.requests.length).toBe(before + 2);
    upstream.enqueue(jsonAnswer({ error: { message: 'no', code: 'x' } }, 400));
    expect(await failureOf(client.chat.completions.create({ model: MODEL, messages: [hello] }))).toMatchObject({
      status: 400,
    });
    expect(upstream.requests.length).toBe(before + 3);
  });

  test('leaves in mid-stream without a trace', async () => {
    const stream = await openai.chat.completions.create({ model: MODEL, messages: [hello], stream: true });
    for await (const _ of stream) break;
    while (gateway.money.held > 0) await Bun.sleep(1);
    expect(gateway.faults).toEqual([]);
  });

  test('lists models', async () => {
    const ids = (await openai.models.list()).data.map((model) => model.id);
    expect(ids).toContain(MODEL);
    expect((await openai.models.retrieve('gpt-5.4')).id).toBe('gpt-5-4');
  });
});

describe('@anthropic-ai/sdk', () => {
  const tools: Anthropic.Tool[] = [{ name: 'get_weather', input_schema: schema }];

  test('text and thinking, whole and streamed', async () => {
    const params = { model: MODEL, max_tokens: 2000, messages: [hello] };
    const whole = await anthropic.messages.create(params);
    const streamed = await anthropic.messages.stream(params).finalMessage();
    for (const message of [whole, streamed]) {
      expect(message.content.map((block) => block.type)).toEqual(['thinking', 'text']);
      expect((message.content[0] as Anthropic.ThinkingBlock).signature).toBeString();
      expect(message.stop_reason).toBe('end_turn');
      expect(message.usage.input_tokens).toBeGreaterThan(0);
    }
  });

  for (const count of [1, 2, 3]) {
    test(`${count} tools at once, and their results used`, async () => {
      const cities = CITIES.slice(0, count);
      const messages: Anthropic.MessageParam[] = [{ role: 'user', content: askFor(cities) }];
      const first = await anthropic.messages.stream({ model: MODEL, max_tokens: 4000, messages, tools }).finalMessage();
      expect(first.stop_reason).toBe('tool_use');
      const calls = first.content.filter((block) => block.type === 'tool_use');
      expect(calls.map((call) => (call.input as { city: string }).city)).toEqual(cities);
      messages.push({ role: 'assistant', content: first.content });
      messages.push({
        role: 'user',
        content: calls.map((call, i) => ({ type: 'tool_result', tool_use_id: call.id, content: `${18 + i} degrees` })),
      });
      const second = await anthropic.messages.create({ model: MODEL, max_tokens: 4000, messages, tools });
      expect(second.content.map((block) => (block.type === 'text' ? block.text : '')).join('')).toContain('18 degrees');
    });
  }

  test('errors have their classes', async () => {
    const wrong = new Anthropic({ apiKey: 'sk-byts-wrong', baseURL: gateway.url });
    expect(await failureOf(wrong.messages.create({ model: MODEL, max_tokens: 9, messages: [hello] }))).toBeInstanceOf(
      Anthropic.AuthenticationError,
    );
    expect(
      await failureOf(anthropic.messages.create({ model: 'nope', max_tokens: 9, messages: [hello] })),
    ).toBeInstanceOf(Anthropic.NotFoundError);
    const stream = anthropic.messages.stream(
      { model: MODEL, max_tokens: 500, messages: [hello] },
      { headers: { 'x-sim-fault': 'error-frame-after=5' } },
    );
    expect(await failureOf(stream.finalMessage())).toBeInstanceOf(Anthropic.APIError);
  });

  test('an overloaded upstream is 529 and tried again', async () => {
    const client = new Anthropic({ apiKey: TEST_KEY, baseURL: scripted.url, maxRetries: 1 });
    const before = upstream.requests.length;
    const busy = jsonAnswer({ error: { message: 'busy' } }, 429, { 'retry-after': '1' });
    upstream.enqueue(busy, busy);
    expect(await failureOf(client.messages.create({ model: MODEL, max_tokens: 9, messages: [hello] }))).toMatchObject({
      status: 529,
    });
    expect(upstream.requests.length).toBe(before + 2);
  });

  test('counts tokens and lists models', async () => {
    expect((await anthropic.messages.countTokens({ model: MODEL, messages: [hello] })).input_tokens).toBeGreaterThan(5);
    const ids: string[] = [];
    for await (const model of anthropic.models.list({ limit: 2 })) ids.push(model.id);
    expect(ids).toContain(MODEL);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('AI SDK', () => {
  const models: [name: string, make: () => LanguageModel][] = [
    ['@ai-sdk/deepseek', () => createDeepSeek({ apiKey: TEST_KEY, baseURL: `${gateway.url}/v1` })(MODEL)],
    ['@ai-sdk/anthropic', () => createAnthropic({ apiKey: TEST_KEY, baseURL: `${gateway.url}/v1` })(MODEL)],
    [
      '@ai-sdk/openai-compatible',
      () =>
        createOpenAICompatible({
          name: 'bytespike',
          apiKey: TEST_KEY,
          baseURL: `${gateway.url}/v1`,
          includeUsage: true,
        })(MODEL),
    ],
  ];
  for (const [name, make] of models) {
    test(`${name}: text, reasoning, a tool loop`, async () => {
      const whole = await generateText({ model: make(), prompt: hello.content });
      expect(whole.text).toContain('ByteSpike');
      expect(whole.reasoningText?.length).toBeGreaterThan(10);
      const asked: string[] = [];
      const get_weather = tool({
        description: 'Tells the weather of a city.',
        inputSchema: jsonSchema<{ city: string }>(schema),
        execute: async ({ city }: { city: string }) => {
          asked.push(city);
          return `${city}: 18 degrees`;
        },
      });
      const stream = streamText({
        model: make(),
        prompt: askFor(CITIES.slice(0, 2)),
        tools: { get_weather },
        stopWhen: stepCountIs(3),
      });
      expect(await stream.text).toContain('18 degrees');
      expect(asked).toEqual(CITIES.slice(0, 2));
      expect((await stream.totalUsage).outputTokens).toBeGreaterThan(0);
    });
  }
});

describe('LangChain', () => {
  test('@langchain/openai: whole, streamed, a tool call', async () => {
    const chat = new ChatOpenAI({ model: MODEL, apiKey: TEST_KEY, configuration: { baseURL: `${gateway.url}/v1` } });
    expect((await chat.invoke(hello.content)).text).toContain('ByteSpike');
    let text = '';
    for await (const chunk of await chat.stream(hello.content)) text += chunk.text;
    expect(text).toContain('ByteSpike');
    const called = await chat
      .bindTools([{ type: 'function', function: { name: 'get_weather', parameters: schema } }])
      .invoke(askFor(['Oslo']));
    expect(called.tool_calls?.[0]).toMatchObject({ name: 'get_weather', args: { city: 'Oslo' } });
  });

  test('@langchain/anthropic: whole, streamed, a tool call', async () => {
    const chat = new ChatAnthropic({ model: MODEL, apiKey: TEST_KEY, anthropicApiUrl: gateway.url, maxTokens: 4000 });
    expect((await chat.invoke(hello.content)).text).toContain('ByteSpike');
    let text = '';
    for await (const chunk of await chat.stream(hello.content)) text += chunk.text;
    expect(text).toContain('ByteSpike');
    const called = await chat.bindTools([{ name: 'get_weather', input_schema: schema }]).invoke(askFor(['Oslo']));
    expect(called.tool_calls?.[0]).toMatchObject({ name: 'get_weather', args: { city: 'Oslo' } });
  });
});
