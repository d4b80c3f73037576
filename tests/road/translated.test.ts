import { afterAll, beforeAll, describe, expect, spyOn, test } from 'bun:test';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import {
  chatAnswer,
  jsonAnswer,
  messagesAnswer,
  type ScriptedUpstream,
  scriptedUpstream,
} from '../support/scripted-upstream.ts';
import { checkChatStream, checkMessagesStream } from '../support/stream-invariants.ts';

let upstream: ScriptedUpstream;
let openai: TestGateway;
let anthropic: TestGateway;
let deepseek: TestGateway;

beforeAll(async () => {
  upstream = await scriptedUpstream();
  openai = await testGateway({ upstream: upstream.url, vendor: 'openai', protocols: ['chat-completions'] });
  anthropic = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  deepseek = await testGateway({ upstream: upstream.url });
});

afterAll(async () => {
  await deepseek[Symbol.asyncDispose]();
  await openai[Symbol.asyncDispose]();
  await anthropic[Symbol.asyncDispose]();
  await upstream.close();
});

function call(gateway: TestGateway, path: string, body: object): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': TEST_KEY },
    // Key order as in a real body: JavaScript would sort keys that look like numbers.
    body: JSON.stringify(body).replaceAll('{"1":{},"2":{}}', SCHEMA),
  });
}

const SCHEMA = '{"2":{},"1":{}}';
const weather = {
  name: 'get_weather',
  description: 'w',
  input_schema: { type: 'object', properties: { '2': {}, '1': {} } },
};
const user = { role: 'user', content: 'hi' };

test('a stream does not wait for our count of its prompt: until the upstream tells, it is an estimate', async () => {
  const counting = spyOn(openai.house.counter, 'countPrompt').mockReturnValue(new Promise(() => {}));
  try {
    const chunk = (choice: object) => ({
      id: 'c',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, ...choice }],
    });
    const usage = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 };
    const last = { ...chunk({ delta: {}, finish_reason: 'stop' }), usage };
    upstream.enqueue(chatAnswer([chunk({ delta: { content: 'Hi' } }), last]));
    const response = await call(openai, '/v1/messages', {
      model: 'gpt-5.4',
      max_tokens: 50,
      stream: true,
      messages: [user],
    });
    const text = await response.text();
    expect(checkMessagesStream(text)).toEqual([]);
    expect(Number(/"input_tokens":(\d+)/.exec(text)?.[1])).toBeGreaterThan(1);
    expect(text).toContain('"text":"Hi"');
    expect(counting).toHaveBeenCalled();
  } finally {
    counting.mockRestore();
  }
});

test('a prompt is counted once, for the start of the answer and for its bill', async () => {
  const counting = spyOn(openai.house.counter, 'countPrompt');
  try {
    const chunk = (choice: object) => ({
      id: 'c',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, ...choice }],
    });
    const frames = [chunk({ delta: { content: 'Hi' } }), chunk({ delta: {}, finish_reason: 'stop' })];
    upstream.enqueue(chatAnswer(frames));
    const response = await call(openai, '/v1/messages', {
      model: 'gpt-5.4',
      max_tokens: 50,
      stream: true,
      messages: [user],
    });
    expect(checkMessagesStream(await response.text())).toEqual([]);
    expect(openai.money.charged.at(-1)!.outcome.usage.source).toBe('estimated');
    expect(counting).toHaveBeenCalledTimes(1);
  } finally {
    counting.mockRestore();
  }
});

test('the last frames leave once the upstream has told its usage: whatever it does then is not waited for', async () => {
  const chunk = (choices: object[], more: object = {}) => ({
    id: 'c',
    object: 'chat.completion.chunk',
    choices,
    ...more,
  });
  const usage = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 };
  const body = { max_tokens: 50, stream: true, messages: [user] };
  upstream.enqueue(
    chatAnswer([
      chunk([{ index: 0, delta: { content: 'Hi' } }]),
      chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
      chunk([], { usage }),
      'stall',
    ]),
  );
  const messages = await (await call(openai, '/v1/messages', { ...body, model: 'gpt-5.4' })).text();
  expect(checkMessagesStream(messages)).toEqual([]);
  expect(openai.money.charged.at(-1)!.outcome.usage.output).toEqual({ text: 1, reasoning: 0 });
  const report = { input_tokens: 9, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 1 };
  const events = [
    { type: 'message_start', message: { id: 'm', content: [], usage: { ...report, output_tokens: 0 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: report },
  ];
  upstream.enqueue(messagesAnswer([...events, 'stall']));
  const chat = await (await call(anthropic, '/v1/chat/completions', { ...body, model: 'claude-opus-4-8' })).text();
  expect(checkChatStream(chat, { includeUsage: false })).toEqual([]);
  expect(chat).toEndWith('data: [DONE]\n\n');
  expect(anthropic.money.charged.at(-1)!.outcome.usage.output).toEqual({ text: 1, reasoning: 0 });
});

test('A18: an error as plain JSON under a 200 is a plain error where a stream was asked for', async () => {
  const cases = [
    [openai, '/v1/messages', 'gpt-5.4', 529],
    [anthropic, '/v1/chat/completions', 'claude-opus-4-8', 503],
  ] as const;
  for (const [gateway, path, model, status] of cases) {
    upstream.enqueue(jsonAnswer({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }));
    const response = await call(gateway, path, { model, max_tokens: 50, stream: true, messages: [user] });
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([status, 'true']);
    expect(await response.text()).toContain('The upstream is overloaded: Overloaded');
  }
});

describe('a Messages client on a Chat upstream', () => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-5.4',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const usageChunk = {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-5.4',
    choices: [],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 40 },
      completion_tokens_details: { reasoning_tokens: 5 },
    },
  };

  test('H12: Gemini’s error in an array keeps its words, before the stream and inside it', async () => {
    const array = [
      { error: { code: 400, message: 'Unknown name "seed": Cannot find field.', status: 'INVALID_ARGUMENT' } },
    ];
    const overloaded = [{ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }];
    for (const path of ['/v1/messages', '/v1/chat/completions']) {
      const body = { model: 'gpt-5.4', max_tokens: 50, stream: true, messages: [user] };
      upstream.enqueue(jsonAnswer(array, 400));
      const refused = await call(openai, path, body);
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain('Cannot find field');
      upstream.enqueue(chatAnswer([chunk({ content: 'Hi' }), `data: ${JSON.stringify(overloaded)}\n\n`]));
      const cut = await (await call(openai, path, body)).text();
      expect(cut).toContain('The upstream is overloaded: The model is overloaded.');
    }
  });

  test('A12: ids that a server counts from zero anew are each another one in the conversation', async () => {
    const zero = { index: 0, id: 'call_0', type: 'function', function: { name: 'get_weather', arguments: '{}' } };
    const messages: object[] = [user];
    for (const stream of [true, false, true]) {
      upstream.enqueue(
        stream
          ? chatAnswer([chunk({ role: 'assistant', tool_calls: [zero] }), chunk({}, 'tool_calls'), usageChunk])
          : jsonAnswer({
              ...chunk({}),
              choices: [{ index: 0, message: { role: 'assistant', tool_calls: [zero] }, finish_reason: 'tool_calls' }],
            }),
      );
      const response = await call(openai, '/v1/messages', {
        model: 'gpt-5.4',
        max_tokens: 500,
        stream,
        tools: [weather],
        messages,
      });
      const id = /"type":"tool_use","id":"([^"]+)"/.exec(await response.text())?.[1];
      messages.push({ role: 'assistant', content: [{ type: 'tool_use', id, name: 'get_weather', input: {} }] });
      messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'x' }] });
    }
    expect(JSON.stringify(messages).match(/"tool_use_id":"[^"]+"/g)).toEqual([
      '"tool_use_id":"call_0"',
      '"tool_use_id":"call_0_2"',
      '"tool_use_id":"call_0_3"',
    ]);
  });

  test('streams text and parallel tools, billed from the upstream’s report', async () => {
    upstream.enqueue(
      chatAnswer([
        chunk({ role: 'assistant', content: '' }),
        chunk({ content: 'Let me 看 👀' }),
        chunk({
          tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'get_weather', arguments: '' } }],
        }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
        chunk({
          tool_calls: [
            { index: 1, id: 'call_b', type: 'function', function: { name: 'get_weather', arguments: '{}' } },
          ],
        }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] }),
        chunk({}, 'tool_calls'),
        usageChunk,
      ]),
    );
    const response = await call(openai, '/v1/messages', {
      model: 'gpt-5.4',
      max_tokens: 500,
      stream: true,
      system: 'be',
      messages: [user],
      tools: [weather],
      thinking: { type: 'adaptive' },
      metadata: { user_id: 'u' },
    });
    const text = await response.text();
    expect(checkMessagesStream(text)).toEqual([]);
    expect(text).toContain('"model":"gpt-5.4"');
    expect(text).toContain('"stop_reason":"tool_use"');
    expect(text.indexOf('call_a')).toBeLessThan(text.indexOf('call_b'));
    const { outcome } = openai.money.charged.at(-1)!;
    expect(outcome.usage.input).toEqual({ uncached: 60, cacheRead: 40, cacheWrite5m: 0, cacheWrite1h: 0 });
    expect(outcome.usage.output).toEqual({ text: 15, reasoning: 5 });
    const sent = upstream.requests.at(-1)!;
    expect(sent.path).toBe('/chat/completions');
    expect(sent.text()).toContain(SCHEMA);
    expect(sent.json()).toMatchObject({
      model: 'gpt-5.4',
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 500,
    });
  });

  test('gets a whole answer with its cost', async () => {
    upstream.enqueue(
      jsonAnswer({
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'gpt-5.4-2026',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Hi', refusal: null }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
      }),
    );
    const response = await call(openai, '/v1/messages', { model: 'gpt-5-4', max_tokens: 50, messages: [user] });
    expect(await response.json()).toMatchObject({
      type: 'message',
      model: 'gpt-5-4',
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 10, output_tokens: 2 },
    });
    // 10 × 2500 + 2 × 15000 nano-dollars.
    expect(response.headers.get('x-bytespike-cost-usd')).toBe('0.000055');
  });

  test('gives back what the vendor signed on its Messages surface, also over its Chat surface', async () => {
    const signature = '91cf0000-554b-4136-8e21-fa0000000000';
    const thought = { type: 'thinking', thinking: '想 🙂', signature };
    const use = { type: 'tool_use', id: 't1', name: 'get_weather', input: {} };
    upstream.enqueue(chatAnswer([chunk({ content: '{}' }, 'stop'), usageChunk]));
    const response = await call(deepseek, '/v1/messages', {
      model: 'deepseek-v4-pro',
      max_tokens: 900,
      tools: [weather],
      messages: [
        user,
        { role: 'assistant', content: [thought, use] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'r' }] },
      ],
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
      stream: true,
    });
    await response.text();
    expect(response.headers.get('x-bytespike-changed')).toBeNull();
    const sent = upstream.requests.at(-1)!;
    expect(sent.path).toBe('/chat/completions');
    const { messages } = sent.json() as { messages: object[] };
    expect(messages.find((message) => 'tool_calls' in message)).toMatchObject({ reasoning_content: '想 🙂' });
  });

  test('may keep a document in its history whether or not it asks for a format, which changes the surface', async () => {
    const document = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } };
    const messages = [
      { role: 'user', content: [document, { type: 'text', text: 'Read this.' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'get_weather', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [document] }] },
    ];
    const ask = { model: 'deepseek-v4-pro', max_tokens: 900, thinking: { type: 'disabled' }, messages };
    const format = { type: 'json_schema', schema: { type: 'object' } };
    for (const more of [{}, { output_config: { format } }]) {
      upstream.enqueue(
        'output_config' in more
          ? jsonAnswer({ ...chunk({}), choices: [{ index: 0, message: { content: '{}' }, finish_reason: 'stop' }] })
          : jsonAnswer({ type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn', usage: {} }),
      );
      const response = await call(deepseek, '/v1/messages', { ...ask, ...more });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-bytespike-changed')).toBe('document');
      const sent = upstream.requests.at(-1)!;
      expect(sent.path).toEndWith('output_config' in more ? '/chat/completions' : '/v1/messages');
      expect(JSON.stringify(sent.json()).split('[Document omitted: this model does not read documents.]').length).toBe(
        3,
      );
    }
    const refused = await call(deepseek, '/v1/messages', {
      ...ask,
      messages: messages.slice(0, 1),
      output_config: { format },
    });
    expect(refused.status).toBe(400);
  });

  test('asks for no format with a null: the request stays on its lane; anything else but an object is refused', async () => {
    const ask = { model: 'deepseek-v4-pro', max_tokens: 900, thinking: { type: 'disabled' }, messages: [user] };
    for (const more of [{ output_config: { format: null } }, { output_format: null }]) {
      upstream.enqueue(
        jsonAnswer({ type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn', usage: {} }),
      );
      expect((await call(deepseek, '/v1/messages', { ...ask, ...more })).status).toBe(200);
      expect(upstream.requests.at(-1)!.path).toEndWith('/v1/messages');
    }
    const refused = await call(deepseek, '/v1/messages', { ...ask, output_config: { format: 'json' } });
    expect(refused.status).toBe(400);
  });

  test('does not have an image inside a document sent to a model without vision', async () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
    const document = { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'a' }, image] } };
    const format = { type: 'json_schema', schema: { type: 'object' } };
    const ask = { model: 'deepseek-v4-pro', max_tokens: 900, output_config: { format } };
    const newest = [{ role: 'user', content: [document] }];
    const refused = await call(deepseek, '/v1/messages', { ...ask, messages: newest });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('has no vision')]);
    const messages = [
      ...newest,
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'get_weather', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [document] }] },
    ];
    upstream.enqueue(
      jsonAnswer({ ...chunk({}), choices: [{ index: 0, message: { content: '{}' }, finish_reason: 'stop' }] }),
    );
    const response = await call(deepseek, '/v1/messages', { ...ask, messages });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-bytespike-changed')?.split(',')).toContain('image');
    const sent = upstream.requests.at(-1)!.text();
    expect(sent).not.toContain('image_url');
    expect(sent.split('[Image omitted: this model does not read images.]').length).toBe(3);
  });

  test('is told of an error in its own shape', async () => {
    upstream.enqueue(
      jsonAnswer({ error: { message: 'bad thing', type: 'invalid_request_error', param: 'x', code: 'nope' } }, 400),
    );
    const response = await call(openai, '/v1/messages', { model: 'gpt-5-4', max_tokens: 50, messages: [user] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'bad thing' },
    });
    upstream.enqueue(chatAnswer([chunk({ content: 'a' }), { waitMs: 20 }, 'reset']));
    const text = await (
      await call(openai, '/v1/messages', { model: 'gpt-5-4', max_tokens: 50, stream: true, messages: [user] })
    ).text();
    expect(text).toContain('event: error');
    expect(text).not.toContain('message_stop');
    expect(openai.money.held).toBe(0);
  });

  test.each([
    ['after the start of a call pays nothing', '', 'content_block_start', 0],
    ['after some of its input pays for it', '{"city"', 'content_block_delta', 1],
  ])('that leaves %s', async (_name, args, lastEvent, charges) => {
    const before = openai.money.charged.length;
    const start = { index: 0, id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: args } };
    upstream.enqueue(chatAnswer([chunk({ tool_calls: [start] }), 'stall']));
    const body = { model: 'gpt-5.4', max_tokens: 50, stream: true, messages: [user], tools: [weather] };
    const reader = (await call(openai, '/v1/messages', body)).body!.pipeThrough(new TextDecoderStream()).getReader();
    let read = '';
    while (!read.includes(lastEvent)) read += (await reader.read()).value;
    await reader.cancel();
    await upstream.requests.at(-1)!.aborted;
    while (openai.money.held > 0) await Bun.sleep(1);
    expect(openai.money.charged.length - before).toBe(charges);
  });
});

describe('a Chat client on a Messages upstream', () => {
  const signature = `E${'qY4h'.repeat(60)}`;
  const thinkingTurn = [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-opus-4-8',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 30, cache_read_input_tokens: 5, cache_creation_input_tokens: 7, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'I should look.' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature } },
    { type: 'content_block_stop', index: 0 },
    { type: 'ping' },
    {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} },
    },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"city": "Paris"}' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 44 } },
    { type: 'message_stop' },
  ];
  const tools = [{ type: 'function', function: { name: 'get_weather', parameters: weather.input_schema } }];

  test('gets its reasoning, and its replay gets the signature back', async () => {
    upstream.enqueue(messagesAnswer(thinkingTurn));
    const body = {
      model: 'claude-opus-4-8',
      stream: true,
      stream_options: { include_usage: true },
      messages: [user],
      tools,
      reasoning_effort: 'high',
    };
    const text = await (await call(anthropic, '/v1/chat/completions', body)).text();
    expect(checkChatStream(text, { includeUsage: true })).toEqual([]);
    expect(text).toContain('"reasoning_content":"I should look."');
    expect(text).toContain('"prompt_tokens":42');
    const assistant = {
      role: 'assistant',
      content: null,
      reasoning_content: 'I should look.',
      tool_calls: [
        { id: 'toolu_1', type: 'function', function: { name: 'get_weather', arguments: '{"city": "Paris"}' } },
      ],
    };
    upstream.enqueue(messagesAnswer(thinkingTurn));
    await (
      await call(anthropic, '/v1/chat/completions', {
        ...body,
        messages: [user, assistant, { role: 'tool', tool_call_id: 'toolu_1', content: '18' }],
      })
    ).text();
    const sent = upstream.requests.at(-1)!.json() as { messages: { content: unknown[] }[] };
    expect(sent.messages[1]!.content).toEqual([
      { type: 'thinking', thinking: 'I should look.', signature },
      { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } },
    ]);
    expect(upstream.requests.at(-1)!.text()).toContain('"input":{"city": "Paris"}');
  });

  test('is refused what cannot be had, before anything goes up', async () => {
    const count = upstream.requests.length;
    const response = await call(anthropic, '/v1/chat/completions', {
      model: 'claude-opus-4-8',
      messages: [user],
      n: 2,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_parameter', param: 'n' } });
    expect(upstream.requests.length).toBe(count);
    expect(anthropic.money.held).toBe(0);
  });
});

test('tools that a client adds or takes away on the way are dropped and listed where they go to Chat Completions', async () => {
  const definition = { type: 'custom', name: 'x', input_schema: { type: 'object' } };
  const changes = [
    { type: 'tool_addition', tool: { type: 'tool_definition', definition } },
    { type: 'tool_removal', name: 'y' },
  ];
  const answer = jsonAnswer({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  });
  upstream.enqueue(answer);
  const response = await call(openai, '/v1/messages', {
    model: 'gpt-5-4',
    max_tokens: 50,
    messages: [user, { role: 'system', content: changes }, user],
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('x-bytespike-changed')?.split(/,? /)).toEqual(
    expect.arrayContaining(['tool_addition', 'tool_removal']),
  );
});

test('a tool name that Chat Completions does not take is shortened there, and is the client’s own in the answer', async () => {
  const long = `mcp__tooluniverse__${'x'.repeat(80)}`;
  const tools = [weather, { ...weather, name: long }];
  const use = { type: 'tool_use', id: 't1', name: long, input: {} };
  const body = {
    model: 'gpt-5-4',
    max_tokens: 50,
    tools,
    tool_choice: { type: 'tool', name: long },
    messages: [
      user,
      { role: 'assistant', content: [use] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'r' }] },
    ],
  };
  interface Sent {
    tools: { function: { name: string } }[];
    tool_choice: { function: { name: string } };
    messages: { tool_calls?: { function: { name: string } }[] }[];
  }
  const names = new Set<string>();
  for (const stream of [false, true]) {
    upstream.otherwise(({ json }) => {
      const { tools: told, tool_choice, messages } = json() as Sent;
      const [own, short] = told.map((tool) => tool.function.name);
      expect(own).toBe('get_weather');
      expect(short).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect([tool_choice.function.name, messages[1]!.tool_calls![0]!.function.name]).toEqual([short!, short!]);
      names.add(short!);
      const tool_calls = [{ index: 0, id: 'c1', type: 'function', function: { name: short, arguments: '{}' } }];
      const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
      const head = { id: 'c', created: 1, model: 'm', usage };
      const choice = { index: 0, finish_reason: 'tool_calls' };
      const said = { role: 'assistant', content: null, tool_calls };
      return stream
        ? chatAnswer([{ ...head, object: 'chat.completion.chunk', choices: [{ ...choice, delta: said }] }])
        : jsonAnswer({ ...head, object: 'chat.completion', choices: [{ ...choice, message: said }] });
    });
    const response = await call(openai, '/v1/messages', { ...body, stream });
    expect(response.headers.get('x-bytespike-changed')).toContain('tools.name');
    const text = await response.text();
    expect(text).toContain(`"name":"${long}"`);
    for (const name of names) expect(text).not.toContain(name);
  }
  // The same in every request: a prompt cache holds.
  expect(names.size).toBe(1);
});
