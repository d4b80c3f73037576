import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { accumulateMessages } from '../../../tests/support/stream-accumulators.ts';
import { checkMessagesStream } from '../../../tests/support/stream-invariants.ts';
import { blockStart, call, delta, finish, input, messageStop, stop, text, textDelta } from '../golden/frames.ts';
import { type MessagesEvent, messagesFrames, readError } from '../golden/harness.ts';
import { messagesExpressAnswer } from './express-answer.ts';
import { MessagesExpressStream } from './express-stream.ts';

/* How a stream ends on a surface that leaves out stop reasons: which report is the last one, and what no report mends. */
const usage = { input_tokens: 9, output_tokens: 3 };
const start: MessagesEvent = {
  type: 'message_start',
  message: {
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  },
};
const ended = (stop_reason: string | null, more: object = {}, stop_sequence: string | null = null): MessagesEvent => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence },
  usage: { ...usage, ...more },
});
const hi = [blockStart(0, text), textDelta(0, 'Hi'), stop(0)];
const called = (index: number) => [blockStart(index, call('t')), input(index, '{}'), stop(index)];

function run(events: MessagesEvent[]) {
  const lane = new MessagesExpressStream({ model: 'm', repair: true, readError });
  const decoder = new TextDecoder();
  const reads = events.map((event) => {
    lane.push(new TextEncoder().encode(messagesFrames([event])));
    return decoder.decode(lane.take());
  });
  lane.end();
  let out = reads.join('') + decoder.decode(lane.take());
  if (lane.state === 'complete') out += decoder.decode(lane.terminal());
  return { lane, reads, text: out };
}

/** The message that the official client makes of it. */
async function message(...events: MessagesEvent[]) {
  const { lane, text } = run(events);
  expect(lane.failure).toBeUndefined();
  expect(checkMessagesStream(text)).toEqual([]);
  return accumulateMessages(text);
}

test('H03: a whole answer that is an error is told in its words, wherever they stand', () => {
  for (const told of [{ error: { message: 'full' } }, { type: 'error', message: 'full' }]) {
    const read = () => messagesExpressAnswer(JSON.stringify(told), { model: 'm', repair: true, readError });
    expect(read).toThrow('told: full');
  }
});

describe('a report without a stop reason', () => {
  test('after the one that has it leaves it as it was, and brings its usage', async () => {
    for (const late of [
      ended(null, { output_tokens: 7 }),
      { type: 'message_delta', usage: { ...usage, output_tokens: 7 } },
      { type: 'message_delta', delta: {}, usage: { ...usage, output_tokens: 7 } },
    ]) {
      expect(await message(start, ...hi, ended('max_tokens'), late, messageStop)).toMatchObject({
        stop_reason: 'max_tokens',
        usage: { output_tokens: 7 },
      });
      expect(await message(start, ...hi, ended('stop_sequence', {}, 'END'), late, messageStop)).toMatchObject({
        stop_reason: 'stop_sequence',
        stop_sequence: 'END',
      });
    }
  });

  test('in front of the one that has it gives way to it, byte for byte', () => {
    const good = [start, ...hi, ended('end_turn', { output_tokens: 7 }), messageStop];
    expect(run([...good.slice(0, -2), ended(null), ...good.slice(-2)]).text).toBe(messagesFrames(good));
  });

  test('inside of a block ends nothing', async () => {
    const answer = await message(
      start,
      blockStart(0, text),
      textDelta(0, 'x'),
      ended(null),
      textDelta(0, 'y'),
      stop(0),
      ended('end_turn'),
      messageStop,
    );
    expect(answer.content).toMatchObject([{ type: 'text', text: 'xy' }]);
    expect(answer.stop_reason).toBe('end_turn');
  });

  test('that is the only one gets it once the message stops, with all that it says', () => {
    for (const [block, reason] of [
      [hi, 'end_turn'],
      [called(0), 'tool_use'],
      // Its stop is missing too.
      [called(0).slice(0, -1), 'tool_use'],
    ] as const) {
      const only = { ...ended(null), new: 1 };
      const { text, lane } = run([start, ...block, only, messageStop]);
      expect(lane.state).toBe('complete');
      expect(checkMessagesStream(text)).toEqual([]);
      expect(text).toContain(messagesFrames([{ ...ended(reason), new: 1 }]));
      expect(text.match(/event: message_delta/g)).toHaveLength(1);
    }
  });

  test('holds nothing back but itself', () => {
    const events = [start, blockStart(0, text), textDelta(0, 'x'), ended(null), textDelta(0, 'y'), ended('end_turn')];
    const { reads } = run(events);
    expect(reads.map((read) => read !== '')).toEqual([true, false, true, false, true, true]);
  });

  test.each<[string, MessagesEvent[]]>([
    ['and the bytes end', [...hi, ended(null)]],
    ['with an empty delta, and the bytes end', [...hi, { type: 'message_delta', delta: {} }]],
    ['and a text breaks off', [...hi, ended(null), blockStart(1, text), textDelta(1, 'x')]],
    ['and a tool call breaks off', [...hi, ended(null), blockStart(1, call('t')), input(1, '{"a":')]],
  ])('%s: the answer is broken', (_name, events) => {
    const { lane, text } = run([start, ...events]);
    expect(lane.state).toBe('failed');
    expect(lane.failure?.code).toBe('upstream_error');
    expect(text).not.toContain('message_delta');
  });
});

test('a block behind the stop reason is none that an answer has', () => {
  for (const more of [called(1), called(1).slice(0, 2), [blockStart(1, text), textDelta(1, 'x')]]) {
    for (const last of [[messageStop], []]) {
      expect(run([start, ...hi, ended('end_turn'), ...more, ...last]).lane.state).toBe('failed');
    }
  }
});

test('a message that has not begun has no blocks and no end', () => {
  const all = [...hi, ended('end_turn'), messageStop];
  for (const events of [all, all.slice(3), all.slice(4), [...hi, start, ended('end_turn'), messageStop]]) {
    const { lane, text } = run(events);
    expect(lane.failure?.code).toBe('upstream_error');
    expect(text).toBe('');
  }
  expect(run([{ type: 'ping' }, start, ...all]).lane.state).toBe('complete');
});

test.each([
  // Given, then without a call and with one.
  ['end_turn', 'end_turn', 'tool_use'],
  ['tool_use', 'end_turn', 'tool_use'],
  ['stop_sequence', 'stop_sequence', 'tool_use'],
  ['pause_turn', 'pause_turn', 'tool_use'],
  ['new_reason', 'new_reason', 'tool_use'],
  ['max_tokens', 'max_tokens', 'max_tokens'],
  ['refusal', 'refusal', 'refusal'],
  ['model_context_window_exceeded', 'model_context_window_exceeded', 'model_context_window_exceeded'],
  ['stop', 'end_turn', 'tool_use'],
  ['tool_calls', 'end_turn', 'tool_use'],
  ['function_call', 'end_turn', 'tool_use'],
  ['length', 'max_tokens', 'max_tokens'],
  ['content_filter', 'refusal', 'refusal'],
])('C: stop reason %p becomes %p, after a call %p', (given, plain, afterCall) => {
  const reasonOf = (events: MessagesEvent[]): unknown =>
    /"stop_reason":"(\w+)"/.exec(run([start, ...events, ended(given), messageStop]).text)?.[1];
  expect([reasonOf(hi), reasonOf(called(0))]).toEqual([plain, afterCall]);
  const whole = (block: object): unknown => {
    const answer = JSON.stringify({ content: [block], stop_reason: given, usage });
    return JSON.parse(messagesExpressAnswer(answer, { model: 'm', repair: true, readError }).body).stop_reason;
  };
  expect([whole({ type: 'text', text: 'Hi' }), whole(call('t'))]).toEqual([plain, afterCall]);
});

test('whatever comes in whatever order, an answer that is complete holds the invariants', () => {
  const index = fc.nat(2);
  const event = fc.oneof(
    fc
      .tuple(index, fc.constantFrom<object>(text, call('t'), { type: 'thinking', thinking: '' }))
      .map(([at, block]) => [blockStart(at, block)]),
    index.map((at) => [textDelta(at, 'x')]),
    fc.tuple(index, fc.constantFrom('', '{"a":1}', '{"a":')).map(([at, json]) => [input(at, json)]),
    index.map((at) => [delta(at, { type: 'thinking_delta', thinking: 'x' })]),
    index.map((at) => [stop(at)]),
    index.map((at) => [blockStart(at, text), textDelta(at, 'x')]),
    index.map((at) => [blockStart(at, call('t')), input(at, '{'), input(at, '}'), stop(at)]),
    fc.constantFrom(null, '', 'end_turn', 'tool_use', 'max_tokens', 'stop', 'pause_turn').map((r) => [ended(r)]),
    fc
      .constantFrom<MessagesEvent>(
        { type: 'ping' },
        { type: 'message_delta', delta: {} },
        { type: 'message_delta', usage },
        finish(null),
        messageStop,
        start,
      )
      .map((one) => [one]),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.boolean(), (events, stops) => {
      const { lane, text } = run([start, ...events.flat(), ...(stops ? [messageStop] : [])]);
      if (lane.state === 'complete') expect(checkMessagesStream(text)).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('E04, E05 thinking of a whole answer has a signature, always a string', () => {
  for (const [given, left] of [
    [{}, ''],
    [{ signature: null }, ''],
    [{ signature: 's' }, 's'],
  ] as const) {
    const content = [
      { type: 'thinking', thinking: 'Hm', ...given },
      hi[0]!.content_block,
      { type: 'text', text: 'Hi' },
    ];
    const answer = JSON.stringify({ content, stop_reason: 'end_turn', usage });
    const { body } = messagesExpressAnswer(answer, { model: 'm', repair: true, readError });
    expect(JSON.parse(body).content).toEqual([{ type: 'thinking', thinking: 'Hm', signature: left }, content[2]]);
  }
});

test('nothing at all, without a stop reason, is no answer: not in a stream, nor whole', () => {
  const stream = (...events: MessagesEvent[]) => run([start, ...events, messageStop]).lane.state as string;
  const whole = (content: object[], stop_reason: string | null) =>
    messagesExpressAnswer(JSON.stringify({ content, stop_reason }), { model: 'm', repair: true, readError });
  const empty = [blockStart(0, { type: 'text', text: '' }), stop(0)];
  expect([stream(), stream(ended(null)), stream(...empty), stream(...empty, ended(null))]).toEqual(
    Array(4).fill('failed'),
  );
  expect(stream(ended('end_turn'))).toBe('complete');
  for (const content of [[], [{ type: 'text', text: '' }]]) {
    expect(() => whole(content, null)).toThrow('without a stop reason');
    expect(whole(content, 'end_turn').body).toContain('"end_turn"');
  }
});
