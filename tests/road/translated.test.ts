import { afterAll, expect, spyOn, test } from 'bun:test';
import { chatAnswer, jsonAnswer, messagesAnswer } from '../support/scripted-upstream.ts';
import { checkChatStream, checkMessagesStream } from '../support/stream-invariants.ts';
import { call, translatingGateways, user } from '../support/translating-gateways.ts';

const { upstream, openai, anthropic, close } = await translatingGateways();
afterAll(close);

test('a stream does not wait for our count of its prompt: until the upstream tells, it is an estimate', async () => {
  const counting = spyOn(openai.house.counter, 'countPrompt').mockReturnValue(new Promise(() => {}));
  try {
    const chunk = (choice: object) => ({
      id: 'c',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, ...choice }],
    });
    const usage = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 };
    const last = { ...chunk({ delta: {}, finish_reason: 'stop' }), usage };
    upstream.enqueue(chatAnswer([chunk({ delta: { content: 'Hi' } }), last]));
    const response = await call(openai, '/v1/messages', {
      model: 'gpt-5.4',
      max_tokens: 50,
      stream: true,
      messages: [user],
    });
    const text = await response.text();
    expect(checkMessagesStream(text)).toEqual([]);
    expect(Number(/"input_tokens":(\d+)/.exec(text)?.[1])).toBeGreaterThan(1);
    expect(text).toContain('"text":"Hi"');
    expect(counting).toHaveBeenCalled();
  } finally {
    counting.mockRestore();
  }
});

test('a prompt is counted once, for the start of the answer and for its bill', async () => {
  const counting = spyOn(openai.house.counter, 'countPrompt');
  try {
    const chunk = (choice: object) => ({
      id: 'c',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, ...choice }],
    });
    const frames = [chunk({ delta: { content: 'Hi' } }), chunk({ delta: {}, finish_reason: 'stop' })];
    upstream.enqueue(chatAnswer(frames));
    const response = await call(openai, '/v1/messages', {
      model: 'gpt-5.4',
      max_tokens: 50,
      stream: true,
      messages: [user],
    });
    expect(checkMessagesStream(await response.text())).toEqual([]);
    expect(openai.money.charged.at(-1)!.outcome.usage.source).toBe('estimated');
    expect(counting).toHaveBeenCalledTimes(1);
  } finally {
    counting.mockRestore();
  }
});

test('the last frames leave once the upstream has told its usage: whatever it does then is not waited for', async () => {
  const chunk = (choices: object[], more: object = {}) => ({
    id: 'c',
    object: 'chat.completion.chunk',
    choices,
    ...more,
  });
  const usage = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 };
  const body = { max_tokens: 50, stream: true, messages: [user] };
  upstream.enqueue(
    chatAnswer([
      chunk([{ index: 0, delta: { content: 'Hi' } }]),
      chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
      chunk([], { usage }),
      'stall',
    ]),
  );
  const messages = await (await call(openai, '/v1/messages', { ...body, model: 'gpt-5.4' })).text();
  expect(checkMessagesStream(messages)).toEqual([]);
  expect(openai.money.charged.at(-1)!.outcome.usage.output).toEqual({ text: 1, reasoning: 0 });
  const report = { input_tokens: 9, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 1 };
  const events = [
    { type: 'message_start', message: { id: 'm', content: [], usage: { ...report, output_tokens: 0 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: report },
  ];
  upstream.enqueue(messagesAnswer([...events, 'stall']));
  const chat = await (await call(anthropic, '/v1/chat/completions', { ...body, model: 'claude-opus-4-8' })).text();
  expect(checkChatStream(chat, { includeUsage: false })).toEqual([]);
  expect(chat).toEndWith('data: [DONE]\n\n');
  expect(anthropic.money.charged.at(-1)!.outcome.usage.output).toEqual({ text: 1, reasoning: 0 });
});

test('A18: an error as plain JSON under a 200 is a plain error where a stream was asked for', async () => {
  const cases = [
    [openai, '/v1/messages', 'gpt-5.4', 529],
    [anthropic, '/v1/chat/completions', 'claude-opus-4-8', 503],
  ] as const;
  for (const [gateway, path, model, status] of cases) {
    upstream.enqueue(jsonAnswer({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }));
    const response = await call(gateway, path, { model, max_tokens: 50, stream: true, messages: [user] });
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([status, 'true']);
    expect(await response.text()).toContain('The upstream is overloaded: Overloaded');
  }
});
