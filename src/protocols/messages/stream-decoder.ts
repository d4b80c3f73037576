import { GatewayError } from '../../errors/catalogue.ts';
import { append } from '../append.ts';
import { brokenOff, settleFinish } from '../finish.ts';
import { asObject, asString, isObject, type JsonObject, parseJson } from '../json.ts';
import { rawAt } from '../json-scan.ts';
import type { FinishReason, StreamPart } from '../neutral.ts';
import type { SseEvent } from '../sse.ts';
import type { ReadError, StreamDecoder, Surface } from '../wire.ts';
import { explanationOf } from './decode-answer.ts';
import { DELTA_KINDS } from './delta-kinds.ts';
import { readStopReason } from './stop-reasons.ts';
import { MessagesUsage } from './usage.ts';

interface Block {
  id: string;
  kind: 'text' | 'thinking' | 'tool_use' | 'other';
  /** Input that stood in the block's start, for when no delta follows: some servers send it whole. */
  input: string;
}

const NONE: StreamPart[] = [];
const PING: StreamPart[] = [{ type: 'ping' }];

const KIND_OF = new Map<string, Block['kind']>(DELTA_KINDS);

/**
 * Messages events as neutral parts. Strict about what would mix answers up (a second start, a delta without its block),
 * forgiving about what surfaces of other vendors leave out (block stops; with repairs, the stop reason of a message that
 * came whole).
 */
export class MessagesStreamDecoder implements StreamDecoder {
  readonly #readError: ReadError;
  readonly #repair: boolean;
  readonly #usage = new MessagesUsage();
  readonly #blocks = new Map<number, Block>();
  #pieces = 0;
  #started = false;
  #over = false;
  #calls = false;
  #stopReason: string | undefined;
  #stopSequence: string | undefined;
  #explanation = '';

  constructor({ readError, repair }: Surface) {
    this.#readError = readError;
    this.#repair = repair;
  }

  push(event: SseEvent): StreamPart[] {
    if (this.#over) return NONE;
    const body = parseJson(event.data);
    if (!isObject(body)) return this.#nonsense('a frame that is no JSON object');
    const type = asString(body.type) ?? event.event;
    if (type === 'ping') return PING;
    if (type === 'error' || body.error) return this.#fail(this.#readError(body.error ?? body));
    if (type === 'message_start') return this.#messageStart(body);
    switch (type) {
      case 'content_block_delta':
        return this.#delta(body);
      case 'content_block_start':
        return this.#blockStart(body, event.data);
      case 'content_block_stop':
        return this.#blockStop(body);
      case 'message_delta':
        return this.#messageDelta(body);
      case 'message_stop':
        return this.#messageStop();
      default:
        return NONE;
    }
  }

  end(): StreamPart[] {
    if (this.#over) return NONE;
    if (this.#stopReason) return this.#close();
    return this.#fail(new GatewayError('upstream_error', 'The upstream ended its answer before it was finished.'));
  }

  #fail(error: GatewayError): StreamPart[] {
    this.#over = true;
    return [{ type: 'error', error }];
  }

  #nonsense(what: string): StreamPart[] {
    return this.#fail(new GatewayError('upstream_error', `The upstream sent ${what}.`));
  }

  #messageStart(body: JsonObject): StreamPart[] {
    if (this.#started) return this.#nonsense('a second message_start');
    this.#started = true;
    const message = asObject(body.message) ?? {};
    this.#usage.update(message.usage, 'start');
    const start = { id: asString(message.id) ?? '', model: asString(message.model) ?? '' };
    return [{ type: 'message-start', ...start, usage: this.#usage.result() }];
  }

  #blockStart(body: JsonObject, data: string): StreamPart[] {
    if (!this.#started) return this.#nonsense('a block before message_start');
    if (this.#stopReason) return this.#nonsense('a block after its stop reason');
    const index = typeof body.index === 'number' ? body.index : this.#pieces;
    const content = asObject(body.content_block) ?? {};
    const parts: StreamPart[] = [];
    // One block is open at a time: whatever is left open has ended.
    for (const open of [...this.#blocks.keys()]) this.#endBlock(open, parts);
    const block: Block = { id: `p${this.#pieces++}`, kind: 'other', input: '' };
    const { id } = block;
    this.#blocks.set(index, block);
    switch (content.type) {
      case 'text':
        block.kind = 'text';
        parts.push({ type: 'text-start', id });
        if (asString(content.text)) parts.push({ type: 'text-delta', id, text: String(content.text) });
        break;
      case 'thinking':
        block.kind = 'thinking';
        parts.push({ type: 'reasoning-start', id });
        if (asString(content.thinking)) parts.push({ type: 'reasoning-delta', id, text: String(content.thinking) });
        // Of Anthropic's make it is there even where the text is left out.
        parts.push({ type: 'reasoning-signature', id, signature: asString(content.signature) ?? '' });
        break;
      case 'redacted_thinking':
        parts.push({ type: 'reasoning-start', id, redacted: asString(content.data) ?? '' });
        parts.push({ type: 'reasoning-end', id });
        break;
      case 'tool_use': {
        const callId = asString(content.id) ?? '';
        const name = asString(content.name) ?? '';
        if (callId === '' || name === '') return this.#nonsense('a tool call without an id or a name');
        block.kind = 'tool_use';
        this.#calls = true;
        // `{}` stands for input that is still to come, and would end up in front of it.
        const whole = isObject(content.input) && Object.keys(content.input).length > 0;
        block.input = whole ? (rawAt(data, ['content_block', 'input']) ?? '') : (asString(content.input) ?? '');
        parts.push({ type: 'tool-call-start', id, callId, name });
        break;
      }
    }
    return parts;
  }

  #delta(body: JsonObject): StreamPart[] {
    const block = this.#blocks.get(body.index as number);
    const delta = body.delta;
    if (block === undefined || !isObject(delta)) return this.#nonsense('a delta of no open block');
    const type = asString(delta.type) ?? '';
    if (block.kind === 'other') return NONE;
    const kind = KIND_OF.get(type);
    if (kind === undefined) return NONE;
    if (kind !== block.kind) return this.#nonsense(`a ${type} in a ${block.kind} block`);
    const { id } = block;
    switch (type) {
      case 'text_delta':
        return typeof delta.text === 'string' ? [{ type: 'text-delta', id, text: delta.text }] : NONE;
      case 'thinking_delta':
        return typeof delta.thinking === 'string' ? [{ type: 'reasoning-delta', id, text: delta.thinking }] : NONE;
      case 'signature_delta':
        if (typeof delta.signature !== 'string') return NONE;
        return [{ type: 'reasoning-signature', id, signature: delta.signature }];
      case 'input_json_delta':
        if (typeof delta.partial_json !== 'string' || delta.partial_json === '') return NONE;
        block.input = '';
        return [{ type: 'tool-call-delta', id, input: delta.partial_json }];
      default:
        return NONE;
    }
  }

  #blockStop(body: JsonObject): StreamPart[] {
    const parts: StreamPart[] = [];
    this.#endBlock(body.index as number, parts);
    return parts;
  }

  #endBlock(index: number, parts: StreamPart[]): void {
    const block = this.#blocks.get(index);
    if (block === undefined) return;
    this.#blocks.delete(index);
    const { id } = block;
    if (block.kind === 'text') parts.push({ type: 'text-end', id });
    else if (block.kind === 'thinking') parts.push({ type: 'reasoning-end', id });
    else if (block.kind === 'tool_use') {
      if (block.input !== '') parts.push({ type: 'tool-call-delta', id, input: block.input });
      parts.push({ type: 'tool-call-end', id });
    }
  }

  #messageDelta(body: JsonObject): StreamPart[] {
    if (!this.#started) return this.#nonsense('a message_delta before message_start');
    const tellsOutput = this.#usage.update(body.usage);
    const delta = asObject(body.delta) ?? {};
    this.#stopReason = asString(delta.stop_reason) || this.#stopReason;
    const failure = brokenOff(this.#stopReason);
    if (failure !== undefined) return this.#fail(failure);
    this.#stopSequence = asString(delta.stop_sequence) ?? this.#stopSequence;
    this.#explanation = explanationOf(delta.stop_details) || this.#explanation;
    const usage = isObject(body.usage) ? this.#usage.result() : undefined;
    const parts: StreamPart[] = usage === undefined ? [] : [{ type: 'usage', usage, tellsOutput }];
    // A report of both sides is the last word: what the upstream does then is not waited for.
    const whole = asObject(body.usage)?.input_tokens;
    if (this.#stopReason && typeof whole === 'number' && whole > 0) append(parts, this.#close());
    return parts;
  }

  #messageStop(): StreamPart[] {
    if (!this.#started) return this.#nonsense('an answer without a beginning');
    // A reason can be put in for an answer; nothing at all is none.
    if (this.#stopReason || (this.#repair && this.#pieces > 0)) return this.#close();
    return this.#fail(new GatewayError('upstream_error', 'The upstream ended its answer without a stop reason.'));
  }

  #close(): StreamPart[] {
    this.#over = true;
    const parts: StreamPart[] = [];
    for (const open of [...this.#blocks.keys()]) this.#endBlock(open, parts);
    const told: FinishReason = readStopReason(this.#stopReason);
    if (told === 'refusal' && this.#explanation !== '') {
      const id = `p${this.#pieces++}`;
      parts.push({ type: 'text-start', id, refusal: true });
      parts.push({ type: 'text-delta', id, text: this.#explanation, byVendor: true });
      parts.push({ type: 'text-end', id });
    }
    const reason = settleFinish(told, { calls: this.#calls, refusal: false });
    const stopSequence = this.#stopSequence;
    parts.push(stopSequence === undefined ? { type: 'finish', reason } : { type: 'finish', reason, stopSequence });
    return parts;
  }
}
