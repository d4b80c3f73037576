import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import {
  chatAnswer,
  jsonAnswer,
  messagesAnswer,
  type ScriptedAnswer,
  type ScriptedUpstream,
  scriptedUpstream,
} from '../support/scripted-upstream.ts';

let upstream: ScriptedUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ upstream: upstream.url });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

const TEXT = 'a word '.repeat(40);

const chatWhole = (usage: unknown, says: object = { content: TEXT }): ScriptedAnswer => {
  const message = { role: 'assistant', ...says };
  return jsonAnswer({
    id: 'x',
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  });
};
const chatStream = (...usages: unknown[]): ScriptedAnswer => {
  const frame = (delta: object, finish_reason: string | null = null) => ({
    id: 'x',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
  });
  return chatAnswer([
    frame({ role: 'assistant', content: TEXT }),
    frame({}, 'stop'),
    ...usages.map((usage) => ({ id: 'x', object: 'chat.completion.chunk', choices: [], usage })),
    '[DONE]',
  ]);
};
const messagesWhole = (usage: unknown): ScriptedAnswer =>
  jsonAnswer({
    id: 'm',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: TEXT }],
    stop_reason: 'end_turn',
    usage,
  });
const event = (type: string, more: object = {}) => ({ type, ...more });
const messagesStream = (atStart: unknown, atEnd?: unknown): ScriptedAnswer =>
  messagesAnswer([
    event('message_start', {
      message: { id: 'm', type: 'message', role: 'assistant', content: [], usage: atStart },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: TEXT } }),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn' }, ...(atEnd === undefined ? {} : { usage: atEnd }) }),
    event('message_stop'),
  ]);

const vendorOf = (model: string): string => (model === 'gpt-5-4' ? 'openai' : 'deepseek');

async function usageOf(protocol: Protocol, stream: boolean, answer: ScriptedAnswer) {
  upstream.enqueue(answer);
  await post(gateway, protocol, 'deepseek-v4-pro', stream);
  return gateway.money.charged.at(-1)!.outcome.usage;
}

async function post(
  to: TestGateway,
  protocol: Protocol,
  model: string,
  stream: boolean,
  more: object = {},
): Promise<string> {
  const response = await fetch(`${to.url}/v1/${protocol === 'messages' ? 'messages' : 'chat/completions'}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}` },
    body: JSON.stringify({
      model,
      max_tokens: 500,
      stream,
      messages: [{ role: 'user', content: 'Say a word forty times.' }],
      ...more,
    }),
  });
  const text = await response.text();
  expect(response.status).toBe(200);
  return text;
}

/** Unknown usage is never zero: what a report leaves out is counted, and the row says so. */
test.each([
  ['chat, the output left out', 'chat-completions', false, chatWhole({ prompt_tokens: 900 })],
  ['chat, the prompt left out', 'chat-completions', false, chatWhole({ completion_tokens: 900 })],
  ['chat, all zero', 'chat-completions', false, chatWhole({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 })],
  ['chat stream, the output left out', 'chat-completions', true, chatStream({ prompt_tokens: 900 })],
  ['chat stream, all zero', 'chat-completions', true, chatStream({ prompt_tokens: 0, completion_tokens: 0 })],
  ['messages, the output left out', 'messages', false, messagesWhole({ input_tokens: 900 })],
  ['messages, all zero', 'messages', false, messagesWhole({ input_tokens: 0, output_tokens: 0 })],
  ['messages stream, only a placeholder', 'messages', true, messagesStream({ input_tokens: 900, output_tokens: 1 })],
  ['messages stream, no input', 'messages', true, messagesStream(undefined, { output_tokens: 900 })],
  [
    'messages stream, zeros',
    'messages',
    true,
    messagesStream({ input_tokens: 0, output_tokens: 0 }, { output_tokens: 0 }),
  ],
] as const)('%s: counted, and marked', async (_name, protocol, stream, answer) => {
  const usage = await usageOf(protocol, stream, answer);
  expect(usage.source).toBe('estimated');
  expect(usage.input.uncached).toBeGreaterThan(5);
  expect(usage.output.text).toBeGreaterThan(40);
});

test.each([
  ['a call of the form before tools', { function_call: { name: 'f', arguments: JSON.stringify({ a: TEXT }) } }],
  ['content in parts', { content: [{ type: 'text', text: TEXT }] }],
  ['the transcript of audio', { audio: { id: 'a', data: 'UklGRg==', transcript: TEXT } }],
])('a whole answer that reports nothing is counted: %s', async (_name, says) => {
  const usage = await usageOf('chat-completions', false, chatWhole(undefined, says));
  expect(usage.source).toBe('estimated');
  expect(usage.output.text).toBeGreaterThan(40);
});

test('a number that was bent to zero stays: it was told, and the row is marked as clamped', async () => {
  gateway.logs.length = 0;
  const usage = await usageOf('chat-completions', false, chatWhole({ prompt_tokens: -5, completion_tokens: 10 }));
  expect(gateway.logs.filter((line) => line.includes('"event":"usage.clamped"'))).toHaveLength(1);
  expect(usage).toMatchObject({ source: 'upstream', clamped: true, input: { uncached: 0 }, output: { text: 10 } });
});

test('the input that message_start told survives zeros at the end', async () => {
  const answer = messagesStream({ input_tokens: 70, output_tokens: 1 }, { input_tokens: 0, output_tokens: 80 });
  expect(await usageOf('messages', true, answer)).toMatchObject({
    source: 'upstream',
    input: { uncached: 70 },
    output: { text: 80 },
  });
});

test.each(['deepseek-v4-pro', 'gpt-5-4'])(
  'a report of zeros takes nothing from the one before it: %s',
  async (model) => {
    await using translating = await testGateway({ upstream: upstream.url, vendor: vendorOf(model) });
    for (const protocol of ['chat-completions', 'messages'] as const) {
      if (protocol === 'messages' && model === 'deepseek-v4-pro') continue;
      const told = { prompt_tokens: 70, completion_tokens: 80, total_tokens: 150 };
      upstream.enqueue(chatStream(told, { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }));
      await post(translating, protocol, model, true);
      expect(translating.money.charged.at(-1)!.outcome.usage).toMatchObject({
        source: 'upstream',
        input: { uncached: 70 },
        output: { text: 80 },
      });
    }
  },
);

/** Answers with a report on the way and none at the end. */
const chatEarly = (usage: object, afterwards?: object): ScriptedAnswer => {
  const chunk = (choices: object[], more: object = {}) => ({
    id: 'x',
    object: 'chat.completion.chunk',
    choices,
    ...more,
  });
  const says = (content: string) => [{ index: 0, delta: { content }, finish_reason: null }];
  return chatAnswer([
    chunk(says('a '), { usage }),
    ...Array.from({ length: 39 }, () => chunk(says('word of it '))),
    chunk([{ index: 0, delta: {}, finish_reason: 'stop' }], afterwards === undefined ? {} : { usage: afterwards }),
    '[DONE]',
  ]);
};
const messagesEarly = (usage: object, afterwards?: object): ScriptedAnswer => {
  const frame = (type: string, more: object = {}) => ({ type, ...more });
  const says = (text: string) => frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
  const message = {
    id: 'm',
    type: 'message',
    role: 'assistant',
    content: [],
    usage: { input_tokens: 50, output_tokens: 1 },
  };
  const stop = { delta: { stop_reason: 'end_turn', stop_sequence: null } };
  return messagesAnswer([
    frame('message_start', { message }),
    frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    says('a '),
    frame('message_delta', { delta: { stop_reason: null, stop_sequence: null }, usage }),
    ...Array.from({ length: 38 }, () => says('word of it ')),
    frame('content_block_stop', { index: 0 }),
    frame('message_delta', afterwards === undefined ? stop : { ...stop, usage: afterwards }),
    frame('message_stop'),
  ]);
};

describe('a report that came before the end of the output', () => {
  const chat = (output: number) => ({ prompt_tokens: 50, completion_tokens: output, total_tokens: 50 + output });
  const messages = (output: number) => ({ output_tokens: output });
  describe.each([
    ['chat', 'openai', 'gpt-5-4', 'chat-completions', chatEarly, chat],
    ['chat to messages', 'openai', 'gpt-5-4', 'messages', chatEarly, chat],
    ['messages', 'anthropic', 'claude-opus-4-8', 'messages', messagesEarly, messages],
    ['messages to chat', 'anthropic', 'claude-opus-4-8', 'chat-completions', messagesEarly, messages],
    ['messages with repairs', 'deepseek', 'deepseek-v4-pro', 'messages', messagesEarly, messages],
  ] as const)('%s', (name, vendor, model, protocol, answer, told) => {
    async function charged(scripted: ScriptedAnswer) {
      const upstreamSpeaks = answer === chatEarly ? 'chat-completions' : 'messages';
      await using own = await testGateway({ upstream: upstream.url, vendor, protocols: [upstreamSpeaks] });
      upstream.enqueue(scripted);
      const text = await post(own, protocol, model, true, { stream_options: { include_usage: true } });
      return { text, usage: own.money.charged.at(-1)!.outcome.usage };
    }

    test('is not the last word: the larger of told and counted', async () => {
      const { usage, text } = await charged(answer(told(3)));
      if (name.includes(' ')) expect(text).toMatch(new RegExp(`"(output|completion)_tokens":${usage.output.text}\\b`));
      expect(usage).toMatchObject({ source: 'estimated', input: { uncached: 50 } });
      expect(usage.output.text).toBeGreaterThan(70);
      expect((await charged(answer(told(900)))).usage).toMatchObject({ source: 'upstream', output: { text: 900 } });
    });

    test('gives way to one at the end, but not to zeros', async () => {
      const last = await charged(answer(told(3), told(44)));
      expect(last.usage).toMatchObject({ source: 'upstream', output: { text: 44 } });
      const zeros = await charged(answer(told(3), answer === chatEarly ? { prompt_tokens: 0 } : { output_tokens: 0 }));
      expect(zeros.usage).toMatchObject({ source: 'estimated', input: { uncached: 50 } });
      expect(zeros.usage.output.text).toBeGreaterThan(70);
    });

    if (answer === chatEarly) return;
    test('stays what it is where the one at the end names no output', async () => {
      for (const silent of [{ cache_read_input_tokens: 0 }, { output_tokens: null }, {}]) {
        const { usage } = await charged(messagesEarly(messages(3), silent));
        expect(usage).toMatchObject({ source: 'estimated', input: { uncached: 50 } });
        expect(usage.output.text).toBeGreaterThan(70);
      }
    });
  });

  test('a count on every chunk is the last word', async () => {
    const counted = (usage: number, content: string, finish_reason: string | null = null) => ({
      usage: chat(usage),
      id: 'x',
      choices: [{ index: 0, delta: { content }, finish_reason }],
    });
    for (const protocol of ['chat-completions', 'messages'] as const) {
      await using own = await testGateway({
        upstream: upstream.url,
        vendor: 'openai',
        protocols: ['chat-completions'],
      });
      upstream.enqueue(chatAnswer([counted(1, 'a '), counted(2, TEXT), counted(3, 'b', 'stop'), '[DONE]']));
      await post(own, protocol, 'gpt-5-4', true);
      expect(own.money.charged.at(-1)!.outcome.usage).toMatchObject({ source: 'upstream', output: { text: 3 } });
    }
  });

  test('input of a call that came whole is known to the report after it, where its block never stops', async () => {
    const input = { a: TEXT };
    const frame = (type: string, more: object = {}) => ({ type, ...more });
    for (const protocol of ['chat-completions', 'messages'] as const) {
      await using own = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
      upstream.enqueue(
        messagesAnswer([
          frame('message_start', {
            message: { id: 'm', type: 'message', role: 'assistant', content: [], usage: { input_tokens: 50 } },
          }),
          frame('content_block_start', { index: 0, content_block: { type: 'tool_use', id: 't', name: 'f', input } }),
          frame('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 5 } }),
          frame('message_stop'),
        ]),
      );
      await post(own, protocol, 'claude-opus-4-8', true);
      expect(own.money.charged.at(-1)!.outcome.usage).toMatchObject({ source: 'upstream', output: { text: 5 } });
    }
  });
});

test('a report in front of the answer stays the word on its input, on both lanes', async () => {
  await using own = await testGateway({ upstream: upstream.url, vendor: 'openai', protocols: ['chat-completions'] });
  for (const protocol of ['chat-completions', 'messages'] as const) {
    const choice = (delta: object, finish_reason: string | null = null) => ({
      id: 'x',
      choices: [{ index: 0, delta, finish_reason }],
    });
    upstream.enqueue(
      chatAnswer([
        { id: 'x', choices: [], usage: { prompt_tokens: 50, completion_tokens: 0, total_tokens: 50 } },
        choice({ role: 'assistant', content: TEXT }),
        choice({}, 'stop'),
        '[DONE]',
      ]),
    );
    const text = await post(own, protocol, 'gpt-5-4', true);
    const { usage } = own.money.charged.at(-1)!.outcome;
    expect(usage).toMatchObject({ source: 'estimated', input: { uncached: 50 } });
    expect(usage.output.text).toBeGreaterThan(40);
    if (protocol === 'messages') expect(text).toContain('"usage":{"input_tokens":50');
  }
});

/** What the client is told is what it is charged, on both lanes, whole and streamed. */
test.each([
  ['gpt-5-4', 'messages', 'openai', chatWhole(undefined), chatStream()],
  ['claude-opus-4-8', 'chat-completions', 'anthropic', messagesWhole(undefined), messagesStream(undefined)],
  ['deepseek-v4-pro', 'messages', 'deepseek', messagesWhole(undefined), messagesStream(undefined)],
  [
    'deepseek-v4-pro',
    'messages',
    'deepseek',
    messagesWhole({ output_tokens: null }),
    messagesStream(undefined, { output_tokens: null }),
  ],
] as const)(
  'where nothing is reported, the client is told what is counted: %s',
  async (model, protocol, vendor, ...answers) => {
    const upstreamSpeaks = vendor === 'openai' ? 'chat-completions' : 'messages';
    await using own = await testGateway({ upstream: upstream.url, vendor, protocols: [upstreamSpeaks] });
    for (const [stream, answer] of [
      [false, answers[0]],
      [true, answers[1]],
    ] as const) {
      upstream.enqueue(answer);
      const text = await post(own, protocol, model, stream, { stream_options: { include_usage: true } });
      const { usage } = own.money.charged.at(-1)!.outcome;
      expect(usage.source).toBe('estimated');
      const [input, output] =
        protocol === 'messages' ? ['input_tokens', 'output_tokens'] : ['prompt_tokens', 'completion_tokens'];
      const told = (name: string): number[] =>
        [...text.matchAll(new RegExp(`"${name}":(\\d+)`, 'g'))].map((m) => Number(m[1]));
      expect(told(output).at(-1)).toBe(usage.output.text);
      expect(told(input).at(-1)).toBe(usage.input.uncached);
      expect(Math.min(...told(input))).toBeGreaterThan(0);
    }
  },
);

/** The explanation of a refusal is the vendor's text: the model wrote none of it. */
describe('a refusal of which the upstream reports no output costs its input', () => {
  const refusal = {
    stop_reason: 'refusal',
    stop_details: { type: 'refusal', category: 'cyber', explanation: 'This request was declined by a policy.' },
  };
  const usage = { input_tokens: 5, output_tokens: 0 };
  const message = { id: 'm', type: 'message', role: 'assistant', content: [] };
  const whole = jsonAnswer({ ...message, ...refusal, usage });
  const stream = messagesAnswer([
    event('message_start', { message: { ...message, usage } }),
    event('message_delta', { delta: refusal, usage }),
    event('message_stop'),
  ]);

  test.each([
    ['messages', false],
    ['messages', true],
    ['chat-completions', false],
    ['chat-completions', true],
  ] as const)('%s, streamed: %p', async (protocol, streamed) => {
    await using own = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
    upstream.enqueue(streamed ? stream : whole);
    const text = await post(own, protocol, 'claude-opus-4-8', streamed);
    expect(text).toContain('This request was declined by a policy.');
    expect(own.money.charged.at(-1)!.outcome.usage).toMatchObject({
      source: 'upstream',
      input: { uncached: 5 },
      output: { text: 0, reasoning: 0 },
    });
  });
});
