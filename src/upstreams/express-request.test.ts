import { describe, expect, test } from 'bun:test';
import { chat, send, tools, user } from '../../tests/support/express-sent.ts';

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

  test('have no stream options where the upstream refuses them, streamed or not', () => {
    for (const stream of [true, false]) {
      const asked = chat({ messages: [user], stream, max_tokens: 5, stream_options: { include_usage: true } });
      const { body, changed } = send('chat-completions', asked, { refuses: ['stream_options'] });
      expect(body).toEqual(chat({ messages: [user], stream, max_tokens: 5 }));
      expect(changed).toEqual(['stream_options']);
    }
    const silent = chat({ messages: [user], stream: true, max_tokens: 5 });
    const { body, changed } = send('chat-completions', silent, { refuses: ['stream_options'] });
    expect([body, changed]).toEqual([silent, []]);
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
