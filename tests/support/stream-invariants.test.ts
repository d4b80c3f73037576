import { describe, expect, test } from 'bun:test';
import { accumulateChat, accumulateMessages } from './stream-accumulators.ts';
import { checkChatStream, checkMessagesStream, eventsOf, everySplit, rechunk } from './stream-invariants.ts';

const chunk = (delta: object, more: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1787600000,
  model: 'deepseek-v4-pro',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
  ...more,
});
const finish = (reason: string, more: object = {}) => ({
  ...chunk({}),
  choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: reason }],
  ...more,
});
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const call = (index: number, rest: object) => ({ tool_calls: [{ index, ...rest }] });
const begin = (index: number, args = '') =>
  call(index, { id: `call_${index}`, type: 'function', function: { name: 'f', arguments: args } });
const chat = (...frames: (object | string)[]) =>
  frames.map((frame) => `data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`).join('');

const goodChat = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hi' }),
  chunk(begin(0)),
  chunk(call(0, { function: { arguments: '{}' } })),
  chunk(begin(1, '{}')),
  finish('tool_calls', { usage }),
  '[DONE]',
] as const;

describe('a Chat Completions stream', () => {
  const check = (frames: readonly (object | string)[], includeUsage = true) =>
    checkChatStream(chat(...frames), { includeUsage });

  test('that is good has no violations, with usage on the finish chunk or alone', async () => {
    expect(check(goodChat)).toEqual([]);
    expect(check([goodChat[0], goodChat[1], finish('stop'), { ...chunk({}), choices: [], usage }, '[DONE]'])).toEqual(
      [],
    );
    expect(check([goodChat[0], finish('stop'), '[DONE]'], false)).toEqual([]);
    expect(check([goodChat[0], { error: { message: 'overloaded' } }])).toEqual([]);
    expect((await accumulateChat(chat(...goodChat))).choices[0]?.message.tool_calls?.length).toBe(2);
  });

  const first = goodChat[0];
  const end = finish('stop', { usage });
  test.each<[string, readonly (object | string)[]]>([
    ['no [DONE] at the end', [first, end]],
    ['a frame after [DONE]', [first, end, '[DONE]', '[DONE]']],
    ['a frame after the error frame', [first, { error: { message: 'x' } }, '[DONE]']],
    ['the first delta of choice 0 has no role', [chunk({ content: 'Hi' }), end, '[DONE]']],
    ['id changed', [first, { ...chunk({ content: 'Hi' }), id: 'c2' }, end, '[DONE]']],
    ['created is not in Unix seconds', [chunk({ role: 'assistant' }, { created: 1787600000000 })]],
    ['created changed', [first, { ...chunk({}), created: 1787600001 }]],
    ['model changed', [first, { ...chunk({}), model: 'other' }]],
    ['choice 0 has no finish_reason', [first, '[DONE]']],
    ['choice 0 goes on after its finish_reason', [first, finish('stop'), chunk({ content: 'more' })]],
    ['usage before finish_reason', [first, { ...chunk({}), usage }]],
    ['a chunk after the usage', [first, end, chunk({})]],
    ['no usage although it was asked for', [first, finish('stop'), '[DONE]']],
    ['usage.prompt_tokens is null', [first, finish('stop', { usage: { ...usage, prompt_tokens: null } }), '[DONE]']],
    ['usage.total_tokens is -1', [first, finish('stop', { usage: { ...usage, total_tokens: -1 } }), '[DONE]']],
    ['tool call index 1 where 0 was due', [first, chunk(begin(1))]],
    ['tool call 0 repeats its id, type or name', [first, chunk(begin(0)), chunk(begin(0))]],
    [
      'tool call 0 begins without id',
      [first, chunk(call(0, { type: 'function', function: { name: 'f', arguments: '' } }))],
    ],
    [
      'arguments of tool call 0 is not a string',
      [first, chunk(call(0, { id: 'a', type: 'function', function: { name: 'f' } }))],
    ],
    ['a choice without index', [{ ...chunk({}), choices: [{ delta: {}, finish_reason: null }] }]],
    ['reasoning_content is not a string', [first, chunk({ reasoning_content: {} })]],
    ['data is not a JSON object', [first, '{"half":']],
  ])('%s', (violation, frames) => {
    expect(check(frames).join('\n')).toContain(violation);
  });

  test('usage although it was not asked for', () => {
    expect(check(goodChat, false).join('\n')).toContain('usage although it was not asked for');
  });

  test('a comment block is found unless it is allowed; a comment inside a block is fine', () => {
    const good = chat(...goodChat);
    expect(checkChatStream(`: hi\n\n${good}`, { includeUsage: true })).toHaveLength(1);
    expect(checkChatStream(`: hi\n\n${good}`, { includeUsage: true, allowCommentBlocks: true })).toEqual([]);
    expect(checkChatStream(`: hi\n${good}`, { includeUsage: true })).toEqual([]);
  });

  test('a last frame cut off, and bytes that are no UTF-8', () => {
    const good = chat(...goodChat);
    expect(checkChatStream(good.trimEnd(), { includeUsage: true }).join('\n')).toContain('not ended by a blank line');
    const torn = Uint8Array.of(...new TextEncoder().encode(good), 0x3a, 0xe4, 0xbd, 0x0a, 0x0a);
    expect(checkChatStream(torn, { includeUsage: true, allowCommentBlocks: true })).toEqual([
      'the bytes are not UTF-8',
    ]);
  });
});

type Frame = { type: string; [name: string]: unknown };
const start: Frame = {
  type: 'message_start',
  message: {
    id: 'm1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 0 },
  },
};
const blockStart = (index: number, content_block: object): Frame => ({
  type: 'content_block_start',
  index,
  content_block,
});
const text = (index: number) => blockStart(index, { type: 'text', text: '' });
const toolUse = (index: number) => blockStart(index, { type: 'tool_use', id: 't', name: 'f', input: {} });
const delta = (index: number, delta: object): Frame => ({ type: 'content_block_delta', index, delta });
const textDelta = (index: number) => delta(index, { type: 'text_delta', text: 'Hi' });
const json = (index: number, partial_json: string) => delta(index, { type: 'input_json_delta', partial_json });
const stop = (index: number): Frame => ({ type: 'content_block_stop', index });
const messageDelta = (stop_reason: string | null, usage: object = { output_tokens: 2 }): Frame => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null },
  usage,
});
const messageStop: Frame = { type: 'message_stop' };
const ping: Frame = { type: 'ping' };
const error: Frame = { type: 'error', error: { type: 'overloaded_error', message: 'busy' } };
const messages = (...frames: Frame[]) =>
  frames.map((frame) => `event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`).join('');

const goodMessages = [
  start,
  ping,
  blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
  delta(0, { type: 'thinking_delta', thinking: 'Hm' }),
  delta(0, { type: 'signature_delta', signature: 's' }),
  stop(0),
  text(1),
  textDelta(1),
  stop(1),
  toolUse(2),
  json(2, ''),
  stop(2),
  toolUse(3),
  json(3, '{"a":'),
  json(3, '1}'),
  stop(3),
  messageDelta('tool_use'),
  messageStop,
];

describe('a Messages stream', () => {
  const check = (...frames: Frame[]) => checkMessagesStream(messages(...frames));
  const body = [start, text(0), textDelta(0), stop(0)];
  const ending = [messageDelta('end_turn'), messageStop];

  test('that is good has no violations', async () => {
    expect(check(...goodMessages)).toEqual([]);
    expect(check(...body, ...ending)).toEqual([]);
    expect(check(start, messageDelta('refusal'), messageStop)).toEqual([]);
    expect(check(start, toolUse(0), json(0, '{"cut'), stop(0), messageDelta('max_tokens'), messageStop)).toEqual([]);
    expect(check(start, text(0), error)).toEqual([]);
    expect((await accumulateMessages(messages(...goodMessages))).content.length).toBe(4);
  });

  test.each<[string, Frame[]]>([
    ['content_block_start before message_start', [text(0)]],
    ['a second message_start', [start, start]],
    ['block 1 starts while 0 is open', [start, text(0), textDelta(0), text(1)]],
    ['block index 1 where 0 was due', [start, text(1)]],
    [
      'text_delta in a thinking block',
      [start, blockStart(0, { type: 'thinking', thinking: '', signature: '' }), textDelta(0)],
    ],
    ['thinking_delta in a text block', [start, text(0), delta(0, { type: 'thinking_delta', thinking: 'x' })]],
    ['without empty thinking and a signature string', [start, blockStart(0, { type: 'thinking', thinking: '' })]],
    ['a delta for block 1, not open', [start, text(0), textDelta(1)]],
    ['block 0 stops, not open', [...body, stop(0)]],
    ['an empty text block', [start, text(0), stop(0)]],
    [
      'the joined partial_json is not a JSON object',
      [start, toolUse(0), json(0, '{}{'), stop(0), messageDelta('tool_use'), messageStop],
    ],
    ['message_delta with a block open', [start, text(0), textDelta(0), messageDelta('end_turn')]],
    ['message_stop with a block open', [start, text(0), textDelta(0), ...ending]],
    ['message_stop with a block open', [start, text(0), textDelta(0), messageStop]],
    ['message_stop with a block open', [start, toolUse(0), json(0, '{"a":1}'), messageDelta('tool_use'), messageStop]],
    ['message_stop with a block open', [...body, text(1), messageDelta('end_turn'), messageStop]],
    ['no message_delta before message_stop', [...body, messageStop]],
    ['stop_reason is null', [...body, messageDelta(null), messageStop]],
    ['stop_reason is null', [...body, messageDelta('max_tokens'), messageDelta(null), messageStop]],
    ['stop_reason is "stop"', [...body, messageDelta('stop'), messageStop]],
    ['a block after message_delta', [...body, messageDelta('end_turn'), text(1)]],
    ['stop_reason end_turn after a tool_use block', [start, toolUse(0), stop(0), ...ending]],
    ['stop_reason tool_use without a tool_use block', [...body, messageDelta('tool_use'), messageStop]],
    ['content_block_start after message_stop', [...body, ...ending, text(1)]],
    ['message_stop after error', [start, error, messageStop]],
    ['neither message_stop nor error at the end', body],
    ['usage.output_tokens is null', [...body, messageDelta('end_turn', { output_tokens: null }), messageStop]],
    ['usage is missing', [{ ...start, message: {} }]],
  ])('%s', (violation, frames) => {
    expect(check(...frames).join('\n')).toContain(violation);
  });

  test('an event name that differs from the type', () => {
    const wrong = messages(...goodMessages).replace('event: ping', 'event: pong');
    expect(checkMessagesStream(wrong).join('\n')).toContain('event: pong but type "ping"');
  });
});

test('rechunk and everySplit give all bytes in order', () => {
  const bytes = new TextEncoder().encode('data: 你好\n\n');
  expect([...rechunk(bytes, 4)].flatMap((part) => [...part])).toEqual([...bytes]);
  const splits = [...everySplit(bytes)];
  expect(splits.length).toBe(bytes.length + 1);
  for (const [head, tail] of splits) expect([...head, ...tail]).toEqual([...bytes]);
  expect(eventsOf(bytes)).toEqual([{ event: '', data: '你好' }]);
});
