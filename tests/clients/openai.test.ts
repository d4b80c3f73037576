import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import OpenAI from 'openai';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { chatAnswer, jsonAnswer, messagesAnswer } from '../support/scripted-upstream.ts';
import { chatChunk, messagesToolTurn, wholeChat } from './frames.ts';
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

type Message = OpenAI.ChatCompletionMessage & { reasoning_content?: string };
type Delta = OpenAI.ChatCompletionChunk.Choice.Delta & { reasoning_content?: string | null };

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: HELLO }];
const hello = { model: MODEL, messages };
const tools: OpenAI.ChatCompletionFunctionTool[] = [
  {
    type: 'function',
    function: { name: WEATHER.name, description: WEATHER.description, parameters: WEATHER.schema },
  },
];
const clientOf = (gateway: TestGateway, options: { maxRetries?: number; apiKey?: string } = {}): OpenAI =>
  new OpenAI({ apiKey: TEST_KEY, maxRetries: 0, ...options, baseURL: `${gateway.url}/v1` });

let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  gateway = await testGateway();
  client = clientOf(gateway);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

describe('text and reasoning', () => {
  test('come whole', async () => {
    const answer = await client.chat.completions.create(hello);
    const message = answer.choices[0]!.message as Message;
    expect(answer.model).toBe(MODEL);
    expect(message.content).toContain(SUBJECT);
    expect(message.reasoning_content!.length).toBeGreaterThan(10);
    expect(answer.usage!.completion_tokens_details!.reasoning_tokens).toBeGreaterThan(0);
    expect(answer.usage!.total_tokens).toBe(answer.usage!.prompt_tokens + answer.usage!.completion_tokens);
  });

  test('come from Gemini with one role and one report, for clients that join and add up what they are told', async () => {
    await using stage = await scene({ vendor: 'gemini', protocols: ['chat-completions'] });
    const report = (tokens: number) => ({ prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens });
    const told = ['Light', 'house', 's.'].map((content, i) => ({
      ...chatChunk({ role: 'assistant', content }, i === 2 ? 'stop' : null),
      usage: report(i + 1),
    }));
    stage.upstream.enqueue(chatAnswer(told));
    const chunks = await all(
      await clientOf(stage.gateway).chat.completions.create({
        ...hello,
        model: 'gemini-3-1-pro',
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    expect(deltas.map(({ role, content }) => [role, content])).toEqual([
      ['assistant', 'Light'],
      [undefined, 'house'],
      [undefined, 's.'],
    ]);
    expect(chunks.map(({ usage }) => usage)).toEqual([null, null, null, report(3)]);
  });

  test('come streamed, the same, reasoning before text', async () => {
    const whole = await client.chat.completions.create(hello);
    const chunks = await all(
      await client.chat.completions.create({ ...hello, stream: true, stream_options: { include_usage: true } }),
    );
    const deltas = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta as Delta));
    const { content, reasoning_content } = whole.choices[0]!.message as Message;
    expect(deltas.map((delta) => delta.content ?? '').join('')).toBe(content!);
    expect(deltas.map((delta) => delta.reasoning_content ?? '').join('')).toBe(reasoning_content!);
    expect(deltas.findLastIndex((delta) => delta.reasoning_content)).toBeLessThan(
      deltas.findIndex((delta) => delta.content),
    );
    expect(chunks.at(-1)!.usage!.completion_tokens).toBe(whole.usage!.completion_tokens);
    expect(new Set(chunks.map((chunk) => chunk.model))).toEqual(new Set([MODEL]));
  });

  test('come without usage when it was not asked for', async () => {
    const chunks = await all(await client.chat.completions.create({ ...hello, stream: true }));
    expect(chunks.filter((chunk) => chunk.usage)).toEqual([]);
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('stop');
  });
});

describe('a tool loop', () => {
  for (const cities of CITY_LISTS) {
    for (const streamed of [true, false]) {
      test(`of ${cities.length} parallel, ${streamed ? 'streamed' : 'whole'}`, async () => {
        const ask = async (history: OpenAI.ChatCompletionMessageParam[]): Promise<OpenAI.ChatCompletion.Choice> => {
          const params = { model: MODEL, messages: history, tools };
          const answer = streamed
            ? await client.chat.completions.stream(params).finalChatCompletion()
            : await client.chat.completions.create(params);
          return answer.choices[0]!;
        };
        const history: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: weatherQuestion(cities) }];
        const first = await ask(history);
        expect(first.finish_reason).toBe('tool_calls');
        const calls = (first.message.tool_calls ?? []).filter((call) => call.type === 'function');
        const asked = calls.map((call) => (JSON.parse(call.function.arguments) as { city: string }).city);
        expect(asked).toEqual(cities);
        expect(new Set(calls.map((call) => call.id)).size).toBe(cities.length);

        history.push(first.message);
        for (const [i, call] of calls.entries()) {
          history.push({ role: 'tool', tool_call_id: call.id, content: weatherOf(asked[i]!) });
        }
        const second = await ask(history);
        expect(second.finish_reason).toBe('stop');
        for (const city of cities) expect(second.message.content).toContain(weatherOf(city));
      });
    }
  }

  test('that the client runs by itself', async () => {
    const asked: string[] = [];
    const runner = client.chat.completions.runTools({
      model: MODEL,
      messages: [{ role: 'user', content: weatherQuestion(CITY_LISTS[2]!) }],
      stream: true,
      tools: [
        {
          type: 'function',
          function: {
            name: WEATHER.name,
            description: WEATHER.description,
            parameters: WEATHER.schema,
            parse: (text: string) => JSON.parse(text) as { city: string },
            function: ({ city }: { city: string }) => {
              asked.push(city);
              return weatherOf(city);
            },
          },
        },
      ],
    });
    const text = await runner.finalContent();
    expect(asked).toEqual(CITY_LISTS[2]!);
    for (const city of asked) expect(text).toContain(weatherOf(city));
  });
});

describe('JSON', () => {
  const asked: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Answer in json about Paris.' }];

  test('mode gives an object', async () => {
    const answer = await client.chat.completions.create({
      model: MODEL,
      messages: asked,
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(answer.choices[0]!.message.content!)).toBeObject();
  });

  test('by a schema is emulated, and says so; strict is refused', async () => {
    const format = (strict: boolean) => ({
      model: MODEL,
      messages: asked,
      response_format: {
        type: 'json_schema' as const,
        json_schema: { name: 'city', strict, schema: WEATHER.schema },
      },
    });
    const { data, response } = await client.chat.completions.create(format(false)).withResponse();
    expect(response.headers.get('x-bytespike-emulated')).toBe('json_schema');
    expect(JSON.parse(data.choices[0]!.message.content!)).toEqual({ city: expect.any(String) });
    expect(await failureOf(client.chat.completions.create(format(true)))).toBeInstanceOf(OpenAI.BadRequestError);
  });
});

describe('an error has its class and fields', () => {
  test('401, 400, 404', async () => {
    const stranger = clientOf(gateway, { apiKey: 'sk-byts-unknown' });
    const unknown = await failureOf(stranger.chat.completions.create(hello));
    expect(unknown).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(unknown).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'authentication_error' });
    expect((unknown as InstanceType<typeof OpenAI.APIError>).requestID).toMatch(/^req_/);

    const bad = await failureOf(client.chat.completions.create({ ...hello, n: 2 }));
    expect(bad).toBeInstanceOf(OpenAI.BadRequestError);
    expect(bad).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'n' });

    const nowhere = await failureOf(client.chat.completions.create({ ...hello, model: 'deepseek-v4-prp' }));
    expect(nowhere).toBeInstanceOf(OpenAI.NotFoundError);
    expect(nowhere).toMatchObject({ status: 404, code: 'model_not_found' });
    expect((nowhere as Error).message).toContain(MODEL);
  });

  test('503 of an overloaded upstream, with its retry-after', async () => {
    await using stage = await scene();
    stage.upstream.enqueue(jsonAnswer({ error: { message: 'busy' } }, 429, { 'retry-after': '7' }));
    const busy = await failureOf(clientOf(stage.gateway).chat.completions.create(hello));
    expect(busy).toBeInstanceOf(OpenAI.InternalServerError);
    expect(busy).toMatchObject({ status: 503, code: 'upstream_overloaded' });
    expect((busy as InstanceType<typeof OpenAI.APIError>).headers!.get('retry-after')).toBe('7');
  });

  test('in mid-stream is thrown, after what came before it', async () => {
    const stream = await client.chat.completions.create(
      { ...hello, stream: true },
      { headers: { 'x-sim-fault': 'error-frame-after=5' } },
    );
    let seen = 0;
    const read = async (): Promise<void> => {
      for await (const _ of stream) seen++;
    };
    expect(await failureOf(read())).toBeInstanceOf(OpenAI.APIError);
    expect(seen).toBeGreaterThan(0);
    await atRest(gateway);
  });
});

describe('a retry', () => {
  test('comes where x-should-retry says true, after the retry-after', async () => {
    await using stage = await scene();
    const busy = jsonAnswer({ error: { message: 'busy' } }, 503, { 'retry-after': '1' });
    stage.upstream.enqueue(busy, jsonAnswer(wholeChat('at last')));
    const answer = await clientOf(stage.gateway, { maxRetries: 2 }).chat.completions.create(hello);
    expect(answer.choices[0]!.message.content).toBe('at last');
    const [first, second] = stage.upstream.requests;
    expect(stage.upstream.requests.length).toBe(2);
    expect(second!.receivedAt - first!.receivedAt).toBeGreaterThan(990);
    expect(stage.gateway.money.charged.length).toBe(1);
  });

  test('comes as often as the client is set to, and no more', async () => {
    await using stage = await scene();
    stage.upstream.otherwise(jsonAnswer({ error: { message: 'busy' } }, 503));
    expect(await failureOf(clientOf(stage.gateway, { maxRetries: 1 }).chat.completions.create(hello))).toBeInstanceOf(
      OpenAI.InternalServerError,
    );
    expect(stage.upstream.requests.length).toBe(2);
    expect(stage.gateway.money.charged).toEqual([]);
  });

  test('does not come where it says false', async () => {
    await using stage = await scene();
    stage.upstream.otherwise(jsonAnswer({ error: { message: 'too odd', code: 'odd' } }, 400));
    const eager = clientOf(stage.gateway, { maxRetries: 3 });
    const refused = await failureOf(eager.chat.completions.create(hello));
    expect(refused).toMatchObject({ status: 400, code: 'odd' });
    expect((refused as InstanceType<typeof OpenAI.APIError>).headers!.get('x-should-retry')).toBe('false');
    expect(stage.upstream.requests.length).toBe(1);
    expect(await failureOf(eager.chat.completions.create({ ...hello, model: 'nope' }))).toMatchObject({ status: 404 });
    expect(stage.upstream.requests.length).toBe(1);
  });
});

describe('an abort', () => {
  test('in mid-stream closes the upstream, and pays for what came', async () => {
    await using stage = await scene();
    stage.upstream.enqueue(chatAnswer([chatChunk({ role: 'assistant', content: 'one two three' }), 'stall']));
    const stream = await clientOf(stage.gateway).chat.completions.create({ ...hello, stream: true });
    for await (const _ of stream) stream.controller.abort();
    await stage.upstream.requests[0]!.aborted;
    await atRest(stage.gateway);
    expect(stage.gateway.money.charged.map(({ outcome }) => outcome.ending)).toEqual(['client_left']);
    expect(stage.gateway.faults).toEqual([]);
  });

  test('of a whole answer closes the upstream, and pays nothing', async () => {
    await using stage = await scene();
    stage.upstream.enqueue({ headers: { 'content-type': 'application/json' }, body: [' ', 'stall'] });
    const abort = new AbortController();
    const answer = clientOf(stage.gateway).chat.completions.create(hello, { signal: abort.signal });
    const request = await Promise.race([stage.upstream.received(1), failureOf(answer)]);
    abort.abort();
    expect(await failureOf(answer)).toBeInstanceOf(OpenAI.APIUserAbortError);
    expect(request).toBe(stage.upstream.requests[0]);
    await stage.upstream.requests[0]!.aborted;
    await atRest(stage.gateway);
    expect(stage.gateway.money.charged).toEqual([]);
    expect(stage.gateway.faults).toEqual([]);
  });
});

test('a Messages upstream serves the loop as well: streamed, one tool, its thinking sent back with its signature', async () => {
  await using stage = await scene({ vendor: 'anthropic', protocols: ['messages'] });
  const turn = messagesToolTurn({ id: 'toolu_1', city: 'Paris' });
  stage.upstream.enqueue(messagesAnswer(turn.frames));
  const history: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: weatherQuestion(['Paris']) }];
  const ask = { model: 'claude-opus-4-8', tools, reasoning_effort: 'high' as const };
  const translated = clientOf(stage.gateway);
  const stream = translated.chat.completions.stream({ ...ask, messages: history });
  let reasoning = '';
  stream.on('chunk', (chunk) => {
    reasoning += (chunk.choices[0]?.delta as Delta | undefined)?.reasoning_content ?? '';
  });
  const first = (await stream.finalChatCompletion()).choices[0]!;
  expect(first.finish_reason).toBe('tool_calls');
  expect(reasoning).toBe(turn.thinking);
  const [call] = (first.message.tool_calls ?? []).filter((candidate) => candidate.type === 'function');
  expect(call).toMatchObject({ id: 'toolu_1', function: { name: WEATHER.name, arguments: '{"city": "Paris"}' } });

  history.push({ ...first.message, reasoning_content: reasoning } as Message);
  history.push({ role: 'tool', tool_call_id: call!.id, content: weatherOf('Paris') });
  stage.upstream.enqueue(messagesAnswer(messagesToolTurn({ text: weatherOf('Paris') }).frames));
  const second = await translated.chat.completions.stream({ ...ask, messages: history }).finalChatCompletion();
  expect(second.choices[0]!.message.content).toBe(weatherOf('Paris'));
  const sent = stage.upstream.requests[1]!.json() as { messages: { content: unknown }[] };
  expect(sent.messages[1]!.content).toEqual([
    { type: 'thinking', thinking: turn.thinking, signature: turn.signature },
    { type: 'tool_use', id: 'toolu_1', name: WEATHER.name, input: { city: 'Paris' } },
  ]);
  expect(sent.messages[2]!.content).toEqual([
    { type: 'tool_result', tool_use_id: 'toolu_1', content: weatherOf('Paris') },
  ]);
  expect(stage.gateway.money.charged.length).toBe(2);
});
