import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { chatAnswer, jsonAnswer, messagesAnswer } from '../support/scripted-upstream.ts';
import { chatToolTurn, messagesToolTurn, wholeMessage } from './frames.ts';
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

const messages: Anthropic.MessageParam[] = [{ role: 'user', content: HELLO }];
const hello = { model: MODEL, max_tokens: 2000, messages };
const tools: Anthropic.Tool[] = [
  { name: WEATHER.name, description: WEATHER.description, input_schema: WEATHER.schema },
];
const clientOf = (gateway: TestGateway, options: { maxRetries?: number; apiKey?: string } = {}): Anthropic =>
  new Anthropic({ apiKey: TEST_KEY, maxRetries: 0, ...options, baseURL: gateway.url });
const textOf = (message: Anthropic.Message): string =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
const callsOf = (message: Anthropic.Message): Anthropic.ToolUseBlock[] =>
  message.content.filter((block) => block.type === 'tool_use');

let gateway: TestGateway;
let client: Anthropic;

beforeAll(async () => {
  gateway = await testGateway();
  client = clientOf(gateway);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

describe('text and thinking', () => {
  test('come whole and streamed, the same, thinking before text', async () => {
    const whole = await client.messages.create(hello);
    const streamed = await client.messages.stream(hello).finalMessage();
    for (const message of [whole, streamed]) {
      const [thinking, text] = message.content;
      expect(message.content.length).toBe(2);
      if (thinking?.type !== 'thinking' || text?.type !== 'text') throw new Error('not a thinking and a text block');
      expect(thinking.thinking.length).toBeGreaterThan(10);
      expect(thinking.signature).toBeString();
      expect(text.text).toContain(SUBJECT);
      expect(message.stop_reason).toBe('end_turn');
      expect(message.model).toBe(MODEL);
      expect(message.usage.output_tokens).toBe(whole.usage.output_tokens);
    }
    expect(textOf(streamed)).toBe(textOf(whole));
  });

  test('come as events in their order', async () => {
    const events = await all(await client.messages.create({ ...hello, stream: true }));
    const types = events.map((event) => event.type);
    expect(types[0]).toBe('message_start');
    expect(types.slice(-2)).toEqual(['message_delta', 'message_stop']);
    const count = (type: string) => types.filter((candidate) => candidate === type).length;
    expect(count('content_block_start')).toBe(2);
    expect(count('content_block_stop')).toBe(2);
  });

  test('come to a client with a bearer token', async () => {
    const bearer = new Anthropic({ authToken: TEST_KEY, apiKey: null, maxRetries: 0, baseURL: gateway.url });
    expect(textOf(await bearer.messages.create(hello))).toContain(SUBJECT);
  });
});

describe('a tool loop', () => {
  for (const cities of CITY_LISTS) {
    for (const streamed of [true, false]) {
      test(`of ${cities.length} parallel, ${streamed ? 'streamed' : 'whole'}`, async () => {
        const ask = (history: Anthropic.MessageParam[]): Promise<Anthropic.Message> => {
          const params = { model: MODEL, max_tokens: 4000, messages: history, tools };
          return streamed ? client.messages.stream(params).finalMessage() : client.messages.create(params);
        };
        const history: Anthropic.MessageParam[] = [{ role: 'user', content: weatherQuestion(cities) }];
        const first = await ask(history);
        const calls = callsOf(first);
        expect(first.stop_reason).toBe('tool_use');
        expect(first.content[0]!.type).toBe('thinking');
        expect(calls.map((call) => call.input)).toEqual(cities.map((city) => ({ city })));
        expect(new Set(calls.map((call) => call.id)).size).toBe(cities.length);

        history.push({ role: 'assistant', content: first.content });
        history.push({
          role: 'user',
          content: calls.map((call, i) => ({
            type: 'tool_result',
            tool_use_id: call.id,
            content: weatherOf(cities[i]!),
          })),
        });
        const second = await ask(history);
        expect(second.stop_reason).toBe('end_turn');
        for (const city of cities) expect(textOf(second)).toContain(weatherOf(city));
      });
    }
  }
});

describe("the client's own tool loop, which asks for a conversation that the vendor holds", () => {
  for (const model of [MODEL, 'gpt-5-4']) {
    test(`goes on without one: ${model}`, async () => {
      const asked: string[] = [];
      const weather = betaTool({
        name: WEATHER.name,
        description: WEATHER.description,
        inputSchema: WEATHER.schema,
        run: ({ city }) => {
          asked.push(String(city));
          return weatherOf(String(city));
        },
      });
      const cities = ['Paris', 'Oslo'];
      const question: Anthropic.MessageParam = { role: 'user', content: weatherQuestion(cities) };
      const ask = { model, max_tokens: 4000, messages: [question], tools: [weather] };
      const whole = await client.beta.messages.toolRunner(ask);
      const turns = await all(client.beta.messages.toolRunner({ ...ask, stream: true }));
      const streamed = await turns.at(-1)!.finalMessage();
      expect(asked.sort()).toEqual(['Oslo', 'Oslo', 'Paris', 'Paris']);
      for (const { content, stop_reason } of [whole, streamed]) {
        expect(stop_reason).toBe('end_turn');
        const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
        for (const city of cities) expect(text).toContain(weatherOf(city));
      }
    });
  }
});

test('JSON by a schema is emulated, and says so', async () => {
  const { data, response } = await client.messages
    .create({
      model: MODEL,
      max_tokens: 2000,
      messages: [{ role: 'user', content: 'Answer about Paris.' }],
      output_config: { format: { type: 'json_schema', schema: WEATHER.schema } },
    })
    .withResponse();
  expect(response.headers.get('x-bytespike-emulated')).toBe('json_schema');
  expect(JSON.parse(textOf(data))).toEqual({ city: expect.any(String) });
});

describe('an error has its class and fields', () => {
  const failing = (of: Anthropic, params: Partial<Anthropic.MessageCreateParamsNonStreaming>) =>
    failureOf(of.messages.create({ ...hello, ...params }));

  test('401, 400, 404', async () => {
    const unknown = await failing(clientOf(gateway, { apiKey: 'sk-byts-unknown' }), {});
    expect(unknown).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(unknown).toMatchObject({ status: 401, error: { error: { type: 'authentication_error' } } });
    expect((unknown as InstanceType<typeof Anthropic.APIError>).requestID).toMatch(/^req_/);

    const bad = await failing(client, { tools: [{ type: 'web_search_20250305', name: 'web_search' }] });
    expect(bad).toBeInstanceOf(Anthropic.BadRequestError);
    expect(bad).toMatchObject({ status: 400, error: { error: { type: 'invalid_request_error' } } });

    const nowhere = await failing(client, { model: 'deepseek-v4-prp' });
    expect(nowhere).toBeInstanceOf(Anthropic.NotFoundError);
    expect(nowhere).toMatchObject({ status: 404, error: { error: { type: 'not_found_error' } } });
    expect((nowhere as Error).message).toContain(MODEL);
  });

  test('529 of an overloaded upstream, with its retry-after', async () => {
    await using stage = await scene();
    for (const status of [429, 503, 529]) {
      stage.upstream.enqueue(jsonAnswer({ error: { message: 'busy' } }, status, { 'retry-after': '7' }));
      const busy = await failing(clientOf(stage.gateway), {});
      expect(busy).toBeInstanceOf(Anthropic.InternalServerError);
      expect(busy).toMatchObject({ status: 529, error: { error: { type: 'overloaded_error' } } });
      expect((busy as InstanceType<typeof Anthropic.APIError>).headers!.get('retry-after')).toBe('7');
    }
  });

  test('503 when no upstream can be reached', async () => {
    await using stage = await scene();
    await stage.upstream.close();
    const away = await failing(clientOf(stage.gateway), {});
    expect(away).toBeInstanceOf(Anthropic.InternalServerError);
    expect(away).toMatchObject({ status: 503, error: { error: { type: 'api_error' } } });
  });

  test('in mid-stream is thrown, after what came before it', async () => {
    const stream = client.messages.stream(hello, { headers: { 'x-sim-fault': 'error-frame-after=8' } });
    let seen = 0;
    stream.on('streamEvent', () => seen++);
    expect(await failureOf(stream.finalMessage())).toBeInstanceOf(Anthropic.APIError);
    expect(seen).toBeGreaterThan(0);
    await atRest(gateway);
  });
});

describe('a retry', () => {
  test('comes where x-should-retry says true, after the retry-after', async () => {
    await using stage = await scene();
    const busy = jsonAnswer({ error: { message: 'busy' } }, 429, { 'retry-after': '1' });
    stage.upstream.enqueue(busy, jsonAnswer(wholeMessage('at last')));
    const answer = await clientOf(stage.gateway, { maxRetries: 2 }).messages.create(hello);
    expect(textOf(answer)).toBe('at last');
    const [first, second] = stage.upstream.requests;
    expect(stage.upstream.requests.length).toBe(2);
    expect(second!.receivedAt - first!.receivedAt).toBeGreaterThan(990);
    expect(stage.gateway.money.charged.length).toBe(1);
  });

  test('comes as often as the client is set to, and no more', async () => {
    await using stage = await scene();
    stage.upstream.otherwise(jsonAnswer({ error: { message: 'busy' } }, 529));
    expect(await failureOf(clientOf(stage.gateway, { maxRetries: 1 }).messages.create(hello))).toMatchObject({
      status: 529,
    });
    expect(stage.upstream.requests.length).toBe(2);
    expect(stage.gateway.money.charged).toEqual([]);
  });

  test('does not come where it says false', async () => {
    await using stage = await scene();
    stage.upstream.otherwise(jsonAnswer({ error: { message: 'too odd' } }, 400));
    const eager = clientOf(stage.gateway, { maxRetries: 3 });
    const refused = await failureOf(eager.messages.create(hello));
    expect(refused).toMatchObject({ status: 400 });
    expect((refused as InstanceType<typeof Anthropic.APIError>).headers!.get('x-should-retry')).toBe('false');
    expect(stage.upstream.requests.length).toBe(1);
    expect(await failureOf(eager.messages.create({ ...hello, model: 'nope' }))).toMatchObject({ status: 404 });
    expect(stage.upstream.requests.length).toBe(1);
  });
});

describe('an abort', () => {
  test('in mid-stream closes the upstream, and pays for what came', async () => {
    await using stage = await scene();
    stage.upstream.enqueue(messagesAnswer([...messagesToolTurn({ text: 'Hm' }).frames.slice(0, 3), 'stall']));
    const stream = clientOf(stage.gateway).messages.stream(hello);
    stream.on('thinking', () => stream.abort());
    expect(await failureOf(stream.finalMessage())).toBeInstanceOf(Anthropic.APIUserAbortError);
    await stage.upstream.requests[0]!.aborted;
    await atRest(stage.gateway);
    expect(stage.gateway.money.charged.map(({ outcome }) => outcome.ending)).toEqual(['client_left']);
    expect(stage.gateway.faults).toEqual([]);
  });

  test('of a whole answer closes the upstream, and pays nothing', async () => {
    await using stage = await scene();
    stage.upstream.enqueue({ headers: { 'content-type': 'application/json' }, body: [' ', 'stall'] });
    const abort = new AbortController();
    const answer = failureOf(clientOf(stage.gateway).messages.create(hello, { signal: abort.signal }));
    await Promise.race([stage.upstream.received(1), answer]);
    abort.abort();
    expect(await answer).toBeInstanceOf(Anthropic.APIUserAbortError);
    await stage.upstream.requests[0]!.aborted;
    await atRest(stage.gateway);
    expect(stage.gateway.money.charged).toEqual([]);
    expect(stage.gateway.faults).toEqual([]);
  });
});

test('a Chat upstream serves the loop as well: streamed, one tool, its result sent back', async () => {
  await using stage = await scene({ vendor: 'openai', protocols: ['chat-completions'] });
  stage.upstream.enqueue(chatAnswer(chatToolTurn({ id: 'call_1', city: 'Paris' })));
  const history: Anthropic.MessageParam[] = [{ role: 'user', content: weatherQuestion(['Paris']) }];
  const ask = { model: 'gpt-5-4', max_tokens: 500, tools };
  const translated = clientOf(stage.gateway);
  const first = await translated.messages.stream({ ...ask, messages: history }).finalMessage();
  expect(first.stop_reason).toBe('tool_use');
  expect(first.model).toBe('gpt-5-4');
  expect(callsOf(first)).toEqual([
    { type: 'tool_use', id: 'call_1', name: WEATHER.name, input: { city: 'Paris' } } as Anthropic.ToolUseBlock,
  ]);
  expect(first.usage).toMatchObject({ input_tokens: 10, output_tokens: 5 });

  history.push({ role: 'assistant', content: first.content });
  history.push({
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'call_1', content: weatherOf('Paris') }],
  });
  stage.upstream.enqueue(chatAnswer(chatToolTurn({ text: weatherOf('Paris') })));
  const second = await translated.messages.stream({ ...ask, messages: history }).finalMessage();
  expect(textOf(second)).toBe(weatherOf('Paris'));
  expect(second.stop_reason).toBe('end_turn');
  const sent = stage.upstream.requests[1]!.json() as { messages: object[] };
  expect(sent.messages.slice(1)).toMatchObject([
    {
      role: 'assistant',
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: WEATHER.name } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: weatherOf('Paris') },
  ]);
  expect(stage.gateway.money.charged.length).toBe(2);
});
