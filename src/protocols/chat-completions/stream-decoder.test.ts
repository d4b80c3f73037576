import { describe, expect, test } from 'bun:test';
import { cpuMs } from '../../../tests/support/cpu-time.ts';
import { GatewayError } from '../../errors/catalogue.ts';
import { begin, chunk, joined, stopReason, toMessages, types } from '../golden/frames.ts';
import { chatFrames, translateAnswer, translateStream } from '../golden/harness.ts';
import { isObject } from '../json.ts';
import { ChatStreamDecoder } from './stream-decoder.ts';

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

test('a late id is the call’s also where others have begun before it', () => {
  const told = (id: string, args: string) => call(undefined, { id }, { arguments: args });
  const begun = [call(0, {}, { name: 'f' }), call(1, {}, { name: 'g' })];
  const late = [call(0, { id: 'a' }, { arguments: '{"x":' }), call(1, { id: 'b' }, { arguments: '{"y":' })];
  const decoder = new ChatStreamDecoder({ repair: false, readError: () => new GatewayError('upstream_error', 'told') });
  const parts = [...begun, ...late, told('a', '1}'), told('b', '2}')].flatMap((each) =>
    decoder.push({ event: '', data: JSON.stringify(each) }),
  );
  expect(parts.slice(1)).toEqual([
    { type: 'tool-call-start', id: 'p0', callId: 'a', name: 'f' },
    { type: 'tool-call-delta', id: 'p0', input: '{"x":' },
    { type: 'tool-call-start', id: 'p1', callId: 'b', name: 'g' },
    { type: 'tool-call-delta', id: 'p1', input: '{"y":' },
    { type: 'tool-call-delta', id: 'p0', input: '1}' },
    { type: 'tool-call-delta', id: 'p1', input: '2}' },
  ]);
});

test('arguments that are an object are those of their own chunk', () => {
  const whole = (index: number, value: number) =>
    call(index, { id: `c${index}` }, { name: 'f', arguments: { a: value } });
  expect(callsOf(whole(0, 1), whole(1, 2), end)).toEqual([
    ['c0', 'f', '{"a":1}'],
    ['c1', 'f', '{"a":2}'],
  ]);
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

test('a call whose name is said again with every delta is one call, also behind its last argument', () => {
  for (const rest of ['', ' ', '\n']) {
    const first = call(0, { id: 'a' }, { name: 'f', arguments: '' });
    const pieces = ['{"a":', '1}', rest].map((args) => call(0, {}, { name: 'f', arguments: args }));
    const calls = callsOf(first, ...pieces, call(1, { id: 'b' }, { name: 'f', arguments: '{}' }), end);
    expect(calls).toEqual([
      ['a', 'f', `{"a":1}${rest}`],
      ['b', 'f', '{}'],
    ]);
  }
});

test('a server that gives no ids tells a call from the next by its name, once the one before is whole', () => {
  const next = (args: string) => call(0, {}, { name: 'f', arguments: args });
  expect(callsOf(next('{"a":'), next('1}'), next('{}'), end)).toEqual([
    ['call_chatcmpl-1_0', 'f', '{"a":1}'],
    ['call_chatcmpl-1_1', 'f', '{}'],
  ]);
});

test('a whole message behind the deltas says nothing new, as at MiniMax; one that comes instead of them is the answer', () => {
  const fn = { name: 'run', arguments: '{}' };
  const message = {
    role: 'assistant',
    content: 'Hello',
    reasoning_content: 'Hm.',
    tool_calls: [{ id: 'a', type: 'function', function: fn }],
  };
  const last = { ...chunk({}), choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
  const deltas = [chunk({ reasoning_content: 'Hm.' }), chunk({ content: 'Hello' }), begin(0, 'a', '{}')];
  for (const chunks of [
    [...deltas, last],
    [chunk({ role: 'assistant', content: '' }), last],
  ]) {
    const events = toMessages(...chunks);
    expect([joined(events, 'thinking'), joined(events, 'text'), joined(events, 'partial_json')]).toEqual([
      'Hm.',
      'Hello',
      '{}',
    ]);
    expect(stopReason(events)).toBe('tool_use');
  }
});

test('reasoning that stands in the content, as at Mistral, is reasoning, in a stream and whole', () => {
  const thinking = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }] });
  const deltas = [{ content: [thinking('Hm, ')] }, { content: [thinking('yes.')] }, { content: 'Hello' }];
  const events = toMessages(...deltas.map((delta) => chunk(delta)), chunk({}, 'stop'));
  expect(types(events)).toContain('+thinking');
  expect([joined(events, 'thinking'), joined(events, 'text')]).toEqual(['Hm, yes.', 'Hello']);
  const content = [thinking('Hm, yes.'), { type: 'text', text: 'Hello' }];
  const whole = JSON.stringify({ id: 'x', choices: [{ index: 0, message: { content }, finish_reason: 'stop' }] });
  expect(translateAnswer('chat-completions', whole).parsed.content).toEqual([
    { type: 'thinking', thinking: 'Hm, yes.', signature: '' },
    { type: 'text', text: 'Hello' },
  ]);
});

test('arguments that are an object keep their digits', () => {
  const input = '{"n":12345678901234567890,"d":1.0}';
  const frames = chatFrames([begin(0, 'a'), end]).replace('"arguments":""', `"arguments":${input}`);
  const { text } = translateStream('chat-completions', [frames]);
  expect(text).toContain(`"partial_json":${JSON.stringify(input)}`);
});

describe('a call of the form before tools', () => {
  const piece = (fn: object) => chunk({ role: 'assistant', content: null, function_call: fn });
  const whole = (message: object) =>
    JSON.stringify({ id: 'chatcmpl-1', choices: [{ index: 0, message, finish_reason: 'function_call' }] });

  test('in pieces', () => {
    const pieces = [piece({ name: 'f', arguments: '' }), piece({ arguments: '{"a"' }), piece({ arguments: ':1.0}' })];
    expect(callsOf(...pieces, chunk({}, 'function_call'))).toEqual([['call_chatcmpl-1_0', 'f', '{"a":1.0}']]);
    const events = toMessages(...pieces, chunk({}, 'function_call'));
    expect(events.find(({ type }) => type === 'message_delta')).toMatchObject({ delta: { stop_reason: 'tool_use' } });
    const { stream } = translateStream('chat-completions', [chatFrames([...pieces, chunk({}, 'function_call')])]);
    expect(stream.output().text).toBe('f{"a":1.0}');
  });

  test('whole', () => {
    const function_call = { name: 'f', arguments: '{"a":1}' };
    const { parsed, output } = translateAnswer('chat-completions', whole({ content: null, function_call }));
    expect(parsed).toMatchObject({
      content: [{ type: 'tool_use', id: 'call_chatcmpl-1_0', name: 'f', input: { a: 1 } }],
      stop_reason: 'tool_use',
    });
    expect(output.text).toBe('f{"a":1}');
  });

  test('with its arguments as an object', () => {
    const input = '{"n":12345678901234567890}';
    const given = (text: string): string => text.replace('"arguments":""', `"arguments":${input}`);
    const fn = { name: 'f', arguments: '' };
    const frames = given(chatFrames([piece(fn), chunk({}, 'function_call')]));
    expect(translateStream('chat-completions', [frames]).text).toContain(JSON.stringify(input));
    expect(translateAnswer('chat-completions', given(whole({ function_call: fn }))).body).toContain(`"input":${input}`);
  });

  test('an empty shell, or one beside the calls themselves, is none', () => {
    const tool_calls = [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }];
    const shell = { name: '', arguments: '' };
    const same = { name: 'f', arguments: '{}' };
    expect(callsOf(piece(shell), chunk({}, 'stop'))).toEqual([]);
    expect(callsOf(chunk({ tool_calls, function_call: same }), end)).toEqual([['a', 'f', '{}']]);
    for (const [message, calls] of [
      [{ content: 'x', function_call: shell }, 0],
      [{ content: 'x', function_call: same, tool_calls }, 1],
    ] as const) {
      const { content } = translateAnswer('chat-completions', whole(message)).parsed as { content: object[] };
      expect(content).toHaveLength(1 + calls);
    }
  });
});

test('of several choices, the one with index 0 is the answer, wherever it stands', () => {
  const arrange = (text: string): string => text.replace('"arguments":""', '"arguments":{"n":1.0}');
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '' } };
  const choices = (member: 'message' | 'delta') => [
    { index: 1, [member]: { content: 'second' }, finish_reason: 'stop' },
    { index: 0, [member]: { content: 'first', tool_calls: [{ index: 0, ...call }] }, finish_reason: 'tool_calls' },
  ];
  const body = arrange(JSON.stringify({ id: 'x', choices: choices('message') }));
  expect(translateAnswer('chat-completions', body).body).toContain(
    '"content":[{"type":"text","text":"first"},{"type":"tool_use","id":"a","name":"f","input":{"n":1.0}}]',
  );
  const { text } = translateStream('chat-completions', [
    arrange(chatFrames([chunk({}, null, { choices: choices('delta') })])),
  ]);
  expect(text).toContain('"text":"first"');
  expect(text).toContain(JSON.stringify('{"n":1.0}'));
  expect(text).not.toContain('second');

  const without = JSON.stringify({ choices: [{ message: { content: 'first' }, finish_reason: 'stop' }, {}] });
  expect(translateAnswer('chat-completions', without).body).toContain('"text":"first"');
});

test('a whole message that comes instead of deltas keeps arguments that are an object, and what comes with its calls', () => {
  const fn = '{"name":"f","arguments":{"a":1.0}}';
  for (const [message, opaque] of [
    [`{"tool_calls":[{"id":"a","extra_content":{"b":2.0},"function":${fn}}]}`, '{"b":2.0}'],
    [`{"function_call":${fn}}`, undefined],
  ]) {
    const decoder = new ChatStreamDecoder({
      repair: false,
      readError: () => new GatewayError('upstream_error', 'told'),
    });
    const parts = decoder.push({ event: '', data: `{"choices":[{"index":0,"message":${message}}]}` }).slice(2);
    expect(parts).toEqual([
      { type: 'tool-call-delta', id: 'p0', input: '{"a":1.0}' },
      ...(opaque === undefined ? [] : [{ type: 'tool-call-opaque' as const, id: 'p0', opaque }]),
    ]);
  }
});

test('arguments that are an object keep their digits in a chunk that stands in an array', () => {
  const decoder = new ChatStreamDecoder({ repair: false, readError: () => new GatewayError('upstream_error', 'told') });
  const fn = '{"name":"f","arguments":{"a":1.0}}';
  const data = `[{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"a","extra_content":{"b":2.0},"function":${fn}}]}}]}]`;
  expect(decoder.push({ event: '', data }).slice(1)).toEqual([
    { type: 'tool-call-start', id: 'p0', callId: 'a', name: 'f' },
    { type: 'tool-call-delta', id: 'p0', input: '{"a":1.0}' },
    { type: 'tool-call-opaque', id: 'p0', opaque: '{"b":2.0}' },
  ]);
});

test('thousands of calls cost what as many texts cost, whatever they come with', () => {
  const made = (count: number, more: object) =>
    Array.from({ length: count }, (_, index) => ({ index, id: `c${index}`, ...more }));
  for (const calls of [
    made(40_000, { function: { name: 'f', arguments: '{}' } }),
    made(3_000, { function: { name: 'f', arguments: {} }, extra_content: { google: {} } }),
  ]) {
    const decoder = new ChatStreamDecoder({
      repair: false,
      readError: () => new GatewayError('upstream_error', 'told'),
    });
    const data = JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: calls } }] });
    const at = cpuMs();
    const parts = decoder.push({ event: '', data });
    expect(cpuMs() - at).toBeLessThan(4_000);
    expect(parts.filter(({ type }) => type === 'tool-call-start')).toHaveLength(calls.length);
  }
});
