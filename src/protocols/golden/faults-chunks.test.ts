import { describe, expect, test } from 'bun:test';
import {
  args,
  begin,
  blockStart,
  call,
  callsOf,
  choices,
  chunk,
  delta,
  finish,
  finishes,
  input,
  joined,
  messageStop,
  role,
  start,
  stop,
  text,
  textDelta,
  toChat,
  toMessages,
  types,
} from './frames.ts';
import { messagesFrames, translateAnswer, translateStream } from './harness.ts';

/*
 * Faults that gateways have shipped, by their ids in the project's list of known translation faults: what a stream of one
 * protocol became in the other. Every good stream is also held to the invariants.
 */
describe('B: chunks for a Chat Completions client', () => {
  const twoCalls = [
    start,
    blockStart(0, text),
    textDelta(0, 'Hi'),
    stop(0),
    blockStart(1, call('toolu_a')),
    input(1, ''),
    input(1, '{"a":1}'),
    stop(1),
    blockStart(2, call('toolu_b')),
    input(2, '{"b":2}'),
    stop(2),
    finish('tool_use'),
    messageStop,
  ];

  test('B01, B08, B16, B17, B20 two calls have the indexes 0 and 1, their ids, their arguments', () => {
    const calls = callsOf(toChat(...twoCalls));
    expect(calls.filter((call) => call.id).map((call) => [call.index, call.id])).toEqual([
      [0, 'toolu_a'],
      [1, 'toolu_b'],
    ]);
    expect(calls.map((call) => call.function.arguments)).toEqual(['', '{"a":1}', '', '{"b":2}']);
  });
  test('B02, B13 the choice is 0, whatever the block', () => {
    expect(new Set(choices(toChat(...twoCalls)).map((choice) => choice.index))).toEqual(new Set([0]));
  });
  test('B03 the {} of a block start never stands before the arguments', () => {
    expect(
      callsOf(toChat(...twoCalls))
        .map((call) => call.function.arguments)
        .join(''),
    ).not.toContain('{}');
  });
  test('B04 a call without arguments has {}', () => {
    const events = toChat(start, blockStart(0, call('a')), input(0, ''), stop(0), finish('tool_use'), messageStop);
    expect(
      callsOf(events)
        .map((call) => call.function.arguments)
        .join(''),
    ).toBe('{}');
  });
  test('input that stands in the block as a string is the arguments, not a string of them', () => {
    for (const [given, expected] of [
      ['{"a": 1.0}', '{"a": 1.0}'],
      ['', '{}'],
      ['{}', '{}'],
    ]) {
      const block = { ...call('a'), input: given };
      const streamed = callsOf(toChat(start, blockStart(0, block), stop(0), finish('tool_use'), messageStop));
      const { parsed } = translateAnswer('messages', JSON.stringify({ content: [block], stop_reason: 'tool_use' }));
      const [whole] = parsed.choices as { message: { tool_calls: { function: { arguments: string } }[] } }[];
      expect(streamed.map((call) => call.function.arguments).join('')).toBe(expected!);
      expect(whole!.message.tool_calls[0]!.function.arguments).toBe(expected!);
    }
    // What comes in deltas is the newer word.
    const block = { ...call('a'), input: '{"a":1}' };
    const calls = callsOf(
      toChat(start, blockStart(0, block), input(0, '{"b":2}'), stop(0), finish('tool_use'), messageStop),
    );
    expect(calls.map((call) => call.function.arguments).join('')).toBe('{"b":2}');
  });
  test('B05 the first delta has the role', () => {
    expect(choices(toChat(...twoCalls))[0]?.delta.role).toBe('assistant');
  });
  test('B06, B09 one finish reason, then one [DONE]', () => {
    const { text } = translateStream('messages', [messagesFrames(twoCalls)]);
    expect(text.match(/data: \[DONE\]/g)).toHaveLength(1);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(finishes(toChat(...twoCalls))).toEqual(['tool_calls']);
  });
  test('B07 reasons have the names of this protocol', () => {
    const reasons = [
      ['end_turn', 'stop'],
      ['stop_sequence', 'stop'],
      ['pause_turn', 'stop'],
      ['max_tokens', 'length'],
      ['model_context_window_exceeded', 'length'],
      ['refusal', 'content_filter'],
      ['tool_use', 'stop'],
    ] as const;
    for (const [told, expected] of reasons) {
      expect(
        finishes(toChat(start, blockStart(0, text), textDelta(0, 'x'), stop(0), finish(told), messageStop)),
      ).toEqual([expected]);
    }
  });
  test('B10 a ping goes on as a comment that no blank line ends', () => {
    const { text } = translateStream('messages', [
      messagesFrames([
        start,
        { type: 'ping' },
        blockStart(0, { type: 'text', text: '' }),
        textDelta(0, 'x'),
        finish('end_turn'),
        messageStop,
      ]),
    ]);
    expect(text).toContain(': ping\ndata: ');
  });
  test('B11 pieces without an id belong to their call', () => {
    const events = toMessages(
      role,
      begin(0, 'a'),
      args(0, '{"x"'),
      args(0, ':'),
      args(0, '1}'),
      chunk({}, 'tool_calls'),
    );
    expect(types(events).filter((type) => type === '+tool_use')).toHaveLength(1);
    expect(joined(events, 'partial_json')).toBe('{"x":1}');
  });
  test('B12 created is in seconds and the same throughout', () => {
    expect(new Set(toChat(...twoCalls).map((event) => event.created))).toEqual(new Set([1_787_600_000]));
  });
  test('B14, B15 reasoning before text, as strings', () => {
    const events = toChat(
      start,
      blockStart(0, { type: 'thinking', thinking: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm' }),
      delta(0, { type: 'signature_delta', signature: 's' }),
      stop(0),
      blockStart(1, { type: 'text', text: '' }),
      textDelta(1, 'Hi'),
      stop(1),
      finish('end_turn'),
      messageStop,
    );
    expect(choices(events).map((choice) => choice.delta.reasoning_content ?? choice.delta.content ?? '')).toEqual([
      '',
      'Hm',
      'Hi',
      '',
    ]);
  });
  test('B18 arguments that look whole are not: the call is over when its block is', () => {
    const events = toChat(
      start,
      blockStart(0, call('a')),
      input(0, '{"x":1}'),
      input(0, ' '),
      stop(0),
      finish('tool_use'),
      messageStop,
    );
    expect(
      callsOf(events)
        .map((call) => call.function.arguments)
        .join(''),
    ).toBe('{"x":1} ');
  });
  test('B19 calls cut by max_tokens are kept, with length', () => {
    const events = toChat(
      start,
      blockStart(0, call('a')),
      input(0, '{"x":'),
      stop(0),
      finish('max_tokens'),
      messageStop,
    );
    expect(
      callsOf(events)
        .map((call) => call.function.arguments)
        .join(''),
    ).toBe('{"x":');
    expect(finishes(events)).toEqual(['length']);
  });
});
