import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { accumulateChat, accumulateMessages } from '../../../tests/support/stream-accumulators.ts';
import { checkChatStream, checkMessagesStream, everySplit, rechunk } from '../../../tests/support/stream-invariants.ts';
import { isObject, parseJson } from '../json.ts';
import { cut, type SketchedAnswer, someAnswer, someCuts } from './generators.ts';
import { chatFrames, type MessagesEvent, messagesFrames, translateAnswer, translateStream } from './harness.ts';

const USAGE = {
  prompt_tokens: 339,
  completion_tokens: 92,
  total_tokens: 431,
  prompt_tokens_details: { cached_tokens: 320 },
  completion_tokens_details: { reasoning_tokens: 48 },
};
const MESSAGES_USAGE = {
  input_tokens: 19,
  cache_creation_input_tokens: 7,
  cache_read_input_tokens: 320,
  output_tokens: 92,
  output_tokens_details: { thinking_tokens: 48 },
};

const fn = (name: string, args: string) => ({ name, arguments: args });

/** The answer as a Chat Completions upstream streams it; with `mix`, deltas of parallel calls take turns. */
function chatStream(answer: SketchedAnswer, cuts: number[], mix: boolean): string {
  const chunk = (delta: object, more: object = {}) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1787600001,
    model: 'up',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
  });
  const deltas = answer.calls.map((call, index) => [
    { tool_calls: [{ index, id: call.id, type: 'function', function: fn(call.name, '') }] },
    ...cut(call.input, cuts).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ]);
  const inTurns = [];
  for (let i = 0; deltas.some((list) => i < list.length); i++)
    for (const list of deltas) if (list[i]) inTurns.push(list[i]!);
  return chatFrames([
    chunk({ role: 'assistant', content: '', reasoning_content: '' }),
    ...cut(answer.reasoning, cuts).map((text) => chunk({ content: null, reasoning_content: text })),
    ...cut(answer.text, cuts).map((text) => chunk({ content: text })),
    ...(mix ? inTurns : deltas.flat()).map((delta) => chunk(delta)),
    { ...chunk({}, { finish_reason: answer.calls.length > 0 ? 'tool_calls' : 'stop' }), usage: USAGE },
  ]);
}

const chatWhole = (answer: SketchedAnswer): string =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1787600001,
    model: 'up',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: answer.text,
          reasoning_content: answer.reasoning,
          tool_calls: answer.calls.map((call) => ({
            id: call.id,
            type: 'function',
            function: fn(call.name, call.input),
          })),
        },
        finish_reason: answer.calls.length > 0 ? 'tool_calls' : 'stop',
      },
    ],
    usage: USAGE,
  });

function messagesStream(answer: SketchedAnswer, cuts: number[], pings: boolean): string {
  const events: MessagesEvent[] = [
    {
      type: 'message_start',
      message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'up', content: [], usage: MESSAGES_USAGE },
    },
  ];
  let index = -1;
  const block = (content_block: object, deltas: object[]): void => {
    index++;
    events.push({ type: 'content_block_start', index, content_block });
    for (const delta of deltas) {
      if (pings) events.push({ type: 'ping' });
      events.push({ type: 'content_block_delta', index, delta });
    }
    events.push({ type: 'content_block_stop', index });
  };
  if (answer.reasoning !== '') {
    block({ type: 'thinking', thinking: '', signature: '' }, [
      ...cut(answer.reasoning, cuts).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: 'c2lnbmVk' },
    ]);
  }
  if (answer.text !== '') {
    block(
      { type: 'text', text: '' },
      cut(answer.text, cuts).map((text) => ({ type: 'text_delta', text })),
    );
  }
  for (const { id, name, input } of answer.calls) {
    const pieces = ['', ...cut(input, cuts)];
    block(
      { type: 'tool_use', id, name, input: {} },
      pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    );
  }
  const stop_reason = answer.calls.length > 0 ? 'tool_use' : 'end_turn';
  events.push({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: MESSAGES_USAGE });
  events.push({ type: 'message_stop' });
  return messagesFrames(events);
}

function messagesWhole(answer: SketchedAnswer): string {
  const blocks: string[] = [];
  if (answer.reasoning !== '') {
    blocks.push(JSON.stringify({ type: 'thinking', thinking: answer.reasoning, signature: 'c2lnbmVk' }));
  }
  if (answer.text !== '') blocks.push(JSON.stringify({ type: 'text', text: answer.text }));
  for (const { id, name, input } of answer.calls) {
    blocks.push(`{"type":"tool_use","id":"${id}","name":"${name}","input":${input === '' ? '{}' : input}}`);
  }
  const stop_reason = answer.calls.length > 0 ? 'tool_use' : 'end_turn';
  const rest = { stop_reason, stop_sequence: null, usage: MESSAGES_USAGE };
  return `{"id":"msg_1","type":"message","role":"assistant","model":"up","content":[${blocks}],${JSON.stringify(rest).slice(1)}`;
}

const runs = { numRuns: 60 };

describe('a Chat Completions upstream for a Messages client', () => {
  test('stream, whole answer and the official client agree, and the invariants hold', async () => {
    await fc.assert(
      fc.asyncProperty(someAnswer, someCuts, fc.boolean(), async (answer, cuts, mix) => {
        const { text, stream } = translateStream('chat-completions', [chatStream(answer, cuts, mix)]);
        expect(stream.failure).toBeUndefined();
        expect(checkMessagesStream(text)).toEqual([]);
        const whole = translateAnswer('chat-completions', chatWhole(answer));
        const seen = await accumulateMessages(text);
        expect(JSON.parse(JSON.stringify(seen.content))).toEqual(whole.parsed.content);
        expect(seen.stop_reason as unknown).toBe(whole.parsed.stop_reason);
        expect(JSON.parse(JSON.stringify(seen.usage))).toEqual(whole.parsed.usage);
        expect(stream.usage()).toEqual(whole.usage!);
        // The same words, though parallel calls took turns.
        expect(stream.output().reasoning).toBe(whole.output.reasoning);
        expect(stream.output().text.length).toBe(whole.output.text.length);
      }),
      runs,
    );
  });

  test('arguments arrive byte for byte, streamed and not', () => {
    fc.assert(
      fc.property(someAnswer, someCuts, fc.boolean(), (answer, cuts, mix) => {
        const inputs = answer.calls.map((call) => call.input);
        const { text } = translateStream('chat-completions', [chatStream(answer, cuts, mix)]);
        expect(inputsOf(text)).toEqual(inputs);
        const { body } = translateAnswer('chat-completions', chatWhole(answer));
        for (const input of inputs) expect(body).toContain(`"input":${input === '' ? '{}' : input}`);
      }),
      runs,
    );
  });

  test('every delta of the open block leaves with the read that brought it', () => {
    fc.assert(
      fc.property(someAnswer, someCuts, (answer, cuts) => {
        // Whether a call without arguments is over is known at the end alone.
        fc.pre(answer.calls.slice(0, -1).every((call) => call.input !== ''));
        const frames = chatStream(answer, cuts, false).split(/(?<=\n\n)/);
        const { reads } = translateStream('chat-completions', frames);
        for (const [i, frame] of frames.entries()) {
          const chunk = parseJson(frame.slice('data: '.length)) as { choices: { delta: Delta }[] } | undefined;
          const delta = chunk?.choices[0]?.delta;
          const piece = delta?.reasoning_content || delta?.content || delta?.tool_calls?.[0]?.function.arguments;
          if (piece) expect(reads[i]).toContain(JSON.stringify(piece).slice(1, -1));
        }
      }),
      runs,
    );
  });
});

interface Delta {
  content?: string;
  reasoning_content?: string;
  tool_calls?: { function: { arguments?: string } }[];
}

describe('a Messages upstream for a Chat Completions client', () => {
  test('stream, whole answer and the official client agree, and the invariants hold', async () => {
    await fc.assert(
      fc.asyncProperty(someAnswer, someCuts, fc.boolean(), async (answer, cuts, pings) => {
        const { text, stream } = translateStream('messages', [messagesStream(answer, cuts, pings)]);
        expect(stream.failure).toBeUndefined();
        expect(checkChatStream(text, { includeUsage: true })).toEqual([]);
        const whole = translateAnswer('messages', messagesWhole(answer));
        const message = (whole.parsed.choices as { message: Record<string, unknown> }[])[0]!.message;
        const seen = (await accumulateChat(text)).choices[0]!;
        expect(seen.message.content || null).toEqual((message.content as string) || null);
        expect(JSON.parse(JSON.stringify(seen.message.tool_calls ?? []))).toEqual(
          ((message.tool_calls as { function: object }[]) ?? [])
            .map((call) => ({
              ...call,
              function: { ...call.function, parsed_arguments: null },
            }))
            .map(({ function: { parsed_arguments: _, ...rest }, ...call }) => ({ ...call, function: rest })),
        );
        expect(reasoningOf(text)).toBe((message.reasoning_content as string | undefined) ?? '');
        expect(stream.usage()).toEqual(whole.usage!);
      }),
      runs,
    );
  });

  test('B03, B04: arguments arrive byte for byte, none as {}', () => {
    fc.assert(
      fc.property(someAnswer, someCuts, (answer, cuts) => {
        const { text } = translateStream('messages', [messagesStream(answer, cuts, false)]);
        const expected = answer.calls.map((call) => call.input || '{}');
        expect(argumentsOf(text)).toEqual(expected);
        const { parsed } = translateAnswer('messages', messagesWhole(answer));
        const calls = (parsed.choices as { message: { tool_calls?: { function: { arguments: string } }[] } }[])[0]!
          .message;
        expect((calls.tool_calls ?? []).map((call) => call.function.arguments)).toEqual(expected);
      }),
      runs,
    );
  });
});

describe('bytes', () => {
  const answer: SketchedAnswer = {
    reasoning: '想一想 🙂',
    text: '你好，👩‍👩‍👧 "世界"\n',
    calls: [
      { id: 'call_00_a', name: 'get_weather', input: '{"city": "巴黎 🗼"}' },
      { id: 'call_01_b', name: 'noop', input: '' },
    ],
  };
  const streams = [
    ['chat-completions', chatStream(answer, [2], true)],
    ['messages', messagesStream(answer, [2], true)],
  ] as const;
  for (const [upstream, frames] of streams) {
    const bytes = new TextEncoder().encode(frames);
    const whole = translateStream(upstream, [bytes]).text;

    test(`I01, I03: ${upstream}: cut at any byte, the client gets the same`, () => {
      for (const pieces of everySplit(bytes)) expect(translateStream(upstream, pieces).text).toBe(whole);
      for (const size of [1, 2, 3, 7]) expect(translateStream(upstream, rechunk(bytes, size)).text).toBe(whole);
    });

    test(`C06, H01: ${upstream}: a stream that ends early is never a whole one`, () => {
      const last =
        upstream === 'messages' ? frames.indexOf('event: message_delta') : frames.indexOf('"finish_reason":"');
      const enough = new TextEncoder().encode(frames.slice(0, last)).length;
      for (let at = 0; at <= enough; at++) {
        const { stream } = translateStream(upstream, [bytes.subarray(0, at)]);
        expect(stream.state).toBe('failed');
        expect(stream.failure?.code).toBe('upstream_error');
      }
    });

    test(`${upstream}: broken bytes never crash, and never end well without a terminal frame`, () => {
      const terminal = upstream === 'messages' ? /message_stop|stop_reason/ : /"finish_reason": ?"/;
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), {
            minLength: 1,
            maxLength: 12,
          }),
          fc.nat(bytes.length),
          fc.integer({ min: 1, max: 400 }),
          (changes, length, size) => {
            const broken = bytes.slice(0, length);
            for (const [at, byte] of changes) if (at < length) broken[at] = byte;
            const { stream, text } = translateStream(upstream, rechunk(broken, size));
            expect(stream.state).not.toBe('open');
            if (stream.state === 'complete') {
              expect(new TextDecoder().decode(broken)).toMatch(terminal);
              const violations =
                upstream === 'messages' ? checkChatStream(text, { includeUsage: true }) : checkMessagesStream(text);
              expect(violations).toEqual([]);
            }
          },
        ),
        { numRuns: 400 },
      );
    });
  }

  test('A15: nothing after the terminal frame is read', () => {
    for (const [upstream, frames] of streams) {
      expect(translateStream(upstream, [frames + frames]).text).toBe(translateStream(upstream, [frames]).text);
    }
  });
});

/** Joined `partial_json` of each tool_use block. */
function inputsOf(text: string): string[] {
  const inputs: string[] = [];
  for (const event of dataOf(text)) {
    const block = event.content_block as { type: string } | undefined;
    if (block?.type === 'tool_use') inputs.push('');
    const delta = event.delta as { partial_json?: string } | undefined;
    if (delta?.partial_json !== undefined) inputs[inputs.length - 1] += delta.partial_json;
  }
  return inputs;
}

function argumentsOf(text: string): string[] {
  const all: string[] = [];
  for (const event of dataOf(text)) {
    const choices = event.choices as { delta: Delta & { tool_calls?: { index: number }[] } }[];
    for (const call of choices[0]?.delta.tool_calls ?? []) {
      all[call.index] = (all[call.index] ?? '') + (call.function.arguments ?? '');
    }
  }
  return all;
}

const reasoningOf = (text: string): string =>
  dataOf(text)
    .map((event) => (event.choices as { delta: Delta }[])[0]?.delta.reasoning_content ?? '')
    .join('');

function dataOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => parseJson(line.slice(6)))
    .filter(isObject);
}
