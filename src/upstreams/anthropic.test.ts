import { describe, expect, test } from 'bun:test';
import { anthropicTools, send, tools, UUID, user } from '../../tests/support/express-sent.ts';
import type { GatewayError } from '../errors/catalogue.ts';
import type { JsonObject } from '../protocols/json.ts';

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
    const alone = { ...body('claude-haiku-4-5', effort), output_config: { effort } };
    expect(send('messages', alone, { model: 'claude-haiku-4-5' }).body.output_config).toBeUndefined();
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
