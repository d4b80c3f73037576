import { describe, expect, test } from 'bun:test';
import { checkChatStream } from '../../../tests/support/stream-invariants.ts';
import {
  blockStart,
  call,
  chunk,
  delta,
  failureOf,
  finish,
  finishes,
  input,
  messageStop,
  role,
  start,
  stop,
  stopReason,
  text,
  textDelta,
  toChat,
  toMessages,
} from './frames.ts';
import { chatFrames, messagesFrames, translateAnswer, translateStream } from './harness.ts';

/*
 * Faults that gateways have shipped, by their ids in the project's list of known translation faults: what a stream of one
 * protocol became in the other. Every good stream is also held to the invariants.
 */
describe('C, H: the end of a stream', () => {
  test('C01 a finish reason without usage ends at [DONE], and at the end of the bytes', () => {
    for (const done of [true, false]) {
      const { stream } = translateStream('chat-completions', [
        chatFrames([role, chunk({ content: 'x' }, 'stop')], done),
      ]);
      expect(stream.state).toBe('complete');
    }
  });
  test('C02, C06 no finish reason is an error, with and without [DONE]', () => {
    for (const done of [true, false]) {
      expect(failureOf('chat-completions', chatFrames([role, chunk({ content: 'x' })], done))?.code).toBe(
        'upstream_error',
      );
    }
  });
  test('C02 no stop reason is an error, but where the surface is known to leave it out', () => {
    const block = [start, blockStart(0, text), textDelta(0, 'x'), stop(0)];
    const streams = [
      [...block, messageStop],
      [...block, finish(null), messageStop],
      [...block, finish(''), messageStop],
    ];
    for (const events of streams) {
      const frames = messagesFrames(events);
      expect(failureOf('messages', frames)?.message).toBe('The upstream ended its answer without a stop reason.');
      const repaired = translateStream('messages', [frames], {}, true);
      expect(repaired.stream.state).toBe('complete');
      expect(checkChatStream(repaired.text, { includeUsage: true })).toEqual([]);
    }
    for (const stop_reason of [undefined, null, '']) {
      const whole = JSON.stringify({ id: 'm', content: [{ type: 'text', text: 'x' }], stop_reason });
      expect(() => translateAnswer('messages', whole)).toThrow('without a stop reason');
      const { parsed } = translateAnswer('messages', whole, {}, true);
      expect(parsed.choices).toMatchObject([{ message: { content: 'x' }, finish_reason: 'stop' }]);
    }
  });
  test('C09 answers that the upstream broke off are errors', () => {
    expect(failureOf('chat-completions', chatFrames([role, chunk({}, 'insufficient_system_resource')]))?.code).toBe(
      'upstream_overloaded',
    );
    expect(failureOf('chat-completions', chatFrames([role, chunk({}, 'aborted')]))?.code).toBe('upstream_error');
    const messages = (reason: string) => messagesFrames([start, finish(reason), messageStop]);
    expect(failureOf('messages', messages('insufficient_system_resource'))?.code).toBe('upstream_overloaded');
    expect(failureOf('messages', messages('aborted'))?.code).toBe('upstream_error');
    // vLLM and SGLang; Z.ai; Gemini's compatible surface.
    for (const reason of ['abort', 'network_error', 'function_call_filter: MALFORMED_FUNCTION_CALL']) {
      expect(failureOf('chat-completions', chatFrames([role, chunk({}, reason)]))?.code).toBe('upstream_error');
      const whole = JSON.stringify({ choices: [{ message: { content: 'x' }, finish_reason: reason }] });
      expect(() => translateAnswer('chat-completions', whole)).toThrow(/aborted|failed|could not read/);
    }
  });
  test('an answer that was filtered may have no message', () => {
    const whole = (finish_reason: string) => JSON.stringify({ choices: [{ index: 0, finish_reason }] });
    const { parsed } = translateAnswer('chat-completions', whole('content_filter: PROHIBITED_CONTENT'));
    expect(parsed).toMatchObject({ content: [], stop_reason: 'refusal' });
    expect(() => translateAnswer('chat-completions', whole('stop'))).toThrow('without a message');
  });
  test('a reason in the words of its vendor ends the answer as what it means', () => {
    for (const [given, expected] of [
      ['sensitive', 'refusal'],
      ['content_filter: PROHIBITED_CONTENT', 'refusal'],
      ['model_context_window_exceeded', 'model_context_window_exceeded'],
      ['model_length', 'model_context_window_exceeded'],
    ]) {
      expect(stopReason(toMessages(role, chunk({ content: 'x' }, given)))).toBe(expected);
      const whole = JSON.stringify({ choices: [{ message: { content: 'x' }, finish_reason: given }] });
      expect(translateAnswer('chat-completions', whole).parsed.stop_reason).toBe(expected);
    }
  });
  test('a stop reason in the words of the other protocol is read, in a stream and whole', () => {
    for (const [given, expected] of [
      ['stop', 'stop'],
      ['length', 'length'],
      ['content_filter', 'content_filter'],
      ['tool_calls', 'stop'],
    ] as const) {
      const events = [start, blockStart(0, text), textDelta(0, 'x'), stop(0), finish(given), messageStop];
      expect(finishes(toChat(...events))).toEqual([expected]);
      const whole = JSON.stringify({ content: [{ type: 'text', text: 'x' }], stop_reason: given });
      expect(translateAnswer('messages', whole).parsed.choices).toMatchObject([{ finish_reason: expected }]);
    }
  });
  test('a block behind the stop reason is none that an answer has', () => {
    const block = [start, blockStart(0, text), textDelta(0, 'x'), stop(0), finish('end_turn')];
    for (const more of [[], [messageStop]]) {
      const frames = messagesFrames([...block, blockStart(1, call('a')), input(1, '{"a":'), ...more]);
      expect(failureOf('messages', frames)?.message).toBe('The upstream sent a block after its stop reason.');
    }
  });
  test('an ending with a name that every object inherits is one that nobody knows', () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      expect(stopReason(toMessages(role, chunk({ content: 'x' }, name)))).toBe('end_turn');
      const inherited = delta(0, { type: name, text: 'y' });
      const events = toChat(
        start,
        blockStart(0, text),
        textDelta(0, 'x'),
        inherited,
        stop(0),
        finish(name),
        messageStop,
      );
      expect(finishes(events)).toEqual(['stop']);
    }
  });
  test('H01, H03, H04 an error frame of either protocol is an error, with its words', () => {
    const chat = chatFrames([role, { choices: [], error: { message: 'full', code: 503 } }]);
    const other = messagesFrames([start, { type: 'error', error: { type: 'overloaded_error', message: 'full' } }]);
    expect(failureOf('chat-completions', chat)?.message).toBe('told: full');
    // OpenRouter.
    const choice = { index: 0, delta: {}, finish_reason: 'error', error: { message: 'full', code: 503 } };
    expect(failureOf('chat-completions', chatFrames([role, { choices: [choice] }]))?.message).toBe('told: full');
    const whole = JSON.stringify({ choices: [{ ...choice, message: { content: 'x' } }] });
    expect(() => translateAnswer('chat-completions', whole)).toThrow('told: full');
    expect(failureOf('messages', other)?.message).toBe('told: full');
  });
  test('H03 an event named error is one, whatever its data looks like, also behind the finish reason', () => {
    const chat = chatFrames([role, chunk({ content: 'x' }, 'stop')], false);
    for (const data of ['{"message":"full"}', '{"error":{"message":"full"}}']) {
      expect(failureOf('chat-completions', `${chat}event: error\ndata: ${data}\n\n`)?.message).toBe('told: full');
    }
    expect(failureOf('chat-completions', `${chat}event: error\ndata: full\n\n`)?.message).toBe('told: "full"');
  });
  test('H03 the words of an error of Messages may stand in it or beside its type', () => {
    const flat = { type: 'error', message: 'full' };
    expect(failureOf('messages', messagesFrames([start, flat]))?.message).toBe('told: full');
    expect(() => translateAnswer('messages', JSON.stringify(flat))).toThrow('told: full');
  });
  test('A18 an error as plain JSON where a stream was asked for is an error, with its words', () => {
    const bodies = [
      '{"type":"error","error":{"type":"overloaded_error","message":"full"}}',
      ': keep-alive\n\n\n{\n  "error": {"message": "full"}\n}\n',
      '[{"error":{"code":503,"message":"full"}}]',
      '{"error":{"message":"full"}}\n\n',
      'error: {"code":400,"message":"full","type":"invalid_request_error"}\n\ndata: [DONE]\n\n',
    ];
    for (const body of bodies) {
      expect(failureOf('chat-completions', body)?.message).toBe('told: full');
      expect(failureOf('messages', body)?.message).toBe('told: full');
    }
    expect(failureOf('messages', '{"error":null}')?.message).toContain('before it was finished');
  });
  test('I08 keep-alive comments are no data', () => {
    const { stream } = translateStream('chat-completions', [
      `: keep-alive\n\n${chatFrames([role, chunk({ content: 'x' }, 'stop')])}`,
    ]);
    expect(stream.state).toBe('complete');
  });
  test('I09 no bytes, or nothing but comments, are no answer', () => {
    expect(failureOf('chat-completions', '')?.code).toBe('upstream_error');
    expect(failureOf('messages', ': keep-alive\n\n\n\n')?.code).toBe('upstream_error');
    expect(() => translateAnswer('chat-completions', '\n\n\n')).toThrow('empty answer');
  });
  test('a whole answer with an error inside, without a message, broken off', () => {
    expect(() => translateAnswer('chat-completions', '{"error":{"message":"full"}}')).toThrow('told: full');
    expect(() => translateAnswer('messages', '{"type":"error","error":{"message":"full"}}')).toThrow('told: full');
    expect(() => translateAnswer('chat-completions', '{"choices":[]}')).toThrow('without a message');
    expect(() => translateAnswer('chat-completions', '{"choices":[{"message":{"content":"x"}}]}')).toThrow(
      'finish reason',
    );
    const cut = '{"choices":[{"message":{"content":"x"},"finish_reason":"insufficient_system_resource"}]}';
    expect(() => translateAnswer('chat-completions', cut)).toThrow('ran out of capacity');
    const cutMessage = '{"content":[{"type":"text","text":"x"}],"stop_reason":"insufficient_system_resource"}';
    expect(() => translateAnswer('messages', cutMessage)).toThrow('ran out of capacity');
    expect(() => translateAnswer('messages', '<html>')).toThrow('other than JSON');
  });
});

describe('D: usage for the client', () => {
  const deepseek = {
    prompt_tokens: 18,
    completion_tokens: 9,
    total_tokens: 27,
    prompt_cache_hit_tokens: 16,
    prompt_cache_miss_tokens: 2,
    completion_tokens_details: { reasoning_tokens: 5 },
  };
  const reported = (events: Record<string, unknown>[]) => events.find((event) => event.type === 'message_delta')?.usage;

  test('D04, D17, D22, D27, D39 usage on the finish chunk, the cached share taken out of the input', () => {
    const events = toMessages(role, chunk({ content: 'x' }, 'stop', { usage: deepseek }));
    expect(reported(events)).toMatchObject({ input_tokens: 2, cache_read_input_tokens: 16, output_tokens: 9 });
    expect(reported(events)).toMatchObject({ output_tokens_details: { thinking_tokens: 5 } });
  });
  test('usage within the choice, as Kimi reports it', () => {
    const last = { index: 0, delta: {}, finish_reason: 'stop', usage: deepseek };
    const events = toMessages(role, chunk({ content: 'x' }), { ...chunk({}), choices: [last] });
    expect(reported(events)).toMatchObject({ input_tokens: 2, cache_read_input_tokens: 16, output_tokens: 9 });
  });
  test('D05, D06, D08 the start has an estimate, the end what was reported', () => {
    const events = toMessages(role, chunk({ content: 'x' }, 'stop'), { ...chunk({}), choices: [], usage: deepseek });
    expect((events[0]!.message as { usage: object }).usage).toMatchObject({ input_tokens: 77 });
    expect(reported(events)).toMatchObject({ input_tokens: 2 });
    // Some servers count the prompt first, and the cache and the output later.
    const early = { prompt_tokens: 18, completion_tokens: 0, total_tokens: 18, prompt_cache_hit_tokens: 0 };
    const corrected = toMessages(
      { ...chunk({}), choices: [], usage: early },
      chunk({ content: 'x' }, 'stop', { usage: deepseek }),
    );
    expect((corrected[0]!.message as { usage: object }).usage).toMatchObject({ input_tokens: 18 });
    expect(reported(corrected)).toMatchObject({ input_tokens: 2, cache_read_input_tokens: 16, output_tokens: 9 });
  });
  test('D28, D31, D40 a Chat client gets all input in prompt_tokens, once', () => {
    const reports = { input_tokens: 9, cache_creation_input_tokens: 3, cache_read_input_tokens: 20, output_tokens: 3 };
    const events = toChat({ ...start, message: { usage: reports } }, finish('end_turn'), messageStop);
    expect(events.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 32, completion_tokens: 3, total_tokens: 35 },
    });
  });
  test('D02, D43 stream and whole answer report the same', () => {
    const { stream } = translateStream('chat-completions', [
      chatFrames([role, chunk({ content: 'x' }, 'stop', { usage: deepseek })]),
    ]);
    const whole = translateAnswer(
      'chat-completions',
      JSON.stringify({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }], usage: deepseek }),
    );
    expect(stream.usage()).toEqual(whole.usage!);
  });
  test('D41, D42 usage is sent when asked for, and only then', () => {
    const frames = messagesFrames([
      start,
      blockStart(0, text),
      textDelta(0, 'x'),
      stop(0),
      finish('end_turn'),
      messageStop,
    ]);
    for (const includeUsage of [true, false]) {
      const { text } = translateStream('messages', [frames], { includeUsage });
      expect(checkChatStream(text, { includeUsage })).toEqual([]);
    }
  });
  test('usage counted here stands in the last frames where the upstream gave none', () => {
    const { stream } = translateStream('chat-completions', [chatFrames([role, chunk({ content: 'x' }, 'stop')])]);
    const counted = {
      input: { uncached: 5, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
      output: { text: 1, reasoning: 0 },
      source: 'estimated' as const,
    };
    expect(new TextDecoder().decode(stream.terminal(counted))).toContain('"input_tokens":5,');
  });
});
