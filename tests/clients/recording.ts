import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { RECORDINGS } from '../support/recordings.ts';

type Json = Record<string, unknown>;

/** A recorded stream, and the whole answer that says the same. */
export interface Recording {
  /** One JSON payload for each event, as it came. */
  payloads: string[];
  /** The events as they were on the wire. */
  bytes: string;
  /** Joined here by the rules of the protocol, without the help of any client. */
  whole: Json;
}

export function readRecording(name: string, protocol: Protocol): Recording {
  const payloads = readFileSync(join(RECORDINGS, `${name}.chunks.txt`), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const events = payloads.map((payload) => JSON.parse(payload) as Json);
  return {
    payloads,
    bytes: onWire(payloads, protocol),
    whole: protocol === 'messages' ? joinMessage(events) : joinChat(events),
  };
}

export const readWhole = (name: string): string => readFileSync(join(RECORDINGS, `${name}.json`), 'utf8');

/** Payloads as the events of a finished stream. */
export function onWire(payloads: readonly string[], protocol: Protocol): string {
  if (protocol === 'chat-completions') {
    return `${payloads.map((payload) => `data: ${payload}\n\n`).join('')}data: [DONE]\n\n`;
  }
  return payloads
    .map((payload) => `event: ${(JSON.parse(payload) as { type: string }).type}\ndata: ${payload}\n\n`)
    .join('');
}

/** The same text with another model's name, at the one place where it stands: the first. */
export const renamed = (text: string, model: string): string =>
  text.replace(/("model":\s*)"[^"]*"/, (_, key: string) => key + JSON.stringify(model));

interface ToolCall {
  index?: number;
  id: string;
  type: string;
  function: { name: string; arguments: string };
}
interface ChatDelta {
  content?: string | null;
  reasoning_content?: string | null;
  tool_calls?: (Partial<ToolCall> & { index: number })[];
}
interface ChatEvent {
  choices?: { delta: ChatDelta; finish_reason?: string | null }[];
  usage?: Json | null;
}

function joinChat(events: readonly Json[]): Json {
  const calls: ToolCall[] = [];
  let content = '';
  let reasoning = '';
  let finish_reason: string | null = null;
  let usage: Json | undefined;
  for (const event of events as readonly ChatEvent[]) {
    usage = event.usage ?? usage;
    const choice = event.choices?.[0];
    if (choice === undefined) continue;
    finish_reason = choice.finish_reason ?? finish_reason;
    content += choice.delta.content ?? '';
    reasoning += choice.delta.reasoning_content ?? '';
    for (const { index, id, type, function: piece } of choice.delta.tool_calls ?? []) {
      calls[index] ??= { id: id ?? '', type: type ?? '', function: { name: piece?.name ?? '', arguments: '' } };
      calls[index].function.arguments += piece?.arguments ?? '';
    }
  }
  const message: Json = { role: 'assistant', content: content === '' ? null : content };
  if (reasoning !== '') message.reasoning_content = reasoning;
  if (calls.length > 0) message.tool_calls = calls;
  const { id, created, model } = events[0]!;
  const choices = [{ index: 0, message, logprobs: null, finish_reason }];
  return { id, object: 'chat.completion', created, model, choices, usage };
}

interface MessagesEvent {
  type: string;
  index: number;
  message: Json;
  content_block: Json;
  delta: { text?: string; thinking?: string; signature?: string; partial_json?: string; stop_reason?: string };
  usage: Json;
}

function joinMessage(events: readonly Json[]): Json {
  let message: Json = {};
  const content: Json[] = [];
  const inputs: string[] = [];
  for (const event of events as unknown as readonly MessagesEvent[]) {
    if (event.type === 'message_start') message = event.message;
    if (event.type === 'content_block_start') content[event.index] = { ...event.content_block };
    if (event.type === 'content_block_delta') {
      const block = content[event.index]!;
      for (const key of ['text', 'thinking', 'signature'] as const) {
        if (event.delta[key] !== undefined) block[key] = String(block[key] ?? '') + event.delta[key];
      }
      inputs[event.index] = (inputs[event.index] ?? '') + (event.delta.partial_json ?? '');
    }
    if (event.type === 'content_block_stop' && inputs[event.index]) {
      content[event.index]!.input = JSON.parse(inputs[event.index]!);
    }
    if (event.type === 'message_delta') {
      message = { ...message, ...event.delta, usage: { ...(message.usage as Json), ...event.usage } };
    }
  }
  return { ...message, content };
}
