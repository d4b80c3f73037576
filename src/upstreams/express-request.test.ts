import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../errors/catalogue.ts';
import { loadCatalog } from '../models/catalog.ts';
import type { JsonObject } from '../protocols/json.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { Notes } from '../protocols/wire.ts';
import { expressBody } from './express-request.ts';

const { byId } = loadCatalog();

/** What goes up for `body`, and what is listed as changed. */
function send(protocol: Protocol, body: JsonObject | string, { model = 'deepseek-v4-pro', maxOutput = 0 } = {}) {
  const card = byId.get(model)!;
  const route = card.routes.find((candidate) => candidate.protocol === protocol)!;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const notes = new Notes();
  const parsed = JSON.parse(text) as JsonObject;
  const sent = expressBody({
    protocol,
    text,
    body: parsed,
    card,
    route,
    model: route.model,
    // Nothing lowers it unless the test says so.
    maxOutput: maxOutput || Number(parsed.max_tokens ?? 1000),
    writeMaxOutput: maxOutput > 0,
    edits: [],
    notes,
  });
  return {
    text: sent,
    body: JSON.parse(sent) as JsonObject,
    changed: [...notes.changed],
    emulated: [...notes.emulated],
  };
}

const chat = (body: JsonObject): JsonObject => ({ model: 'deepseek-v4-pro', ...body });
const user = { role: 'user', content: 'hi' };
const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }];
const anthropicTools = [{ name: 'f', input_schema: { type: 'object' } }];
const UUID = '91cf0000-554b-4136-8e21-fa0000000000';

describe('bytes', () => {
  test('go up as they came when nothing is in the way', () => {
    const text =
      '{ "model":"deepseek-v4-pro",\n "messages" : [{"role":"user","content":"\\u4e2d \\/ 1.0"}], "max_tokens":5, "x_new": [1.50, 12345678901234567890] }';
    expect(send('chat-completions', text).text).toBe(text);
    expect(send('messages', text).text).toBe(text);
  });

  test('get the upstream’s model name, the output limit and the usage flag, and nothing else', () => {
    const text = '{"model":"gpt-5-4","messages":[{"role":"user","content":"a"}],"stream":true}';
    expect(send('chat-completions', text, { model: 'gpt-5-4', maxOutput: 77 }).text).toBe(
      '{"model":"gpt-5.4","messages":[{"role":"user","content":"a"}],"stream":true,"max_completion_tokens":77,"stream_options":{"include_usage":true}}',
    );
  });

  test('keep stream options that are there', () => {
    const { body } = send(
      'chat-completions',
      chat({ messages: [user], stream: true, stream_options: { include_usage: false, x: 1 } }),
    );
    expect(body.stream_options).toEqual({ include_usage: true, x: 1 });
  });

  test('lose stream options where nothing streams (D41)', () => {
    const { body, changed } = send(
      'chat-completions',
      chat({ messages: [user], stream_options: { include_usage: true } }),
    );
    expect(body).toEqual(chat({ messages: [user] }));
    expect(changed).toEqual([]);
  });

  test('of a history do not change when a turn is added', () => {
    const history = [
      { role: 'developer', content: [{ type: 'text', text: 'be' }] },
      user,
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: 'r' }] },
    ];
    const before = send('chat-completions', { model: 'deepseek-v4-pro', tools, messages: history }).text;
    const after = send('chat-completions', {
      model: 'deepseek-v4-pro',
      tools,
      messages: [...history, { role: 'assistant', content: 'x' }, user],
    }).text;
    expect(after.startsWith(before.slice(0, -2))).toBe(true);
  });
});

describe('DeepSeek, Chat Completions', () => {
  test('a turn that is to be gone on from gets no reasoning of ours, nor does any where a forced call ends thinking', () => {
    const [asked, begun] = [
      { role: 'assistant', content: 'a' },
      { role: 'assistant', content: 'b', prefix: true },
    ];
    const goesOn = send('chat-completions', chat({ messages: [user, asked, user, begun], tools })).body.messages;
    expect(goesOn).toEqual([user, { ...asked, reasoning_content: '' }, user, begun]);
    const forced = send('chat-completions', chat({ messages: [user, asked, user], tools, tool_choice: 'required' }));
    expect(forced.body).toMatchObject({ messages: [user, asked, user], thinking: { type: 'disabled' } });
    expect((forced.body.messages as JsonObject[])[1]).toEqual(asked);
  });

  test('reasoning that is no text gives way to an empty one, and is listed', () => {
    const turn = (reasoning_content?: unknown) => ({ role: 'assistant', content: 'a', reasoning_content });
    for (const [given, listed] of [
      [{ text: 'Hm' }, ['reasoning_content']],
      [['Hm'], ['reasoning_content']],
      [7, ['reasoning_content']],
      [null, []],
      [undefined, []],
    ] as const) {
      const { body, changed } = send('chat-completions', chat({ tools, messages: [user, turn(given), user] }));
      expect(body.messages).toEqual([user, turn(''), user]);
      expect(changed).toEqual([...listed]);
    }
  });

  test('role developer becomes system (F23)', () => {
    const { body } = send('chat-completions', chat({ messages: [{ role: 'developer', content: 'a' }, user] }));
    expect(body.messages).toEqual([{ role: 'system', content: 'a' }, user]);
  });

  test('array content is joined in system, assistant and tool messages, kept in user messages (F16, F17)', () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    const { body } = send(
      'chat-completions',
      chat({ messages: ['system', 'user', 'assistant', 'tool'].map((role) => ({ role, content: parts })) }),
    );
    expect((body.messages as JsonObject[]).map((message) => message.content)).toEqual(['ab', parts, 'ab', 'ab']);
  });

  test('what is no text is not joined, a file gives way to its marker; both are listed', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'file', file: { file_data: 'data:,x' } },
    ];
    const { body, changed } = send('chat-completions', chat({ messages: [{ role: 'tool', content }] }));
    expect((body.messages as JsonObject[])[0]!.content).toBe(
      'a[Document omitted: this model does not read documents.]',
    );
    expect(changed).toEqual(['file']);
  });

  test('a file in the newest message is refused, one further back is marked', () => {
    const content = [{ type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } }];
    const file = { role: 'user', content };
    expect(() => send('chat-completions', chat({ messages: [file] }))).toThrow(/`file`/);
    const answer = { role: 'assistant', content: 'a' };
    const { body, changed } = send('chat-completions', chat({ messages: [file, answer, user] }));
    const marker = { type: 'text', text: '[Document omitted: this model does not read documents.]' };
    expect(body.messages).toEqual([{ role: 'user', content: [marker] }, answer, user]);
    expect(changed).toEqual(['file']);
  });

  test('content is always there (F13, F14)', () => {
    const calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '' } }];
    const messages = [
      user,
      { role: 'assistant', tool_calls: calls },
      { role: 'assistant', content: null, tool_calls: calls },
      { role: 'assistant', content: null },
    ];
    const { body } = send('chat-completions', chat({ messages }));
    expect((body.messages as JsonObject[]).map((message) => message.content)).toEqual(['hi', '', null, '']);
  });

  test('empty lists of tools and calls are left out (F19)', () => {
    const { body } = send(
      'chat-completions',
      chat({ tools: [], messages: [user, { role: 'assistant', content: 'a', tool_calls: [] }] }),
    );
    expect(body).toEqual({ model: 'deepseek-v4-pro', messages: [user, { role: 'assistant', content: 'a' }] });
  });

  test('a forced tool turns thinking off, and says so (G03)', () => {
    for (const tool_choice of ['required', { type: 'function', function: { name: 'f' } }]) {
      const { body, changed } = send('chat-completions', chat({ messages: [user], tools, tool_choice }));
      expect(body.thinking).toEqual({ type: 'disabled' });
      expect(changed).toEqual(['thinking']);
    }
    expect(send('chat-completions', chat({ messages: [user], tools, tool_choice: 'auto' })).changed).toEqual([]);
  });

  test('with tools, reasoning is filled in on every earlier turn (E01, E03, E14)', () => {
    const messages = [
      user,
      { role: 'assistant', content: 'a' },
      { role: 'assistant', content: 'b', reasoning: 'r' },
      { role: 'assistant', content: 'c', reasoning_content: 'kept' },
    ];
    const { body } = send('chat-completions', chat({ messages, tools }));
    expect((body.messages as JsonObject[]).map((message) => message.reasoning_content)).toEqual([
      undefined,
      '',
      'r',
      'kept',
    ]);
    expect(send('chat-completions', chat({ messages })).body.messages).toEqual(messages);
  });

  test('without tools in this request, turns that called one still carry their reasoning', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    const called = { role: 'assistant', content: '', tool_calls: [call] };
    const result = { role: 'tool', tool_call_id: 'c', content: 'r' };
    const messages = [user, called, result, { role: 'assistant', content: 'a' }, user];
    const { body } = send('chat-completions', chat({ messages }));
    expect(body.messages).toEqual([user, { ...called, reasoning_content: '' }, ...messages.slice(2)]);
  });

  test('max_completion_tokens has its old name', () => {
    expect(send('chat-completions', chat({ messages: [user], max_completion_tokens: 5 })).body.max_tokens).toBe(5);
    const both = send('chat-completions', chat({ messages: [user], max_completion_tokens: 5, max_tokens: 9 }), {
      maxOutput: 5,
    });
    expect(both.body).toEqual(chat({ messages: [user], max_tokens: 5 }));
  });

  test('a JSON schema goes into the system prompt; strict cannot be promised (G12)', () => {
    const json_schema = { name: 'n', schema: { type: 'object', properties: { '2': {}, '1': {} } } };
    const text = `{"model":"deepseek-v4-pro","messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"2":1.0,"1":2}}}}`;
    const { body, emulated } = send('chat-completions', text);
    expect(emulated).toEqual(['json_schema']);
    expect(body.response_format).toEqual({ type: 'json_object' });
    const [system] = body.messages as JsonObject[];
    expect(system!.role).toBe('system');
    expect(system!.content).toContain('{"2":1.0,"1":2}');
    expect(system!.content).toMatch(/json/i);
    const strict = chat({
      messages: [user],
      response_format: { type: 'json_schema', json_schema: { ...json_schema, strict: true } },
    });
    expect(() => send('chat-completions', strict)).toThrow(GatewayError);
  });

  test('more than one answer cannot be had', () => {
    expect(() => send('chat-completions', chat({ messages: [user], n: 2 }))).toThrow(/`n`/);
    expect(send('chat-completions', chat({ messages: [user], n: 1 })).body.n).toBe(1);
  });
});

describe('DeepSeek, Messages', () => {
  const messages = (body: JsonObject): JsonObject => ({ model: 'deepseek-v4-pro', max_tokens: 9, ...body });
  const thought = { type: 'thinking', thinking: 't', signature: UUID };

  test('a system message becomes a user text in its place (F25)', () => {
    const system = {
      role: 'system',
      content: [{ type: 'text', text: 'now', cache_control: { type: 'ephemeral' } }],
      output_config: { effort: 'low' },
    };
    const { body, changed } = send('messages', messages({ messages: [user, system] }));
    expect(body.messages).toEqual([
      user,
      { role: 'user', content: [{ type: 'text', text: '<system>now</system>', cache_control: { type: 'ephemeral' } }] },
    ]);
    expect(changed).toEqual(['messages.output_config', 'messages.role']);
    const empty = send('messages', messages({ messages: [user, { role: 'system', content: [] }] }));
    expect(empty.body.messages).toEqual([user]);
    expect(empty.changed).toEqual([]);
  });

  test('a system message never parts a call from its result', () => {
    const call = { role: 'assistant', content: [thought, { type: 'tool_use', id: 'a', name: 'f', input: {} }] };
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'r' }] };
    const { body } = send('messages', messages({ messages: [user, call, { role: 'system', content: 's' }, result] }));
    expect((body.messages as JsonObject[]).map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'user']);
    expect((body.messages as JsonObject[])[2]).toEqual(result);
    const several = [
      user,
      { role: 'system', content: 'a' },
      call,
      ...['b', 'c'].map((content) => ({ role: 'system', content })),
    ];
    const sent = send('messages', messages({ messages: [...several, result, { role: 'system', content: 'd' }] })).body;
    const system = (text: string) => ({ role: 'user', content: [{ type: 'text', text: `<system>${text}</system>` }] });
    expect(sent.messages).toEqual([user, system('a'), call, result, system('b'), system('c'), system('d')]);
  });

  test('nor one of several results that stand in messages of their own', () => {
    const calls = ['a', 'b'].map((id) => ({ type: 'tool_use', id, name: 'f', input: {} }));
    const result = (id: string) => ({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: id, content: 'r' }],
    });
    const called = { role: 'assistant', content: [{ type: 'thinking', thinking: 't', signature: UUID }, ...calls] };
    const system = { role: 'system', content: 's' };
    const inPlace = { role: 'user', content: [{ type: 'text', text: '<system>s</system>' }] };
    for (const messages of [
      [user, called, system, result('a'), result('b'), user],
      [user, called, result('a'), system, result('b'), user],
      [user, called, result('a'), result('b'), system, user],
    ]) {
      for (const model of ['deepseek-v4-pro', 'claude-haiku-4-5']) {
        const { body } = send('messages', { model, max_tokens: 9, messages }, { model });
        const roles = (body.messages as JsonObject[]).map(({ content }) =>
          Array.isArray(content) ? content.map((block: JsonObject) => block.type) : 'user',
        );
        expect(roles.slice(2)).toEqual([['tool_result'], ['tool_result'], ['text'], 'user']);
        expect((body.messages as JsonObject[])[4]).toEqual(inPlace);
      }
    }
  });

  test('blocks of other vendors’ tools that it does not know are left out and listed, with the calls that they answer', () => {
    const blocks = [
      { type: 'mcp_tool_use', id: 'm', name: 'f', server_name: 's', input: {} },
      { type: 'mcp_tool_result', tool_use_id: 'm', content: [{ type: 'text', text: 'r' }] },
      { type: 'server_tool_use', id: 'c', name: 'code_execution', input: {} },
      { type: 'code_execution_tool_result', tool_use_id: 'c', content: {} },
      // Of no tool, but what a turn may be left with.
      { type: 'thinking', thinking: 't', signature: `E${'qY4h'.repeat(60)}` },
    ];
    const text = { type: 'text', text: 'a' };
    const body = {
      model: 'deepseek-v4-pro',
      max_tokens: 9,
      messages: [
        user,
        { role: 'assistant', content: [...blocks, text] },
        user,
        { role: 'assistant', content: blocks },
        user,
      ],
    };
    const sent = send('messages', body);
    expect(sent.body.messages).toEqual([user, { role: 'assistant', content: [text] }, user, user]);
    expect(sent.changed).toEqual(blocks.map(({ type }) => type));
  });

  test('blocks of a system message stay paragraphs; a cache breakpoint before the last is listed', () => {
    const ephemeral = { type: 'ephemeral' };
    const block = (text: string, cache_control?: object) => ({ type: 'text', text, cache_control });
    const ask = (...content: object[]) =>
      send('messages', messages({ messages: [user, { role: 'system', content }] }), { model: 'claude-sonnet-4-6' });
    const moved = ask(block('a', ephemeral), block('b'));
    expect((moved.body.messages as JsonObject[])[1]!.content).toEqual([
      { type: 'text', text: '<system>a\n\nb</system>', cache_control: ephemeral },
    ]);
    expect(moved.changed).toEqual(['cache_control', 'messages.role']);
    expect(ask(block('a'), block('b', ephemeral)).changed).toEqual(['messages.role']);
    expect(ask(block('a'), block('b')).changed).toEqual(['messages.role']);
  });

  test('a user id that is no plain word is left out', () => {
    const { body, changed } = send(
      'messages',
      messages({ messages: [user], metadata: { user_id: '{"device_id":"x"}' } }),
    );
    expect(body.metadata).toEqual({});
    expect(changed).toEqual(['metadata.user_id']);
    expect(send('messages', messages({ messages: [user], metadata: { user_id: 'abc-1' } })).changed).toEqual([]);
  });

  test('the attribution line goes, the rest of the system prompt stays', () => {
    const header = 'x-anthropic-billing-header: cc_version=1; cc_entrypoint=cli;';
    const { body } = send(
      'messages',
      messages({
        messages: [user],
        system: [
          { type: 'text', text: header },
          { type: 'text', text: 'be' },
        ],
      }),
    );
    expect(body.system).toEqual([{ type: 'text', text: 'be' }]);
    expect(send('messages', messages({ messages: [user], system: `${header}\nbe` })).body.system).toBe('be');
    expect(send('messages', messages({ messages: [user], system: header })).body).not.toHaveProperty('system');
    const cache_control = { type: 'ephemeral' };
    const inOneBlock = send(
      'messages',
      messages({ messages: [user], system: [{ type: 'text', text: `${header}\nbe\nbrief`, cache_control }] }),
    );
    expect(inOneBlock.body.system).toEqual([{ type: 'text', text: 'be\nbrief', cache_control }]);
    expect(inOneBlock.changed).toEqual(['x-anthropic-billing-header']);
  });

  test('a tool that only the protocol’s vendor could run is refused by name', () => {
    const body = messages({
      messages: [user],
      tools: [...anthropicTools, { type: 'code_execution_20250825', name: 'code_execution' }],
    });
    expect(() => send('messages', body)).toThrow(/code_execution_20250825/);
    expect(
      send(
        'messages',
        messages({ messages: [user], tools: [{ ...anthropicTools[0], type: 'custom', defer_loading: true }] }),
      ).changed,
    ).toEqual([]);
  });

  test('tool references become text (F24)', () => {
    const result = { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'tool_reference', tool_name: 'Bash' }] };
    const { body } = send('messages', messages({ messages: [{ role: 'user', content: [result] }] }));
    expect((body.messages as { content: unknown }[])[0]!.content).toEqual([
      { ...result, content: [{ type: 'text', text: 'Bash' }] },
    ]);
  });

  test('an error result says so in words, and is listed', () => {
    const results = [
      { type: 'tool_result', tool_use_id: 'a', content: 'no', is_error: true },
      { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 'no' }], is_error: true },
      { type: 'tool_result', tool_use_id: 'c', content: 'fine', is_error: false },
    ];
    const { body, changed } = send('messages', messages({ messages: [{ role: 'user', content: results }] }));
    expect(changed).toEqual(['is_error']);
    expect(send('messages', messages({ messages: [{ role: 'user', content: [results[2]] }] })).changed).toEqual([]);
    const [a, b, c] = (body.messages as { content: JsonObject[] }[])[0]!.content;
    expect([a!.content, b!.content, c!.content]).toEqual(['Error: no', [{ type: 'text', text: 'Error: no' }], 'fine']);
  });

  test('thinking is on by default, so a forced tool turns it off', () => {
    for (const tool_choice of [{ type: 'any' }, { type: 'tool', name: 'f' }]) {
      expect(
        send('messages', messages({ messages: [user], tools: anthropicTools, tool_choice })).body.thinking,
      ).toEqual({ type: 'disabled' });
    }
  });

  test('a turn that lost its thinking turns thinking off (E02, E06)', () => {
    const with_ = { role: 'assistant', content: [thought, { type: 'text', text: 'a' }] };
    const without = { role: 'assistant', content: [{ type: 'text', text: 'a' }] };
    const ask = (...turns: unknown[]) =>
      send('messages', messages({ tools: anthropicTools, messages: [user, ...turns, user] }));
    expect(ask(with_).changed).toEqual([]);
    expect(ask(with_, without).body.thinking).toEqual({ type: 'disabled' });
    const called = { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] };
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'r' }] };
    const bare = send('messages', messages({ messages: [user, called, result] }));
    expect(bare.body.thinking).toEqual({ type: 'disabled' });
    expect(bare.changed).toEqual(['thinking']);
  });

  test('its own signatures are opaque and pass byte for byte (E07, E12)', () => {
    for (const signature of ['', UUID, 'whatever-comes-next']) {
      const turn = {
        role: 'assistant',
        content: [
          { ...thought, signature },
          { type: 'text', text: 'a' },
        ],
      };
      const body = messages({ tools: anthropicTools, messages: [user, turn, user] });
      expect(send('messages', body).text).toBe(JSON.stringify(body));
    }
  });

  test('encrypted, empty and other vendors’ reasoning is left out, never sent as text (E11)', () => {
    const foreign = [
      { type: 'redacted_thinking', data: 'x' },
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking', thinking: 'claude', signature: `E${'qY4h'.repeat(60)}` },
    ];
    const { text, body } = send(
      'messages',
      messages({
        tools: anthropicTools,
        messages: [user, { role: 'assistant', content: [...foreign, { type: 'text', text: 'a' }] }, user],
      }),
    );
    expect(text).not.toContain('claude');
    expect((body.messages as JsonObject[])[1]!.content).toEqual([{ type: 'text', text: 'a' }]);
    expect(body.thinking).toEqual({ type: 'disabled' });
  });

  test('a document in the newest message is refused, one further back is marked', () => {
    const document = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } };
    expect(() => send('messages', messages({ messages: [{ role: 'user', content: [document] }] }))).toThrow(/document/);
    const { body, changed } = send(
      'messages',
      messages({ messages: [{ role: 'user', content: [document] }, { role: 'assistant', content: 'a' }, user] }),
    );
    expect(JSON.stringify(body.messages)).toContain('Document omitted');
    expect(changed).toEqual(['document']);
  });
});

describe('OpenAI and Anthropic', () => {
  test('stop and, with tools, the effort are left out and listed', () => {
    const { body, changed } = send(
      'chat-completions',
      { model: 'gpt-5-4', messages: [user], stop: ['x'], reasoning_effort: 'high', tools, max_tokens: 5 },
      { model: 'gpt-5-4' },
    );
    expect(body).toEqual({ model: 'gpt-5.4', messages: [user], tools, max_completion_tokens: 5 });
    expect(changed.sort()).toEqual(['reasoning_effort', 'stop']);
  });

  test('thinking of another vendor’s make does not reach Anthropic', () => {
    const turn = {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 't', signature: UUID },
        { type: 'text', text: 'a' },
      ],
    };
    const { body, changed } = send(
      'messages',
      { model: 'claude-opus-4-8', max_tokens: 9, messages: [user, turn, user] },
      { model: 'claude-opus-4-8' },
    );
    expect((body.messages as JsonObject[])[1]!.content).toEqual([{ type: 'text', text: 'a' }]);
    expect(changed).toEqual(['thinking']);
  });

  describe('where reasoning is left out', () => {
    const own = { type: 'thinking', thinking: 'o', signature: `E${'qY4h'.repeat(60)}` };
    const foreign = { type: 'thinking', thinking: 't', signature: UUID };
    const unsigned = { type: 'thinking', thinking: 't', signature: '' };
    const text = (words: string) => ({ type: 'text', text: words });
    const call = { type: 'tool_use', id: 'a', name: 'f', input: {} };
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'r' }] };
    const turn = (...content: object[]) => ({ role: 'assistant', content });
    const ask = (model: string, messages: object[], more: JsonObject = {}, maxOutput = 0) =>
      send('messages', { model, max_tokens: 5000, messages, tools: anthropicTools, ...more }, { model, maxOutput });
    const enabled = { thinking: { type: 'enabled', budget_tokens: 2000 } };

    test('a turn of nothing else goes as a whole', () => {
      for (const nothing of [[foreign], [unsigned], [foreign, text('')], [text(''), unsigned, text('')]]) {
        const { body, changed } = ask('claude-opus-4-8', [user, turn(...nothing), user]);
        expect(body.messages).toEqual([user, user]);
        expect(changed).toEqual(['thinking']);
      }
    });

    test('texts of white space are none, in the system prompt too; of a result only the empty ones', () => {
      const blank = text(' \n');
      const marked = { ...text(''), cache_control: { type: 'ephemeral' } };
      const inResult = (...content: object[]) => ({ type: 'tool_result', tool_use_id: 'a', content });
      const results = (...content: object[]) => ({ role: 'user', content: content.map((each) => inResult(each)) });
      const { body, changed } = ask(
        'claude-opus-4-8',
        [
          user,
          turn(blank, call),
          { role: 'user', content: [inResult(blank, text('r'), text(''))] },
          { role: 'assistant', content: '' },
          turn(),
          { role: 'assistant', content: ' ' },
          turn(call),
          results(text('')),
        ],
        { system: [text('be'), blank, marked] },
      );
      expect(body.system).toEqual([text('be')]);
      expect(body.messages).toEqual([
        user,
        turn(call),
        { role: 'user', content: [inResult(blank, text('r'))] },
        turn(call),
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a' }] },
      ]);
      expect(changed).toEqual(['cache_control']);
      expect(ask('claude-opus-4-8', [user], { system: [blank] }).body.system).toBeUndefined();
    });

    test('a turn never ends in the thinking that stood before a text that goes', () => {
      const redacted = { type: 'redacted_thinking', data: 'x' };
      for (const before of [redacted, own]) {
        const { body, changed } = ask('claude-haiku-4-5', [user, turn(before, text('')), user]);
        expect([body.messages, changed]).toEqual([[user, user], ['thinking']]);
      }
    });

    test('a turn of empty texts goes as a whole, but for the user’s, and says nothing of it', () => {
      const empty = [text(''), text('')];
      const messages = [user, turn(...empty), { role: 'user', content: empty }];
      const { body, changed } = ask('claude-opus-4-8', messages);
      expect(body.messages).toEqual([user, messages[2]!]);
      expect(changed).toEqual([]);
    });

    test('a budget goes with the thinking of the call that is being answered', () => {
      const clear = {
        context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }, { type: 'x' }] },
      };
      for (const model of ['claude-haiku-4-5', 'claude-sonnet-4-6']) {
        const { body, changed } = ask(model, [user, turn(foreign, text(''), call), result], { ...enabled, ...clear });
        expect((body.messages as JsonObject[])[1]!.content).toEqual([call]);
        expect(body.thinking).toEqual({ type: 'disabled' });
        expect(body.context_management).toEqual({ edits: [{ type: 'x' }] });
        expect(changed).toEqual(['thinking', 'context_management']);
      }
      const nothingAfter = ask('claude-haiku-4-5', [user, turn(unsigned, call), result, turn(foreign)], enabled);
      expect(nothingAfter.body.thinking).toEqual({ type: 'disabled' });
    });

    test('thinking stays on where the turn still begins with its own, or no call is being answered', () => {
      for (const messages of [
        [user, turn(own, foreign, call), result],
        [user, turn(foreign, call), result, turn(text('b')), user],
        [user, turn(foreign, call), result, { role: 'assistant', content: 'b' }, user],
      ]) {
        expect(ask('claude-haiku-4-5', messages, enabled).body.thinking).toEqual(enabled.thinking);
      }
    });

    test('a model that doses its thinking itself thinks on; one that has to be given a budget does not', () => {
      const messages = [user, turn(foreign, call), result];
      const adaptive = { thinking: { type: 'adaptive' } };
      expect(ask('claude-opus-4-8', messages, enabled).body.thinking).toEqual({ type: 'adaptive' });
      expect(ask('claude-sonnet-4-6', messages, adaptive).body.thinking).toEqual({ type: 'adaptive' });
      expect(ask('claude-haiku-4-5', messages, adaptive, 5000).body.thinking).toEqual({ type: 'disabled' });
    });
  });

  test('its own thinking passes byte for byte (E17)', () => {
    const turn = {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 't', signature: `E${'qY4h'.repeat(60)}` },
        { type: 'text', text: 'a' },
      ],
    };
    const body = {
      model: 'claude-opus-4-8',
      max_tokens: 9,
      messages: [user, turn, user],
      context_management: { edits: [] },
    };
    expect(send('messages', body, { model: 'claude-opus-4-8' }).text).toBe(JSON.stringify(body));
  });
});

test('an effort goes where the model knows none, and is listed', () => {
  const body = (model: string, effort: string) => ({
    model,
    max_tokens: 9,
    messages: [user],
    output_config: { effort, format: { type: 'json_schema', schema: {} } },
  });
  for (const effort of ['low', 'medium', 'high', 'xhigh', 'max']) {
    const haiku = send('messages', body('claude-haiku-4-5', effort), { model: 'claude-haiku-4-5' });
    expect(haiku.body.output_config).toEqual({ format: { type: 'json_schema', schema: {} } });
    expect(haiku.changed).toEqual(['output_config.effort']);
  }
  const opus = send('messages', body('claude-opus-4-8', 'high'), { model: 'claude-opus-4-8' });
  expect(opus.body.output_config).toMatchObject({ effort: 'high' });
});

describe('an answer to go on from at Anthropic', () => {
  const ask = (model: string, ...more: JsonObject[]) =>
    send('messages', { model, max_tokens: 9, messages: [user, ...more] }, { model });
  const assistant = (content: unknown) => ({ role: 'assistant', content });
  const models = ['claude-opus-4-8', 'claude-sonnet-4-6'];

  test.each([['{'], [[{ type: 'text', text: '{' }]]])('is refused: %j', (content) => {
    for (const model of models) {
      try {
        ask(model, assistant(content));
        expect.unreachable();
      } catch (error) {
        const { code, message, details } = error as GatewayError;
        expect([code, details.param]).toEqual(['unsupported_feature', 'messages[1]']);
        // Agents look for these words.
        expect(message).toStartWith('This model does not support assistant message prefill.');
      }
    }
    expect(ask('claude-haiku-4-5', assistant(content)).body.messages).toEqual([user, assistant(content)]);
  });

  test('is not what ends with a call, or says nothing', () => {
    for (const type of ['tool_use', 'server_tool_use']) {
      const call = assistant([
        { type: 'text', text: 'x' },
        { type, id: 't', name: 'f', input: {} },
      ]);
      for (const model of models) expect(ask(model, call).body.messages).toEqual([user, call]);
    }
    for (const nothing of ['', [], [{ type: 'text', text: '' }], [{ type: 'text', text: ' ' }]]) {
      for (const model of models) expect(ask(model, assistant(nothing))).toMatchObject({ body: { messages: [user] } });
    }
  });
});

describe('a thinking budget at Anthropic', () => {
  const ask = (max_tokens: number | undefined, budget_tokens: unknown, maxOutput: number, model = 'claude-haiku-4-5') =>
    send(
      'messages',
      { model, ...(max_tokens && { max_tokens }), messages: [user], thinking: { type: 'enabled', budget_tokens } },
      { model, maxOutput },
    );

  test('that the lowered output limit no longer holds is lowered with it, and listed', () => {
    const { text, changed } = ask(8000, 7000, 5994);
    expect(text).toContain('"thinking":{"type":"enabled","budget_tokens":4970}');
    expect(changed).toEqual(['thinking.budget_tokens']);
    expect(ask(20_000, 8192, 8192, 'claude-sonnet-4-6').body.thinking).toMatchObject({ budget_tokens: 7168 });
    expect(ask(2000, 1900, 1025).body.thinking).toMatchObject({ budget_tokens: 1024 });
  });

  test('goes, and thinking with it, where the limit leaves no room for the least one', () => {
    const { body, changed } = ask(8000, 7000, 1024);
    expect(body.thinking).toEqual({ type: 'disabled' });
    expect(changed).toEqual(['thinking']);
  });

  test('goes with what clears earlier thinking, which is refused without any', () => {
    const { body, changed } = send(
      'messages',
      {
        model: 'claude-sonnet-4-6',
        max_tokens: 8000,
        messages: [user],
        thinking: { type: 'enabled', budget_tokens: 7000 },
        context_management: { edits: [{ type: 'clear_thinking_20251015' }] },
      },
      { model: 'claude-sonnet-4-6', maxOutput: 1024 },
    );
    expect(body).toMatchObject({ thinking: { type: 'disabled' }, context_management: { edits: [] } });
    expect(changed).toEqual(['thinking', 'context_management']);
  });

  test('that fits, or that its own limit never held, stays as it is', () => {
    for (const [max, budget, limit] of [
      [8000, 5993, 5994],
      [8000, 8000, 5994],
      [5000, 7000, 5000],
      [undefined, 9000, 8192],
      [8000, 'many', 5994],
    ] as const) {
      const { body, changed } = ask(max, budget, limit);
      expect(body.thinking).toEqual({ type: 'enabled', budget_tokens: budget });
      expect(changed).toEqual([]);
    }
  });
});

describe('what Gemini and OpenAI refuse of other models’ calls', () => {
  const call = (id: string, more: object = {}) => ({
    id,
    type: 'function',
    function: { name: 'f', arguments: '{}' },
    ...more,
  });
  const turn = (...calls: object[]) => ({ role: 'assistant', content: '', tool_calls: calls });
  const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'x' });

  test('empty lists of tools and calls are left out (F19)', () => {
    for (const model of ['gpt-5-4', 'gpt-5-4-mini']) {
      const messages = [user, { ...turn(), content: 'a' }, user];
      const unused = { tools: [], tool_choice: 'auto', parallel_tool_calls: true };
      const { body, changed } = send('chat-completions', { model, messages, ...unused }, { model });
      const left = [user, { role: 'assistant', content: 'a' }, user];
      expect([body, changed]).toEqual([{ model: body.model!, messages: left }, []]);
    }
  });

  test('what Gemini signed a call with goes to no other vendor, and is listed', () => {
    const signed = call('a', { extra_content: { google: { thought_signature: 'TS' }, own: 1 } });
    const only = call('b', { extra_content: { google: { thought_signature: 'TS' } } });
    const messages = [user, turn(signed, only), result('a'), result('b')];
    for (const model of ['gpt-5-4', 'deepseek-v4-pro']) {
      const { body, changed } = send('chat-completions', { model, messages, reasoning_effort: 'none' }, { model });
      const calls = (body.messages as JsonObject[])[1]!.tool_calls;
      expect(calls).toEqual([call('a', { extra_content: { own: 1 } }), call('b')]);
      expect(changed).toContain('extra_content');
    }
    const gemini = send('chat-completions', { model: 'gemini-3-1-pro', messages }, { model: 'gemini-3-1-pro' });
    expect(gemini.body.messages).toEqual(messages);
  });

  test('a turn’s first call says that Gemini did not sign it; a signed turn stays as it is', () => {
    const signed = call('b', { extra_content: { google: { thought_signature: 'TS' } } });
    const messages = [user, turn(call('a'), call('a2')), result('a'), result('a2'), turn(signed), result('b')];
    const { body, changed } = send('chat-completions', chat({ messages }), { model: 'gemini-3-1-pro' });
    const unsigned = { google: { thought_signature: 'skip_thought_signature_validator' } };
    expect(body.messages).toEqual([
      user,
      turn(call('a', { extra_content: unsigned }), call('a2')),
      ...messages.slice(2),
    ]);
    expect(changed).toEqual(['thought_signature']);
  });

  test('reasoning of earlier turns is left out and listed (E11)', () => {
    const assistant = { role: 'assistant', content: 'a' };
    const messages = [
      user,
      { ...assistant, reasoning_content: 'r' },
      { ...assistant, reasoning: 'r' },
      { ...assistant, reasoning_content: null, reasoning: '' },
      user,
    ];
    for (const model of ['gpt-5-4', 'gpt-5-4-mini', 'gemini-3-1-pro']) {
      const { body, changed } = send('chat-completions', chat({ messages }), { model });
      expect(body.messages).toEqual([user, assistant, assistant, assistant, user]);
      expect(changed).toEqual(['reasoning_content', 'reasoning']);
      expect(send('chat-completions', chat({ messages: [user, messages[3]!] }), { model }).changed).toEqual([]);
    }
  });

  test('ids over 40 characters are shortened alike for call and result', () => {
    const id = `chatcmpl-tool-${'0'.repeat(32)}`;
    const { body, changed } = send(
      'chat-completions',
      chat({ messages: [user, turn(call(id), call('short')), result(id), result('short')] }),
      { model: 'gpt-5-4' },
    );
    const messages = body.messages as { tool_calls?: { id: string }[]; tool_call_id?: string }[];
    const short = messages[2]?.tool_call_id;
    expect(short).toHaveLength(40);
    expect(messages[1]?.tool_calls?.map((each) => each.id)).toEqual([short!, 'short']);
    expect(messages[3]?.tool_call_id).toBe('short');
    expect(changed).toEqual(['tool_call_id']);
  });

  test('a level of effort that the model does not know becomes the nearest that it does', () => {
    const effort = (model: string, level: string) =>
      send('chat-completions', chat({ messages: [user], reasoning_effort: level }), { model });
    expect(effort('gemini-3-1-pro', 'max').body.reasoning_effort).toBe('high');
    expect(effort('gemini-3-1-pro', 'none').body).not.toHaveProperty('reasoning_effort');
    expect(effort('gpt-5-4', 'minimal').body.reasoning_effort).toBe('low');
    expect(effort('gpt-5-4', 'xhigh').changed).toEqual([]);
    const { body, changed } = send(
      'messages',
      chat({ messages: [user], output_config: { effort: 'xhigh', format: null } }),
      { model: 'claude-sonnet-4-6' },
    );
    expect(body.output_config).toEqual({ effort: 'high', format: null });
    expect(changed).toEqual(['output_config.effort']);
  });
});
