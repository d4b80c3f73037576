import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ChatAnthropic } from '@langchain/anthropic';
import type { BaseChatModel, BaseChatModelCallOptions } from '@langchain/core/language_models/chat_models';
import {
  type AIMessage,
  type AIMessageChunk,
  HumanMessage,
  ToolMessage,
  type UsageMetadata,
} from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { concat } from '@langchain/core/utils/stream';
import { ChatOpenAI } from '@langchain/openai';
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

interface Settings {
  model?: string;
  apiKey?: string;
  maxRetries?: number;
}

type Chat = BaseChatModel<BaseChatModelCallOptions, AIMessageChunk>;

const makers: Record<string, (gateway: TestGateway, settings?: Settings) => Chat> = {
  '@langchain/openai': ({ url }, settings) =>
    new ChatOpenAI({
      model: MODEL,
      apiKey: TEST_KEY,
      maxRetries: 0,
      ...settings,
      configuration: { baseURL: `${url}/v1` },
    }),
  '@langchain/anthropic': ({ url }, settings) =>
    new ChatAnthropic({
      model: MODEL,
      apiKey: TEST_KEY,
      maxRetries: 0,
      maxTokens: 4000,
      ...settings,
      anthropicApiUrl: url,
    }),
};

const weather = tool(async ({ city }: { city: string }) => weatherOf(city), {
  name: WEATHER.name,
  description: WEATHER.description,
  schema: WEATHER.schema,
});

/** A stream's chunks as the one message that they make. */
const joined = (chunks: AIMessageChunk[]): AIMessageChunk => chunks.reduce((sum, chunk) => concat(sum, chunk));

/** The field's own type comes to nothing under exactOptionalPropertyTypes. */
const outputTokens = (message: AIMessage): number =>
  (message.usage_metadata as UsageMetadata | undefined)?.output_tokens ?? 0;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await testGateway();
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

for (const [name, make] of Object.entries(makers)) {
  const messages = name === '@langchain/anthropic';
  describe(name, () => {
    test('text, whole and streamed, the same, with usage', async () => {
      const chat = make(gateway);
      const whole = await chat.invoke(HELLO);
      const streamed = joined(await all(await chat.stream(HELLO)));
      expect(whole.text).toContain(SUBJECT);
      expect(streamed.text).toBe(whole.text);
      expect(outputTokens(whole)).toBeGreaterThan(0);
      expect(outputTokens(streamed)).toBe(outputTokens(whole));
    });

    if (messages) {
      test('thinking, before the text', async () => {
        const { contentBlocks } = await make(gateway).invoke(HELLO);
        expect(contentBlocks.map((block) => block.type)).toEqual(['reasoning', 'text']);
      });
    }

    test('an object by a schema', async () => {
      const answer = await make(gateway)
        .withStructuredOutput(WEATHER.schema, messages ? {} : { method: 'jsonMode' })
        .invoke('Answer in json about Paris.');
      expect(answer).toBeObject();
    });

    for (const cities of CITY_LISTS) {
      for (const streamed of [true, false]) {
        test(`a tool loop of ${cities.length} parallel, ${streamed ? 'streamed' : 'whole'}`, async () => {
          const chat = make(gateway).bindTools!([weather]);
          const ask = async (history: (HumanMessage | AIMessage | ToolMessage)[]): Promise<AIMessage> =>
            streamed ? joined(await all(await chat.stream(history))) : chat.invoke(history);
          const question = new HumanMessage(weatherQuestion(cities));
          const first = await ask([question]);
          expect(first.tool_calls!.map((call) => call.args)).toEqual(cities.map((city) => ({ city })));
          const results = first.tool_calls!.map(
            (call, i) => new ToolMessage({ tool_call_id: call.id!, content: weatherOf(cities[i]!) }),
          );
          const second = await ask([question, first, ...results]);
          for (const city of cities) expect(second.text).toContain(weatherOf(city));
        });
      }
    }

    test('an error has its status', async () => {
      const statusOf = async (settings: Settings) =>
        ((await failureOf(make(gateway, settings).invoke(HELLO))) as { status?: number } | undefined)?.status;
      expect(await statusOf({ apiKey: 'sk-byts-unknown' })).toBe(401);
      expect(await statusOf({ model: 'nope' })).toBe(404);
      expect(await statusOf({ model: 'deepseek-reasoner' })).toBe(400);
    });

    test('an overloaded upstream is tried again, a refusal is not', async () => {
      await using stage = await scene();
      const busy = jsonAnswer({ error: { message: 'busy' } }, 503);
      stage.upstream.enqueue(busy, jsonAnswer(messages ? wholeMessage('at last') : wholeChat('at last')));
      const chat = make(stage.gateway, { maxRetries: 1 });
      expect((await chat.invoke(HELLO)).text).toBe('at last');
      expect(stage.upstream.requests.length).toBe(2);
      stage.upstream.otherwise(jsonAnswer({ error: { message: 'too odd' } }, 400));
      expect(await failureOf(chat.invoke(HELLO))).toMatchObject({ status: 400 });
      expect(stage.upstream.requests.length).toBe(3);
    });

    test('an abort in mid-stream closes the upstream, and pays for what came', async () => {
      await using stage = await scene();
      stage.upstream.enqueue(
        messages
          ? messagesAnswer([...messagesToolTurn({ text: 'Hm' }).frames.slice(0, 8), 'stall'])
          : chatAnswer([chatChunk({ role: 'assistant', content: 'one two three' }), 'stall']),
      );
      const abort = new AbortController();
      const read = async (): Promise<void> => {
        const stream = await make(stage.gateway).stream(HELLO, { signal: abort.signal });
        for await (const chunk of stream) if (chunk.text !== '') abort.abort();
      };
      expect(await failureOf(read())).toBeInstanceOf(Error);
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
      const chat = make(stage.gateway, { model: messages ? 'gpt-5-4' : 'claude-opus-4-8' }).bindTools!([weather]);
      const question = new HumanMessage(weatherQuestion(['Paris']));
      const first = joined(await all(await chat.stream([question])));
      expect(first.tool_calls).toMatchObject([{ id: 'call_1', name: WEATHER.name, args: { city: 'Paris' } }]);
      const result = new ToolMessage({ tool_call_id: 'call_1', content: weatherOf('Paris') });
      const second = joined(await all(await chat.stream([question, first, result])));
      expect(second.text).toBe('All done.');
      expect(stage.upstream.requests[1]!.text()).toContain(weatherOf('Paris'));
      expect(stage.gateway.money.charged.length).toBe(2);
    });
  });
}
