import { expect, test } from 'bun:test';
import { begin, chunk, toMessages } from '../golden/frames.ts';
import { chatFrames, translateStream } from '../golden/harness.ts';
import { isObject } from '../json.ts';

const call = (index: number | undefined, more: object, fn: object = {}) =>
  chunk({ tool_calls: [{ index, ...more, function: fn }] });
const end = chunk({}, 'tool_calls');

/** Ids, names and inputs of the calls that a client of Messages gets. */
function callsOf(...chunks: object[]): unknown[][] {
  const calls: unknown[][] = [];
  for (const { content_block, delta } of toMessages(...chunks)) {
    if (isObject(content_block)) calls.push([content_block.id, content_block.name, '']);
    else if (isObject(delta) && delta.partial_json !== undefined) calls.at(-1)![2] += String(delta.partial_json);
  }
  return calls;
}

test('an id that comes before the arguments is the call’s', () => {
  const late = [call(0, {}, { name: 'f' }), call(0, { id: 'call_late' }), call(0, {}, { arguments: '{"a":1}' })];
  expect(callsOf(...late, end)).toEqual([['call_late', 'f', '{"a":1}']]);
  const withName = [call(0, {}, { name: 'f' }), call(0, { id: 'call_late' }, { name: 'f', arguments: '{}' })];
  expect(callsOf(...withName, end)).toEqual([['call_late', 'f', '{}']]);
});

test('without one by then, the call has an id of ours, as in a whole answer; calls keep their order', () => {
  expect(callsOf(call(0, {}, { name: 'f' }), begin(1, 'b', '{}'), end)).toEqual([
    ['call_chatcmpl-1_0', 'f', ''],
    ['b', 'run', '{}'],
  ]);
  expect(callsOf(call(undefined, {}, { name: 'f' }), call(undefined, {}, { name: 'g' }), end)).toEqual([
    ['call_chatcmpl-1_0', 'f', ''],
    ['call_chatcmpl-1_1', 'g', ''],
  ]);
  expect(callsOf(call(0, {}, { name: 'f' }), call(0, { id: 'b' }, { name: 'g', arguments: '{}' }), end)).toEqual([
    ['call_chatcmpl-1_0', 'f', ''],
    ['b', 'g', '{}'],
  ]);
});

test('arguments that are an object keep their digits', () => {
  const input = '{"n":12345678901234567890,"d":1.0}';
  const frames = chatFrames([begin(0, 'a'), end]).replace('"arguments":""', `"arguments":${input}`);
  const { text } = translateStream('chat-completions', [frames]);
  expect(text).toContain(`"partial_json":${JSON.stringify(input)}`);
});
