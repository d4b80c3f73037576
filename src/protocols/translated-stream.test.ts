import { describe, expect, test } from 'bun:test';
import { chatFrames, context, messagesFrames, otherProtocol, readError } from './golden/harness.ts';
import type { Protocol } from './protocol.ts';
import { TranslatedStream } from './translated-stream.ts';
import { wires } from './wires.ts';

/** After each chunk: whether what has left so far has a delta in it. */
function deltasSeen(upstream: Protocol, frames: string[]): boolean[] {
  const stream = new TranslatedStream({
    client: wires[otherProtocol(upstream)],
    upstream: wires[upstream],
    context,
    readError,
    repair: false,
  });
  return frames.map((frame) => {
    stream.push(new TextEncoder().encode(frame));
    return stream.deltaSeen;
  });
}

const chat = (delta: object) => chatFrames([{ id: 'c', choices: [{ index: 0, delta, finish_reason: null }] }], false);
const call = (index: number, name?: string, args = '') =>
  chat({
    tool_calls: [
      name === undefined
        ? { index, function: { arguments: args } }
        : { index, id: `call_${index}`, type: 'function', function: { name, arguments: args } },
    ],
  });

describe('a delta is seen', () => {
  const cases: [name: string, frames: string[], seen: boolean[]][] = [
    ['with text', [chat({ role: 'assistant', content: '' }), chat({ content: 'Hi' })], [false, true]],
    ['with reasoning', [chat({ reasoning_content: 'hm' })], [true]],
    [
      'with the input of a call, not with its start',
      [call(0, 'f'), call(0), call(0, undefined, '{')],
      [false, false, true],
    ],
    ['with input that comes with the start', [call(0, 'f', '{"a"')], [true]],
    ['not with blanks that are held back', [call(0, 'f'), call(0, undefined, ' ')], [false, false]],
    [
      'when a second call leaves, not while it waits for the first',
      [call(0, 'f'), call(1, 'g', '{}'), call(0, undefined, '{}')],
      [false, false, true],
    ],
  ];
  test.each(cases)('by a Messages client %s', (_name, frames, seen) => {
    expect(deltasSeen('chat-completions', frames)).toEqual(seen);
  });

  test('by a Chat client with the start of a call, which is a delta there', () => {
    const start = { id: 'm', role: 'assistant', model: 'c', usage: { input_tokens: 3, output_tokens: 1 } };
    const block = { type: 'tool_use', id: 't', name: 'f', input: {} };
    const frames = [
      messagesFrames([{ type: 'message_start', message: start }]),
      messagesFrames([{ type: 'content_block_start', index: 0, content_block: block }]),
    ];
    expect(deltasSeen('messages', frames)).toEqual([false, true]);
  });
});
