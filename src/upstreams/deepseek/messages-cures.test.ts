import { describe, expect, test } from 'bun:test';
import { cpuMs } from '../../../tests/support/cpu-time.ts';
import { anthropicTools, send, UUID, user } from '../../../tests/support/express-sent.ts';
import type { JsonObject } from '../../protocols/json.ts';

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

  test('what says so stands at the start of the result, whatever that is', () => {
    const text = { type: 'text', text: 'no' };
    const prefix = { type: 'text', text: 'Error: ' };
    const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'd' } };
    const image = { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } };
    for (const [content, sent] of [
      [
        [image, text],
        [prefix, image, text],
      ],
      [
        [{ type: 'tool_reference', tool_name: 'f' }, text],
        [prefix, { type: 'text', text: 'f' }, text],
      ],
      [
        [document, text],
        [prefix, { type: 'text', text: 'd' }, text],
      ],
      [
        [text, image],
        [{ type: 'text', text: 'Error: no' }, image],
      ],
      [[image], [prefix, image]],
      [[], [prefix]],
    ]) {
      const result = { type: 'tool_result', tool_use_id: 'a', content, is_error: true };
      const { body } = send('messages', messages({ messages: [{ role: 'user', content: [result] }] }));
      expect(body.messages).toEqual([{ role: 'user', content: [{ ...result, content: sent }] }]);
    }
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

  test('a document that is text goes as text, wherever it stands; what is lost of it is listed', () => {
    const texts = ['a', 'b'].map((text) => ({ type: 'text', text }));
    const cache_control = { type: 'ephemeral' };
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
    const citations = { enabled: true };
    const plain = { type: 'text', media_type: 'text/plain', data: 'a' };
    for (const [block, sent, listed] of [
      [{ type: 'document', source: plain }, { text: 'a' }, []],
      [{ type: 'document', source: plain, citations: { enabled: false }, title: null }, { text: 'a' }, []],
      [{ type: 'document', source: plain, title: 't', citations }, { text: 'a' }, ['title', 'citations']],
      [{ type: 'document', source: plain, context: 'c', cache_control }, { text: 'a', cache_control }, ['context']],
      [{ type: 'document', source: { ...plain, zz: 1 } }, { text: 'a' }, ['zz']],
      [{ type: 'document', source: { type: 'content', content: 'a' } }, { text: 'a' }, []],
      [{ type: 'document', source: { type: 'content', content: texts } }, { text: 'a\n\nb' }, []],
      [
        { type: 'document', source: { type: 'content', content: [{ ...texts[0], cache_control }, image] } },
        { text: 'a\n\n[Image omitted: this model does not read images.]' },
        ['cache_control', 'image'],
      ],
      [{ type: 'search_result', source: 's', title: 't', content: texts }, { text: 'a\n\nb' }, ['title', 'source']],
    ] as [JsonObject, JsonObject, string[]][]) {
      const text = { type: 'text', ...sent };
      for (const within of [
        (content: JsonObject) => [{ role: 'user', content: [content] }],
        (content: JsonObject) => [{ role: 'user', content: [content] }, { role: 'assistant', content: 'a' }, user],
        (content: JsonObject) => [
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [content] }] },
        ],
      ]) {
        const { body, changed } = send('messages', messages({ messages: within(block) }));
        expect(body.messages).toEqual(within(text));
        expect(changed).toEqual(listed);
      }
    }
    // With nothing to say it is one that cannot be read.
    const empty = { type: 'search_result', source: 's', title: 't', content: [] };
    expect(() => send('messages', messages({ messages: [{ role: 'user', content: [empty] }] }))).toThrow(
      /search_result/,
    );
  });

  test('thousands of system messages in front of as many results cost what as many others cost', () => {
    const count = 20_000;
    const call = (id: string) => ({ type: 'tool_use', id, name: 'f', input: {} });
    const calls = { role: 'assistant', content: [thought, ...Array.from({ length: count }, (_, i) => call(`c${i}`))] };
    const system = Array.from({ length: count }, (_, i) => ({ role: 'system', content: `s${i}` }));
    const result = (id: string) => ({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: id, content: 'r' }],
    });
    const results = Array.from({ length: count }, (_, i) => result(`c${i}`));
    const at = cpuMs();
    const { body } = send('messages', messages({ messages: [user, calls, ...system, ...results] }));
    expect(cpuMs() - at).toBeLessThan(8_000);
    const sent = body.messages as JsonObject[];
    expect(sent).toHaveLength(2 + 2 * count);
    expect(sent.slice(2, 2 + count)).toEqual(results);
    expect(sent.at(-1)).toEqual({ role: 'user', content: [{ type: 'text', text: `<system>s${count - 1}</system>` }] });
  });

  test('a call that a result known there answers stays beside one that ran elsewhere', () => {
    const used = (id: string) => ({ type: 'server_tool_use', id, name: 'x', input: {} });
    const result = (type: string, tool_use_id: string) => ({ type, tool_use_id, content: [] });
    const [searched, found] = [used('a'), result('web_search_tool_result', 'a')];
    const content = [thought, searched, found, used('b'), result('code_execution_tool_result', 'b')];
    const { body } = send('messages', messages({ messages: [user, { role: 'assistant', content }, user] }));
    expect((body.messages as JsonObject[])[1]).toEqual({ role: 'assistant', content: [thought, searched, found] });
  });

  test('thousands of calls that ran elsewhere are told apart at the cost of as many others', () => {
    const count = 30_000;
    const used = Array.from({ length: count }, (_, i) => ({
      type: 'server_tool_use',
      id: `s${i}`,
      name: 'x',
      input: {},
    }));
    const ran = { type: 'code_execution_tool_result', tool_use_id: `s${count - 1}`, content: [] };
    const turn = { role: 'assistant', content: [thought, ...used, ran] };
    const at = cpuMs();
    const { body } = send('messages', messages({ messages: [user, turn, user] }));
    expect(cpuMs() - at).toBeLessThan(3_000);
    expect((body.messages as JsonObject[])[1]).toEqual({ role: 'assistant', content: [thought, ...used.slice(0, -1)] });
  });

  test('hundreds of thousands of blocks far down cost what they cost at the top', () => {
    const texts = Array.from({ length: 200_000 }, () => ({ type: 'text', text: '' }));
    let content: JsonObject[] = texts;
    for (let i = 0; i < 90; i++) content = [{ type: 'tool_result', tool_use_id: 'a', content }];
    const body = messages({ messages: [user, { role: 'assistant', content: 'a' }, { role: 'user', content }, user] });
    const before = process.memoryUsage().rss;
    const at = cpuMs();
    expect(send('messages', body).body.messages).toEqual(body.messages);
    expect(cpuMs() - at).toBeLessThan(8_000);
    // The ways to all of them would take 300 MB, three times over.
    expect(process.memoryUsage().rss - before).toBeLessThan(500 * 2 ** 20);
  });
});
