import type { SseEvent } from '../../src/protocols/sse.ts';
import { checkUsage, isCount, isObject, type Json, parseObject } from './stream-invariants-json.ts';

const deltasOf: Record<string, string[]> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
};

/** Stop reasons of answers that came to their end, and of those that were cut short. */
const ends = ['end_turn', 'tool_use', 'stop_sequence', 'pause_turn'];
const cuts = ['max_tokens', 'refusal', 'model_context_window_exceeded'];

/** One Messages stream, event by event; `violations` collects what is broken. */
export class MessagesChecker {
  readonly #violations: string[];
  #frame = -1;
  #started = false;
  #open: { index: number; type: string; text: string } | undefined;
  #blocks = 0;
  #clientToolUse = false;
  #brokenInput = false;
  #stopReason: unknown = null;
  #deltas = 0;
  #end: 'message_stop' | 'error' | undefined;

  constructor(violations: string[]) {
    this.#violations = violations;
  }

  push(event: SseEvent): void {
    this.#frame++;
    const data = parseObject(event.data);
    if (data === undefined) {
      this.#say('data is not a JSON object');
      return;
    }
    if (event.event !== data.type) this.#say(`event: ${event.event} but type ${JSON.stringify(data.type)}`);
    if (this.#end !== undefined) this.#say(`${event.event} after ${this.#end}`);
    if (data.type === 'ping') return;
    if (!this.#started && data.type !== 'message_start' && data.type !== 'error') {
      this.#say(`${data.type} before message_start`);
    }
    switch (data.type) {
      case 'message_start':
        this.#messageStart(data.message);
        break;
      case 'content_block_start':
        this.#blockStart(data);
        break;
      case 'content_block_delta':
        this.#blockDelta(data);
        break;
      case 'content_block_stop':
        this.#blockStop(data);
        break;
      case 'message_delta':
        this.#messageDelta(data);
        break;
      case 'message_stop':
        this.#messageStop();
        break;
      case 'error':
        this.#error(data.error);
        break;
      default:
        this.#say(`unknown type ${JSON.stringify(data.type)}`);
    }
  }

  end(): void {
    if (this.#end === undefined) this.#say('neither message_stop nor error at the end');
  }

  #messageStart(message: unknown): void {
    if (this.#started) this.#say('a second message_start');
    this.#started = true;
    if (!isObject(message)) {
      this.#say('message_start has no message');
      return;
    }
    if (typeof message.id !== 'string' || message.id === '') this.#say('message.id is not a string');
    if (typeof message.model !== 'string' || message.model === '') this.#say('message.model is not a string');
    if (message.type !== 'message' || message.role !== 'assistant') this.#say('message has the wrong type or role');
    if (!Array.isArray(message.content) || message.content.length > 0) this.#say('message.content is not []');
    if (message.stop_reason !== null || message.stop_sequence !== null) this.#say('message has a stop_reason at start');
    this.#usage(message.usage, ['input_tokens', 'output_tokens']);
  }

  #blockStart(data: Json): void {
    if (this.#open !== undefined) this.#say(`block ${data.index} starts while ${this.#open.index} is open`);
    if (this.#deltas > 0) this.#say('a block after message_delta');
    if (data.index !== this.#blocks) this.#say(`block index ${data.index} where ${this.#blocks} was due`);
    const index = isCount(data.index) ? data.index : this.#blocks;
    this.#blocks = index + 1;
    const block = isObject(data.content_block) ? data.content_block : {};
    this.#open = { index, type: String(block.type), text: '' };
    if (block.type === 'text' && block.text !== '') this.#say('a text block does not start empty');
    if (block.type === 'thinking' && (block.thinking !== '' || typeof block.signature !== 'string')) {
      this.#say('a thinking block starts without empty thinking and a signature string');
    }
    if (block.type === 'tool_use') {
      this.#clientToolUse = true;
      if (typeof block.id !== 'string' || block.id === '') this.#say('tool_use has no id');
      if (typeof block.name !== 'string' || block.name === '') this.#say('tool_use has no name');
      if (!isObject(block.input) || Object.keys(block.input).length > 0)
        this.#say('tool_use does not start with input {}');
    }
  }

  #blockDelta(data: Json): void {
    const open = this.#open;
    if (open === undefined || open.index !== data.index) {
      this.#say(`a delta for block ${data.index}, not open`);
      return;
    }
    const delta = isObject(data.delta) ? data.delta : {};
    if (!deltasOf[open.type]?.includes(String(delta.type))) {
      this.#say(`${delta.type} in a ${open.type} block`);
      return;
    }
    const piece = delta.text ?? delta.thinking ?? delta.partial_json ?? delta.signature;
    if (typeof piece !== 'string' && delta.type !== 'citations_delta') {
      this.#say(`${delta.type} has no text`);
      return;
    }
    if (delta.type === 'text_delta' || delta.type === 'input_json_delta') open.text += piece;
  }

  #blockStop(data: Json): void {
    const open = this.#open;
    if (open === undefined || open.index !== data.index) {
      this.#say(`block ${data.index} stops, not open`);
      return;
    }
    if (open.type === 'text' && open.text === '') this.#say('an empty text block');
    // Input cut short by max_tokens is allowed, so the verdict waits for the stop_reason.
    if (open.type === 'tool_use' && open.text !== '' && parseObject(open.text) === undefined) this.#brokenInput = true;
    this.#open = undefined;
  }

  #messageDelta(data: Json): void {
    this.#deltas++;
    if (this.#open !== undefined) this.#say('message_delta with a block open');
    const delta = isObject(data.delta) ? data.delta : {};
    // The official clients take each for the newest word, null too.
    this.#stopReason = delta.stop_reason ?? null;
    this.#usage(data.usage, ['output_tokens']);
  }

  #messageStop(): void {
    this.#end = 'message_stop';
    if (this.#open !== undefined) this.#say('message_stop with a block open');
    if (this.#deltas === 0) this.#say('no message_delta before message_stop');
    const reason = String(this.#stopReason);
    const cutShort = cuts.includes(reason);
    if (!cutShort && !ends.includes(reason)) this.#say(`stop_reason is ${JSON.stringify(this.#stopReason)}`);
    if (!cutShort && (this.#stopReason === 'tool_use') !== this.#clientToolUse) {
      this.#say(`stop_reason ${this.#stopReason} ${this.#clientToolUse ? 'after' : 'without'} a tool_use block`);
    }
    if (this.#brokenInput && !cutShort) this.#say('the joined partial_json is not a JSON object');
  }

  #error(error: unknown): void {
    this.#end = 'error';
    if (!isObject(error) || typeof error.type !== 'string' || typeof error.message !== 'string') {
      this.#say('error without type and message');
    }
  }

  #usage(usage: unknown, required: string[]): void {
    checkUsage(usage, required, (what) => this.#say(what));
  }

  #say(what: string): void {
    this.#violations.push(`frame ${this.#frame}: ${what}`);
  }
}
