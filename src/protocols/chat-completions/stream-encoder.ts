import type { FinishReason, StreamPart } from '../neutral.ts';
import type { Usage } from '../usage.ts';
import type { AnswerContext, StreamEncoder } from '../wire.ts';
import { chatId, estimatedUsage } from './encode-answer.ts';
import { writeFinishReason } from './finish-reasons.ts';
import { chatUsage } from './usage.ts';

/**
 * Neutral parts as Chat Completions chunks. All that chunks have in common is written once; a delta adds its own few
 * characters. Calls are numbered in the order in which they begin.
 */
export class ChatStreamEncoder implements StreamEncoder {
  deltaSeen = false;
  readonly #context: AnswerContext;
  /** Chunk up to the delta, and from behind it. */
  #head = '';
  #tail = '';
  #usage: Usage | undefined;
  #finish: FinishReason = 'stop';
  /** Of each call: its number, whether arguments came, and white space that came before any. */
  readonly #calls = new Map<string, { index: number; hasInput: boolean; space: string }>();
  #callCount = 0;
  readonly #refusals = new Set<string>();

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  push(part: StreamPart): string {
    switch (part.type) {
      case 'text-delta': {
        if (part.text === '') return '';
        this.deltaSeen = true;
        const field = this.#refusals.has(part.id) ? 'refusal' : 'content';
        return `${this.#head}{"${field}":${JSON.stringify(part.text)}}${this.#tail}`;
      }
      case 'reasoning-delta':
        if (part.text === '') return '';
        this.deltaSeen = true;
        return `${this.#head}{"reasoning_content":${JSON.stringify(part.text)}}${this.#tail}`;
      case 'tool-call-delta':
        return part.input === '' ? '' : this.#arguments(part.id, part.input);
      case 'tool-call-start': {
        // Here a call begins with a delta.
        this.deltaSeen = true;
        const index = this.#callCount++;
        this.#calls.set(part.id, { index, hasInput: false, space: '' });
        const fn = `{"name":${JSON.stringify(part.name)},"arguments":""}`;
        const call = `{"index":${index},"id":${JSON.stringify(part.callId)},"type":"function","function":${fn}}`;
        return `${this.#head}{"tool_calls":[${call}]}${this.#tail}`;
      }
      case 'tool-call-end':
        // No arguments are `{}`: "" is no JSON, and fails when it is given back.
        return this.#noArguments(part.id);
      case 'text-start':
        if (part.refusal) this.#refusals.add(part.id);
        return '';
      case 'message-start':
        return this.#start(part);
      case 'usage':
        this.#usage = part.usage;
        return '';
      case 'finish':
        this.#finish = part.reason;
        return '';
      case 'ping':
        // A comment with no blank line of its own: it joins the next frame. Alone it is an event without data to some.
        return ': ping\n';
      default:
        return '';
    }
  }

  end(): string {
    const finish = `"finish_reason":"${writeFinishReason(this.#finish)}"`;
    let frames = `${this.#head}{}${this.#tail.replace('"finish_reason":null', () => finish)}`;
    if (this.#context.includeUsage) {
      const usage = JSON.stringify(chatUsage(this.#usage ?? estimatedUsage(this.#context)));
      frames += `${this.#head.slice(0, this.#head.indexOf('"choices":'))}"choices":[],"usage":${usage}}\n\n`;
    }
    return `${frames}data: [DONE]\n\n`;
  }

  #start(part: Extract<StreamPart, { type: 'message-start' }>): string {
    const { model, createdSeconds, includeUsage } = this.#context;
    const fingerprint = part.systemFingerprint ?? this.#context.systemFingerprint;
    const common = JSON.stringify({
      id: chatId(part.id, this.#context),
      object: 'chat.completion.chunk',
      created: createdSeconds,
      model,
      ...(fingerprint === undefined ? {} : { system_fingerprint: fingerprint }),
    });
    this.#head = `data: ${common.slice(0, -1)},"choices":[{"index":0,"delta":`;
    this.#tail = `,"logprobs":null,"finish_reason":null}]${includeUsage ? ',"usage":null' : ''}}\n\n`;
    if (part.usage !== undefined) this.#usage = part.usage;
    return `${this.#head}{"role":"assistant","content":""}${this.#tail}`;
  }

  #noArguments(id: string): string {
    const call = this.#calls.get(id);
    if (call === undefined || call.hasInput) return '';
    call.space = '';
    return this.#arguments(id, '{}');
  }

  #arguments(id: string, input: string): string {
    const call = this.#calls.get(id);
    if (call === undefined) return '';
    let text = input;
    if (!call.hasInput) {
      // White space alone is not yet an argument: whether any come is known at the end.
      if (input.trim() === '') {
        call.space += input;
        return '';
      }
      call.hasInput = true;
      text = call.space + input;
    }
    const fn = `{"arguments":${JSON.stringify(text)}}`;
    return `${this.#head}{"tool_calls":[{"index":${call.index},"function":${fn}}]}${this.#tail}`;
  }
}
