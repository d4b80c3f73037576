import { describe, expect, test } from 'bun:test';
import type { AnswerReader } from './answer-reader.ts';
import { chatReader } from './chat-reader.ts';
import { messagesReader } from './messages-reader.ts';

function read(reader: AnswerReader, frames: unknown[]) {
  for (const frame of frames) reader.frame(typeof frame === 'string' ? frame : JSON.stringify(frame));
  return reader.reading;
}
const delta = (delta: object, more: object = {}) => ({ choices: [{ delta, ...more }] });

describe('Chat Completions', () => {
  test('reasoning, text, parallel calls and usage are put together', () => {
    const reading = read(chatReader(), [
      delta({ role: 'assistant', content: null, reasoning_content: 'Let me ' }),
      delta({ reasoning_content: 'see.' }),
      delta({ content: 'I ask.' }),
      delta({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] }),
      delta({ tool_calls: [{ index: 1, id: 'b', function: { name: 'g', arguments: '{}' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
      delta({}, { finish_reason: 'tool_calls' }),
      { choices: [], usage: { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 2 } } },
      '[DONE]',
    ]);
    expect(reading).toEqual({
      parts: [
        { kind: 'reasoning', text: 'Let me see.', signature: undefined },
        { kind: 'text', text: 'I ask.' },
        { kind: 'call', id: 'a', name: 'f', input: '{"x":1}' },
        { kind: 'call', id: 'b', name: 'g', input: '{}' },
      ],
      stopReason: 'tool_calls',
      tokens: { input: 9, cached: 2, output: 4 },
      failure: undefined,
      ended: true,
    });
  });

  test('an error frame is the failure, and no end', () => {
    const reading = read(chatReader(), [
      delta({ content: 'a' }),
      { error: { message: 'gone', code: 'upstream_error' } },
    ]);
    expect(reading.failure).toEqual({ message: 'gone', status: undefined, code: 'upstream_error' });
    expect(reading.ended).toBe(false);
  });

  test('a whole answer is read too', () => {
    const reader = chatReader();
    const message = { content: 'Hi', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] };
    reader.whole({ choices: [{ message, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 2 } });
    expect(reader.reading).toMatchObject({
      parts: [
        { kind: 'text', text: 'Hi' },
        { kind: 'call', id: 'a', input: '{}' },
      ],
      tokens: { input: 1, cached: 0, output: 2 },
      ended: true,
    });
  });
});

describe('Messages', () => {
  const block = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
  const part = (index: number, delta: object) => ({ type: 'content_block_delta', index, delta });

  test('thinking with its signature, text, calls and usage are put together', () => {
    const reading = read(messagesReader(), [
      { type: 'message_start', message: { usage: { input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 1 } } },
      block(0, { type: 'thinking', thinking: '', signature: '' }),
      part(0, { type: 'thinking_delta', thinking: 'Hm.' }),
      part(0, { type: 'signature_delta', signature: 'sig' }),
      { type: 'content_block_stop', index: 0 },
      block(1, { type: 'text', text: '' }),
      part(1, { type: 'text_delta', text: 'I ask.' }),
      { type: 'ping' },
      block(2, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      part(2, { type: 'input_json_delta', partial_json: '{"x":' }),
      part(2, { type: 'input_json_delta', partial_json: '1}' }),
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 7 } },
      { type: 'message_stop' },
    ]);
    expect(reading).toEqual({
      parts: [
        { kind: 'reasoning', text: 'Hm.', signature: 'sig' },
        { kind: 'text', text: 'I ask.' },
        { kind: 'call', id: 'a', name: 'f', input: '{"x":1}' },
      ],
      stopReason: 'tool_use',
      tokens: { input: 8, cached: 3, output: 7 },
      failure: undefined,
      ended: true,
    });
  });

  test('an error event is the failure, and no end', () => {
    const reading = read(messagesReader(), [{ type: 'error', error: { type: 'overloaded_error', message: 'busy' } }]);
    expect([reading.failure?.code, reading.failure?.message, reading.ended]).toEqual([
      'overloaded_error',
      'busy',
      false,
    ]);
  });

  test('a whole answer is read too', () => {
    const reader = messagesReader();
    reader.whole({
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 's' },
        { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 2 },
    });
    expect(reader.reading).toMatchObject({
      parts: [
        { kind: 'reasoning', signature: 's' },
        { kind: 'call', input: '{"x":1}' },
      ],
      stopReason: 'tool_use',
      ended: true,
    });
  });
});

test('what no reader knows changes nothing', () => {
  for (const reader of [chatReader(), messagesReader()]) {
    const before = structuredClone(reader.reading);
    read(reader, ['no json', '[]', 'null', '5', {}, { choices: 'none' }, { type: 'content_block_delta', index: 9 }]);
    expect(reader.reading).toEqual(before);
  }
});
