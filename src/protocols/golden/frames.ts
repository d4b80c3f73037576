import { expect } from 'bun:test';
import { checkChatStream, checkMessagesStream } from '../../../tests/support/stream-invariants.ts';
import { isObject, parseJson } from '../json.ts';
import { chatFrames, type MessagesEvent, messagesFrames, translateStream } from './harness.ts';

/* Frames of both protocols, and what becomes of them: for tests that name one fault each. */
export const chunk = (delta: object, finish: string | null = null, more: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1787600001,
  model: 'up',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  ...more,
});
export const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
export const role = chunk({ role: 'assistant', content: '' });
export const begin = (index: number, id: string, args = '') =>
  chunk({ tool_calls: [{ index, id, type: 'function', function: { name: 'run', arguments: args } }] });
export const args = (index: number, text: string) => chunk({ tool_calls: [{ index, function: { arguments: text } }] });

/** What a Messages client gets of these chunks; checked. */
export function toMessages(...chunks: object[]): Record<string, unknown>[] {
  const { text, stream } = translateStream('chat-completions', [chatFrames(chunks)]);
  expect(stream.failure).toBeUndefined();
  expect(checkMessagesStream(text)).toEqual([]);
  return eventsOf(text);
}

export const start: MessagesEvent = {
  type: 'message_start',
  message: { id: 'msg_1', role: 'assistant', model: 'up', content: [], usage: { input_tokens: 9, output_tokens: 1 } },
};
export const blockStart = (index: number, content_block: object): MessagesEvent => ({
  type: 'content_block_start',
  index,
  content_block,
});
export const text = { type: 'text', text: '' };
export const call = (id: string) => ({ type: 'tool_use', id, name: 'run', input: {} });
export const delta = (index: number, delta: object): MessagesEvent => ({ type: 'content_block_delta', index, delta });
export const textDelta = (index: number, words: string) => delta(index, { type: 'text_delta', text: words });
export const input = (index: number, partial_json: string) => delta(index, { type: 'input_json_delta', partial_json });
export const stop = (index: number): MessagesEvent => ({ type: 'content_block_stop', index });
export const finish = (stop_reason: string | null, usage: object = { output_tokens: 3 }): MessagesEvent => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null },
  usage,
});
export const messageStop: MessagesEvent = { type: 'message_stop' };

/** What a Chat client gets of these events; checked. */
export function toChat(...events: MessagesEvent[]): Record<string, unknown>[] {
  const { text, stream } = translateStream('messages', [messagesFrames(events)]);
  expect(stream.failure).toBeUndefined();
  expect(checkChatStream(text, { includeUsage: true })).toEqual([]);
  return eventsOf(text);
}

function eventsOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => parseJson(line.slice(6)))
    .filter(isObject);
}

export const types = (events: Record<string, unknown>[]): unknown[] =>
  events.map((event) => (isObject(event.content_block) ? `+${event.content_block.type}` : event.type));
export const stopReason = (events: Record<string, unknown>[]): unknown =>
  (events.find((event) => event.type === 'message_delta')!.delta as { stop_reason: unknown }).stop_reason;
export const joined = (events: Record<string, unknown>[], name: string): string =>
  events.map((event) => (isObject(event.delta) ? String(event.delta[name] ?? '') : '')).join('');

interface Choice {
  index: number;
  delta: {
    role?: string;
    content?: string | null;
    reasoning_content?: unknown;
    tool_calls?: { index: number; id?: string; function: { arguments?: string } }[];
  };
  finish_reason: string | null;
}
export const choices = (events: Record<string, unknown>[]): Choice[] =>
  events.flatMap((event) => (event.choices as Choice[] | undefined) ?? []);
export const callsOf = (events: Record<string, unknown>[]) =>
  choices(events).flatMap((choice) => choice.delta.tool_calls ?? []);
export const finishes = (events: Record<string, unknown>[]) =>
  choices(events).flatMap((choice) => (choice.finish_reason === null ? [] : [choice.finish_reason]));

/** Why these bytes were no answer. */
export const failureOf = (upstream: 'chat-completions' | 'messages', bytes: string) =>
  translateStream(upstream, [bytes]).stream.failure;
