import { describe, expect, test } from 'bun:test';
import { chat, send, tools, user } from '../../../tests/support/express-sent.ts';
import type { JsonObject } from '../../protocols/json.ts';

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

  test('what a file says is a paragraph of its own in the text that it becomes part of', () => {
    const text = (text: string) => ({ type: 'text', text });
    const file = (text: string) => ({ type: 'file', file: { file_data: `data:text/plain;base64,${btoa(text)}` } });
    const joined = (role: string, ...content: object[]) =>
      (send('chat-completions', chat({ messages: [{ role, content }] })).body.messages as JsonObject[])[0]!.content;
    for (const role of ['system', 'assistant', 'tool']) {
      expect(joined(role, text('A.'), file('FILE'))).toBe('A.\n\nFILE');
      expect(joined(role, file('1'), file('2'), text(''), text('B'), text('C'))).toBe('1\n\n2\n\nBC');
    }
  });

  test('reasoning in a part is never joined as text, and is listed', () => {
    for (const type of ['reasoning', 'thinking']) {
      const parts = [
        { type, text: 'Hm' },
        { type: 'text', text: 'a' },
        { type: 'output_text', text: 'b' },
        { type: 'input_text', text: 'c' },
        { type: 'refusal', refusal: 'd' },
      ];
      const { body, changed } = send('chat-completions', chat({ messages: [{ role: 'assistant', content: parts }] }));
      expect((body.messages as JsonObject[])[0]!.content).toBe('abcd');
      expect(changed).toEqual([type]);
    }
  });

  test('what parts carry besides the text that is joined is listed', () => {
    const cache_control = { type: 'ephemeral' };
    for (const role of ['system', 'developer', 'assistant', 'tool']) {
      const content = [
        { type: 'text', text: 'a', cache_control },
        { type: 'text', text: 'b', zz: 1, none: null },
        { type: 'refusal', refusal: 'c', text: 'd' },
      ];
      const { body, changed } = send('chat-completions', chat({ messages: [{ role, content }] }));
      expect((body.messages as JsonObject[])[0]!.content).toBe('abc');
      expect(changed).toEqual(['cache_control', 'zz', 'text']);
    }
    const plain = [{ type: 'text', text: 'a', cache_control: null }];
    expect(send('chat-completions', chat({ messages: [{ role: 'system', content: plain }] })).changed).toEqual([]);
    // A name that only the client has may be anything: no log has it.
    const notes = send('chat-completions', chat({ messages: [{ role: 'tool', content: [{ ...plain[0], zz: 1 }] }] }));
    expect(notes.loggable).toEqual(['+1']);
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

  test('a file that is text goes as text, and the name that it loses is listed', () => {
    const file = {
      filename: 'a.md',
      file_data: `data:text/markdown;base64,${Buffer.from('Grüße').toString('base64')}`,
    };
    const content = [{ type: 'file', file }];
    const { body, changed } = send(
      'chat-completions',
      chat({ messages: ['tool', 'user'].map((role) => ({ role, content })) }),
    );
    expect(body.messages).toEqual([
      { role: 'tool', content: 'Grüße' },
      { role: 'user', content: [{ type: 'text', text: 'Grüße' }] },
    ]);
    expect(changed).toEqual(['filename']);
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
      { role: 'assistant', content: 'd' },
    ];
    const { body } = send('chat-completions', chat({ messages, tools }));
    expect((body.messages as JsonObject[]).map((message) => message.reasoning_content)).toEqual([
      undefined,
      '',
      'r',
      'kept',
      '',
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
    expect(() => send('chat-completions', strict)).toThrow(/Leave `strict` out .* tool/);
  });

  test('a JSON schema that is none is refused by name, what else is lost of it is listed', () => {
    const ask = (response_format: JsonObject) => send('chat-completions', chat({ messages: [user], response_format }));
    const type = 'json_schema';
    const schema = { type: 'object' };
    for (const [format, field] of [
      [{ type, name: 'n', strict: true, schema }, 'schema'],
      [{ type, json_schema: schema }, 'schema'],
      [{ type }, 'schema'],
      [{ type, json_schema: null }, 'schema'],
      [{ type, json_schema: 'x' }, 'schema'],
      [{ type, json_schema: {} }, 'schema'],
      [{ type, json_schema: { name: 'n', schema: '{}' } }, 'schema'],
      [{ type, json_schema: { name: 'n', schema: [] } }, 'schema'],
      [{ type, json_schema: { name: 'n', schema: true } }, 'schema'],
      [{ type, json_schema: { name: 5, schema } }, 'name'],
      [{ type, json_schema: { name: 'n', schema, description: {} } }, 'description'],
      [{ type, json_schema: { name: 'n', schema, strict: 'yes' } }, 'strict'],
    ] as const) {
      const refused = expect(() => ask(format));
      refused.toThrow(`\`response_format.json_schema.${field}\` `);
      refused.toThrow(expect.objectContaining({ code: 'invalid_param' }));
    }
    const lost = ask({ type, json_schema: { name: 'n', schema, zz: 1 }, yy: 1 });
    expect(lost.changed).toEqual(['response_format.yy', 'response_format.json_schema.zz']);
    // Whatever else it may be is the upstream's to judge.
    expect(ask({ type: 'grammar', schema: 5 }).body.response_format).toEqual({ type: 'grammar', schema: 5 });
  });

  test('more than one answer cannot be had', () => {
    expect(() => send('chat-completions', chat({ messages: [user], n: 2 }))).toThrow(/`n`/);
    expect(send('chat-completions', chat({ messages: [user], n: 1 })).body.n).toBe(1);
  });
});
