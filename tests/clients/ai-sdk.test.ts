import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  APICallError,
  generateText,
  jsonSchema,
  type LanguageModel,
  Output,
  stepCountIs,
  streamText,
  type ToolSet,
  tool,
} from 'ai';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { chatAnswer, jsonAnswer, messagesAnswer } from '../support/scripted-upstream.ts';
import { chatChunk, chatToolTurn, messagesToolTurn, wholeChat, wholeMessage } from './frames.ts';
import {
  all,
  atRest,
  CITY_LISTS,
  failureOf,
  HELLO,
  MODEL,
  SUBJECT,
  scene,
  TEST_KEY,
  WEATHER,
  weatherOf,
  weatherQuestion,
} from './scene.ts';

/** Set, for the Anthropic provider warns of models whose limit it does not know. */
const settings = { maxOutputTokens: 4000 };

interface Provider {
  name: string;
  /** Status that an overloaded upstream has on the protocol of this provider. */
  overloaded: number;
  messages: boolean;
  model: (gateway: TestGateway, id?: string, apiKey?: string) => LanguageModel;
}

const providers: Provider[] = [
  {
    name: '@ai-sdk/deepseek',
    overloaded: 503,
    messages: false,
    model: ({ url }, id = MODEL, apiKey = TEST_KEY) => createDeepSeek({ apiKey, baseURL: `${url}/v1` })(id),
  },
  {
    name: '@ai-sdk/openai-compatible',
    overloaded: 503,
    messages: false,
    model: ({ url }, id = MODEL, apiKey = TEST_KEY) =>
      createOpenAICompatible({
        name: 'bytespike',
        apiKey,
        baseURL: `${url}/v1`,
        includeUsage: true,
        supportsStructuredOutputs: true,
      })(id),
  },
  {
    name: '@ai-sdk/anthropic',
    overloaded: 529,
    messages: true,
    model: ({ url }, id = MODEL, apiKey = TEST_KEY) => createAnthropic({ apiKey, baseURL: `${url}/v1` })(id),
  },
];

/** The weather tool, and what it was asked. */
function weatherTool(): { asked: string[]; tools: ToolSet } {
  const asked: string[] = [];
  const get_weather = tool({
    description: WEATHER.description,
    inputSchema: jsonSchema<{ city: string }>(WEATHER.schema),
    execute: async ({ city }: { city: string }) => {
      asked.push(city);
      return weatherOf(city);
    },
  });
  return { asked, tools: { [WEATHER.name]: get_weather } };
}

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await testGateway();
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

for (const { name, overloaded, messages, model } of providers) {
  describe(name, () => {
    test('text and reasoning, whole and streamed, the same', async () => {
      const whole = await generateText({ ...settings, model: model(gateway), prompt: HELLO });
      expect(whole.text).toContain(SUBJECT);
      expect(whole.reasoningText!.length).toBeGreaterThan(10);
      expect(whole.finishReason).toBe('stop');

      const stream = streamText({ ...settings, model: model(gateway), prompt: HELLO });
      const parts = (await all(stream.fullStream)).map((part) => part.type);
      expect(parts).not.toContain('error');
      expect(parts.indexOf('reasoning-end')).toBeGreaterThan(parts.indexOf('reasoning-start'));
      expect(parts.indexOf('text-start')).toBeGreaterThan(parts.lastIndexOf('reasoning-delta'));
      expect(await stream.text).toBe(whole.text);
      expect(await stream.reasoningText).toBe(whole.reasoningText);
      const usage = await stream.totalUsage;
      expect(usage.outputTokens).toBe(whole.totalUsage.outputTokens!);
      expect(usage.inputTokens).toBe(whole.totalUsage.inputTokens!);
      expect(usage.inputTokens).toBeGreaterThan(0);
    });

    for (const cities of CITY_LISTS) {
      test(`a tool loop of ${cities.length} parallel, streamed and whole`, async () => {
        const loop = { ...settings, model: model(gateway), prompt: weatherQuestion(cities), stopWhen: stepCountIs(3) };
        const streamed = weatherTool();
        const stream = streamText({ ...loop, tools: streamed.tools });
        const whole = weatherTool();
        const answer = await generateText({ ...loop, tools: whole.tools });
        expect((await stream.steps).length).toBe(2);
        expect(answer.steps.length).toBe(2);
        for (const city of cities) {
          expect(await stream.text).toContain(weatherOf(city));
          expect(answer.text).toContain(weatherOf(city));
        }
        expect(streamed.asked).toEqual(cities);
        expect(whole.asked).toEqual(cities);
      });
    }

    test('an object by a schema', async () => {
      const { output } = await generateText({
        ...settings,
        model: model(gateway),
        prompt: 'Answer in json about Paris.',
        // DeepSeek cannot promise a schema, so strict, the default of this provider, is refused.
        providerOptions: { bytespike: { strictJsonSchema: false } },
        output: Output.object({ schema: jsonSchema<{ city: string }>(WEATHER.schema) }),
      });
      expect(output).toEqual({ city: expect.any(String) });
    });

    test('an error has its status, and is not to be tried again', async () => {
      const failing = async (id: string, apiKey = TEST_KEY) => {
        const error = await failureOf(generateText({ ...settings, model: model(gateway, id, apiKey), prompt: HELLO }));
        if (!APICallError.isInstance(error)) throw new Error(`not an APICallError: ${String(error)}`);
        return { status: error.statusCode, isRetryable: error.isRetryable };
      };
      expect(await failing(MODEL, 'sk-byts-unknown')).toEqual({ status: 401, isRetryable: false });
      expect(await failing('nope')).toEqual({ status: 404, isRetryable: false });
      expect(await failing('deepseek-reasoner')).toEqual({ status: 400, isRetryable: false });
    });

    test('an overloaded upstream is tried again, after the retry-after', async () => {
      await using stage = await scene();
      const busy = jsonAnswer({ error: { message: 'busy' } }, 429, { 'retry-after': '1' });
      stage.upstream.enqueue(busy, jsonAnswer(messages ? wholeMessage('at last') : wholeChat('at last')));
      const { text } = await generateText({ ...settings, model: model(stage.gateway), prompt: HELLO, maxRetries: 1 });
      expect(text).toBe('at last');
      const [first, second] = stage.upstream.requests;
      expect(stage.upstream.requests.length).toBe(2);
      expect(second!.receivedAt - first!.receivedAt).toBeGreaterThan(990);

      stage.upstream.enqueue(busy);
      expect(
        await failureOf(generateText({ ...settings, model: model(stage.gateway), prompt: HELLO, maxRetries: 0 })),
      ).toMatchObject({ statusCode: overloaded, isRetryable: true });
      expect(stage.upstream.requests.length).toBe(3);
    });

    test('an error in mid-stream is a part of the stream', async () => {
      const broken = streamText({
        ...settings,
        model: model(gateway),
        prompt: HELLO,
        headers: { 'x-sim-fault': 'error-frame-after=8' },
        onError: () => {},
      });
      expect((await all(broken.fullStream)).map((part) => part.type)).toContain('error');
      await atRest(gateway);
    });

    test('an abort in mid-stream closes the upstream, and pays for what came', async () => {
      await using stage = await scene();
      stage.upstream.enqueue(
        messages
          ? messagesAnswer([...messagesToolTurn({ text: 'Hm' }).frames.slice(0, 3), 'stall'])
          : chatAnswer([chatChunk({ role: 'assistant', content: 'one two three' }), 'stall']),
      );
      const abort = new AbortController();
      const stream = streamText({ ...settings, model: model(stage.gateway), prompt: HELLO, abortSignal: abort.signal });
      for await (const part of stream.fullStream) if (/^(text|reasoning)-delta$/.test(part.type)) abort.abort();
      await stage.upstream.requests[0]!.aborted;
      await atRest(stage.gateway);
      expect(stage.gateway.money.charged.map(({ outcome }) => outcome.ending)).toEqual(['client_left']);
      expect(stage.gateway.faults).toEqual([]);
    });

    test('an upstream of the other protocol serves a streamed tool loop as well', async () => {
      await using stage = messages
        ? await scene({ vendor: 'openai', protocols: ['chat-completions'] })
        : await scene({ vendor: 'anthropic', protocols: ['messages'] });
      for (const then of [{ id: 'call_1', city: 'Paris' }, { text: 'All done.' }]) {
        stage.upstream.enqueue(
          messages ? chatAnswer(chatToolTurn(then)) : messagesAnswer(messagesToolTurn(then).frames),
        );
      }
      const { asked, tools } = weatherTool();
      const stream = streamText({
        ...settings,
        model: model(stage.gateway, messages ? 'gpt-5-4' : 'claude-opus-4-8'),
        prompt: weatherQuestion(['Paris']),
        tools,
        stopWhen: stepCountIs(3),
      });
      expect(await stream.text).toBe('All done.');
      expect(asked).toEqual(['Paris']);
      expect(stage.upstream.requests[1]!.text()).toContain(weatherOf('Paris'));
      expect((await stream.totalUsage).outputTokens).toBe(10);
      expect(stage.gateway.money.charged.length).toBe(2);
    });
  });
}
