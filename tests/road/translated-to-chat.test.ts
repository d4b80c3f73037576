import { afterAll, describe, expect, test } from 'bun:test';
import { chatAnswer, jsonAnswer } from '../support/scripted-upstream.ts';
import { checkMessagesStream } from '../support/stream-invariants.ts';
import { call, SCHEMA, translatingGateways, user, weather } from '../support/translating-gateways.ts';

const { upstream, openai, deepseek, close } = await translatingGateways();
afterAll(close);

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
