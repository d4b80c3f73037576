import { describe, expect, test } from 'bun:test';
import { chat, send, user } from '../../tests/support/express-sent.ts';
import type { JsonObject } from '../protocols/json.ts';

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

  test('arguments that are no JSON object become one for Gemini, and stay as another model wrote them elsewhere', () => {
    const broken = (id: string, args: string) => call(id, { function: { name: 'f', arguments: args } });
    const calls = (args: (text: string, fit: string) => string) =>
      turn(
        broken('a', args('{path:i.png}', '{"_raw":"{path:i.png}"}')),
        broken('b', args('{"a": 1', '{"_raw":"{\\"a\\": 1"}')),
        broken('c', ' {"a": 1.0}'),
        broken('d', args('', '{}')),
      );
    const results = ['a', 'b', 'c', 'd'].map(result);
    const messages = [user, calls((text) => text), ...results];
    const gemini = send('chat-completions', { model: 'gemini-3-1-pro', messages }, { model: 'gemini-3-1-pro' });
    const fit = (gemini.body.messages as JsonObject[])[1]!.tool_calls;
    expect(fit).toMatchObject(calls((_, fit) => fit).tool_calls);
    expect(gemini.changed).toContain('arguments');
    for (const model of ['gpt-5-4', 'deepseek-v4-pro']) {
      const { body, changed } = send('chat-completions', { model, messages, reasoning_effort: 'none' }, { model });
      expect((body.messages as JsonObject[])[1]!.tool_calls).toEqual(calls((text) => text).tool_calls);
      expect(changed).not.toContain('arguments');
    }
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

  test('so are the parts of content that Mistral puts it into', () => {
    const thought = { type: 'thinking', thinking: [{ type: 'text', text: 'r' }], closed: true };
    const text = { type: 'text', text: 'a' };
    const calls = [call('c')];
    const messages = [
      user,
      { role: 'assistant', content: [thought, text, thought] },
      { role: 'assistant', content: [thought], tool_calls: calls },
      result('c'),
      { role: 'assistant', content: [thought] },
      user,
    ];
    for (const model of ['gpt-5-4', 'gemini-3-1-pro']) {
      const { body, changed } = send('chat-completions', chat({ messages }), { model });
      expect((body.messages as JsonObject[]).map(({ content }) => content)).toEqual([
        user.content,
        [text],
        '',
        'x',
        '',
        user.content,
      ]);
      expect(changed).toContain('thinking');
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
