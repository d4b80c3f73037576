import { describe, expect, test } from 'bun:test';
import { InProcessReasoningMemory } from '../in-process-reasoning-memory.ts';
import { isObject } from '../json.ts';
import {
  args,
  begin,
  blockStart,
  call,
  callsOf,
  choices,
  chunk,
  delta,
  failureOf,
  finish,
  input,
  joined,
  messageStop,
  role,
  start,
  stop,
  stopReason,
  text,
  textDelta,
  toChat,
  toMessages,
  types,
  usage,
} from './frames.ts';
import { chatFrames, messagesFrames, translateAnswer, translateStream } from './harness.ts';

/*
 * Faults that gateways have shipped, by their ids in the project's list of known translation faults: what a stream of one
 * protocol became in the other. Every good stream is also held to the invariants.
 */
describe('A: blocks and indexes for a Messages client', () => {
  const thinking = [role, chunk({ reasoning_content: 'Hm' }), chunk({ content: 'Hi' }), chunk({}, 'stop', { usage })];

  test('A01, A02 thinking stands in a thinking block, and message_start comes once', () => {
    const events = toMessages(...thinking);
    expect(types(events).filter((type) => type === 'message_start')).toHaveLength(1);
    expect(types(events).filter((type) => String(type).startsWith('+'))).toEqual(['+thinking', '+text']);
    expect(joined(events, 'thinking')).toBe('Hm');
    expect(joined(events, 'text')).toBe('Hi');
  });
  test('A03 the chunk that opens a block keeps what it brings', () => {
    expect(joined(toMessages(role, begin(0, 'a', '{"x":1}'), chunk({}, 'tool_calls')), 'partial_json')).toBe('{"x":1}');
    const both = toMessages(
      role,
      chunk({ reasoning_content: 'Hm' }),
      chunk({ reasoning_content: '!', content: 'Hi' }),
      chunk({}, 'stop'),
    );
    expect(joined(both, 'thinking') + joined(both, 'text')).toBe('Hm!Hi');
  });
  test('E03, B15 reasoning is read under the name that has a text, streamed and not', () => {
    const said = { reasoning_content: { parts: [] }, reasoning: 'Hm' };
    expect(joined(toMessages(role, chunk(said), chunk({ content: 'Hi' }, 'stop')), 'thinking')).toBe('Hm');
    const whole = { choices: [{ message: { ...said, content: 'Hi' }, finish_reason: 'stop' }] };
    expect(translateAnswer('chat-completions', JSON.stringify(whole)).parsed.content).toMatchObject([
      { type: 'thinking', thinking: 'Hm' },
      { type: 'text', text: 'Hi' },
    ]);
  });
  test('B13 a choice whose index is null is the first, streamed and not', () => {
    const first = { index: null, finish_reason: 'stop' };
    const { stream, text } = translateStream('chat-completions', [
      chatFrames([{ choices: [{ ...first, delta: { content: 'Hi' } }] }]),
    ]);
    expect([stream.state, text.includes('"Hi"')]).toEqual(['complete', true]);
    const whole = {
      choices: [
        { index: 1, message: {} },
        { ...first, message: { content: 'Hi' } },
      ],
    };
    expect(translateAnswer('chat-completions', JSON.stringify(whole)).parsed.content).toMatchObject([{ text: 'Hi' }]);
  });
  test('F29 input that goes on after its end is kept whole, and never left out in silence', () => {
    const two = '{"x":1}{"y":2}';
    const kept = JSON.stringify({ x: 1, _raw: two });
    expect(joined(toMessages(role, begin(0, 'a', two), chunk({}, 'tool_calls')), 'partial_json')).toBe(kept);
    const call = { id: 'a', type: 'function', function: { name: 'run', arguments: two } };
    const whole = { choices: [{ message: { tool_calls: [call] }, finish_reason: 'tool_calls' }] };
    expect(translateAnswer('chat-completions', JSON.stringify(whole)).parsed.content).toMatchObject([
      { type: 'tool_use', input: JSON.parse(kept) },
    ]);
    // Where the object has left whole there is no place for the rest.
    for (const between of [[], [begin(1, 'b', '{}')]]) {
      const chunks = [role, begin(0, 'a', '{}'), ...between, args(0, '{"x":1}'), chunk({}, 'tool_calls')];
      const { text, stream } = translateStream('chat-completions', [chatFrames(chunks)]);
      expect(stream.failure?.message).toBe('The upstream sent tool input that goes on after its end.');
      expect(text).not.toContain('message_stop');
    }
  });
  test('A04, A05, A08, A12 two calls: no delta before its start, one stop each, indexes of their own', () => {
    const events = toMessages(begin(0, 'a', '{}'), begin(1, 'b', '{}'), chunk({}, 'tool_calls'));
    expect(events.filter((event) => event.type === 'content_block_stop').map((event) => event.index)).toEqual([0, 1]);
  });
  test('A06, C03, C04, C05 no empty text block in front of a call, and the reason is tool_use', () => {
    const events = toMessages(role, chunk({ content: '' }), begin(0, 'a', '{}'), chunk({ content: null }, 'stop'));
    expect(types(events)).not.toContain('+text');
    expect(stopReason(events)).toBe('tool_use');
    const afterText = toMessages(role, chunk({ content: 'Hi' }), begin(0, 'a', '{}'), chunk({}, 'stop'));
    expect(stopReason(afterText)).toBe('tool_use');
  });
  test('A07 reasoning without any text is a thinking block', () => {
    const events = toMessages(role, chunk({ reasoning_content: 'Hm' }), chunk({}, 'length'));
    expect(types(events)).toContain('+thinking');
    expect(stopReason(events)).toBe('max_tokens');
  });
  test('A09 cut short: the block is closed before the end', () => {
    for (const open of [
      begin(0, 'a', '{"x":"so lo'),
      chunk({ content: 'so lo' }),
      chunk({ reasoning_content: 'so' }),
    ]) {
      const events = toMessages(role, open, chunk({}, 'length'));
      expect(types(events).slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
    }
  });
  test('A10 empty content between arguments changes nothing', () => {
    const events = toMessages(
      role,
      begin(0, 'a'),
      args(0, '{"x"'),
      chunk({ content: '' }),
      chunk({ content: null }),
      args(0, ':1}'),
      chunk({}, 'tool_calls'),
    );
    expect(types(events).filter((type) => String(type).startsWith('+'))).toEqual(['+tool_use']);
    expect(joined(events, 'partial_json')).toBe('{"x":1}');
  });
  test('A10 white space in front of arguments is theirs, in however many pieces it comes', () => {
    const call = blockStart(0, { type: 'tool_use', id: 'a', name: 'f', input: {} });
    const pieces = [' ', '\n\t', ' {"x":1}', ' '].map((piece) => input(0, piece));
    const said = JSON.stringify(toChat(start, call, ...pieces, stop(0), finish('tool_use'), messageStop));
    const told = said.matchAll(/"arguments":("(?:[^"\\]|\\.)*")/g);
    expect([...told].map(([, piece]) => JSON.parse(piece!))).toEqual(['', ' \n\t {"x":1}', ' ']);
  });
  test('A11, A13 calls told apart by index and id, with gaps, twice the same index, none', () => {
    const gaps = toMessages(role, begin(3, 'a', '{"x":1}'), begin(7, 'b', '{"y":2}'), chunk({}, 'tool_calls'));
    const reused = toMessages(role, begin(0, 'a', '{"x":1}'), begin(0, 'b', '{"y":2}'), chunk({}, 'tool_calls'));
    const none = (id: string, text: string) =>
      chunk({ tool_calls: [{ id, type: 'function', function: { name: 'run', arguments: text } }] });
    const without = toMessages(role, none('a', '{"x":1}'), none('b', '{"y":2}'), chunk({}, 'tool_calls'));
    // The new id may come before the name that it is of.
    const idFirst = toMessages(
      role,
      begin(0, 'a', '{"x":1}'),
      chunk({ tool_calls: [{ index: 0, id: 'b', type: 'function', function: { arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { name: 'run', arguments: '{"y":2}' } }] }),
      chunk({}, 'tool_calls'),
    );
    for (const events of [gaps, reused, without, idFirst]) {
      expect(events.flatMap((event) => (isObject(event.content_block) ? [event.content_block.id] : []))).toEqual([
        'a',
        'b',
      ]);
      expect(joined(events, 'partial_json')).toBe('{"x":1}{"y":2}');
    }
  });
  test('A14 a second message_start is an error, never two answers in one', () => {
    const answer = [start, blockStart(0, text), textDelta(0, 'x'), stop(0), finish('end_turn')];
    expect(failureOf('messages', messagesFrames([...answer, ...answer, messageStop]))?.message).toContain(
      'a second message_start',
    );
  });
  test('A16 message_start has usage', () => {
    expect((toMessages(...thinking)[0]!.message as { usage: object }).usage).toMatchObject({
      input_tokens: 77,
      output_tokens: 0,
    });
  });
  test('A17 every kind of block is read', async () => {
    const frames = [
      start,
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm' }),
      stop(0),
      blockStart(1, { type: 'redacted_thinking', data: 'x' }),
      stop(1),
      blockStart(2, call('a')),
      input(2, '{}'),
      stop(2),
      finish('tool_use'),
      messageStop,
    ];
    const events = toChat(...frames);
    expect(callsOf(events)).toHaveLength(2);
    expect(choices(events).some((choice) => choice.delta.reasoning_content === 'Hm')).toBe(true);
    // What has no place in a chunk waits for the client's next request.
    const memory = new InProcessReasoningMemory();
    translateStream('messages', [messagesFrames(frames)]).collector.remember(memory, 'key', 'anthropic');
    const turn = (await memory.recall('key', ['call:a'])).get('call:a');
    expect(turn?.blocks.map(({ text, redacted }) => redacted ?? text)).toEqual(['Hm', 'x']);
  });
  test('A19 an empty list of calls does not split reasoning', () => {
    const events = toMessages(
      role,
      chunk({ reasoning_content: 'a' }),
      chunk({ tool_calls: [] }),
      chunk({ reasoning_content: 'b' }),
      chunk({}, 'stop'),
    );
    expect(types(events).filter((type) => type === '+thinking')).toHaveLength(1);
  });
  test('A20, C08 message_delta always has a stop_reason', () => {
    expect(stopReason(toMessages(role, chunk({ content: 'x' }, 'something_new')))).toBe('end_turn');
  });
  test('A21 a finish reason in a later chunk than the call', () => {
    expect(stopReason(toMessages(role, begin(0, 'a', '{}'), chunk({ content: '' }), chunk({}, 'stop')))).toBe(
      'tool_use',
    );
  });
  test('A22 several text blocks of a whole answer are all kept, in order', () => {
    const content = [
      { type: 'text', text: 'One ' },
      { type: 'text', text: 'two' },
    ];
    const { parsed } = translateAnswer('messages', JSON.stringify({ id: 'm', content, stop_reason: 'end_turn' }));
    expect((parsed.choices as { message: { content: string } }[])[0]?.message.content).toBe('One two');
  });
});
