import { GatewayError } from '../../errors/catalogue.ts';
import { append } from '../append.ts';
import { settleFinish } from '../finish.ts';
import { asArray, asObject, asString, isObject, type JsonObject, parseJson } from '../json.ts';
import type { FinishReason, StreamPart } from '../neutral.ts';
import { RawJson } from '../raw-json.ts';
import type { SseEvent } from '../sse.ts';
import { laterReport, totalInput, type Usage } from '../usage.ts';
import type { ReadError, StreamDecoder, Surface } from '../wire.ts';
import { placeOfFirstChoice } from './decode-answer.ts';
import { textOf, thinkingOf } from './decode-content.ts';
import { readFinishReason } from './finish-reasons.ts';
import { type StreamedCall, StreamedCalls } from './streamed-calls.ts';
import { readChatUsage } from './usage.ts';

type PieceKind = 'text' | 'refusal' | 'reasoning';

const NONE: StreamPart[] = [];
const NO_CALLS: StreamedCall[] = [];

/**
 * Chat Completions chunks as neutral parts. Text, reasoning and refusal follow each other; calls stay open to the end, for
 * their arguments may interleave. The end is `[DONE]` or the end of the bytes, after a finish reason, or the usage in a chunk
 * of its own (OpenAI); usage may also come with the finish reason (DeepSeek), within the choice (Kimi), on every chunk or never.
 */
export class ChatStreamDecoder implements StreamDecoder {
  readonly #readError: ReadError;
  #id = '';
  #started = false;
  #over = false;
  #open: { kind: PieceKind; id: string } | undefined;
  /** From the first call on. */
  #calls: StreamedCalls | undefined;
  /** The calls of the chunk that is read, as they were written, once one is asked for. */
  #rawCalls: RawJson | undefined;
  #pieces = 0;
  /** The answer comes in deltas. */
  #inDeltas = false;
  /** Where in the chunk's list the choice stands that is read. */
  #place = 0;
  /** Where in the choice that stands which is read. */
  #member: 'delta' | 'message' = 'delta';
  #sawRefusal = false;
  #finish: FinishReason | undefined;
  #usage: Usage | undefined;

  constructor({ readError }: Surface) {
    this.#readError = readError;
  }

  push(event: SseEvent): StreamPart[] {
    if (this.#over) return NONE;
    const { data } = event;
    if (data === '[DONE]') return this.#close('The upstream ended its answer without a finish reason.');
    const told = parseJson(data);
    if (event.event === 'error') return this.#fail(this.#readError(asObject(told)?.error ?? told ?? data));
    // Gemini's compatible surface puts an error into an array.
    const chunk = Array.isArray(told) ? told[0] : told;
    if (!isObject(chunk)) {
      if (data.trim() === '[DONE]') return this.#close('The upstream ended its answer without a finish reason.');
      return this.#fail(new GatewayError('upstream_error', 'The upstream sent a frame that is no JSON object.'));
    }
    if (chunk.error) return this.#fail(this.#readError(chunk.error));
    const parts: StreamPart[] = [];
    const choices = asArray(chunk.choices);
    this.#place = placeOfFirstChoice(choices);
    const choice = asObject(choices[this.#place]);
    // OpenRouter's errors may stand there.
    if (choice?.error) return this.#fail(this.#readError(choice.error));
    if (choice !== undefined) {
      if (!this.#started) this.#start(chunk, parts);
      const delta = asObject(choice.delta);
      // Behind its deltas MiniMax sends the whole message once more.
      const piece = delta ?? (this.#inDeltas ? undefined : asObject(choice.message));
      this.#member = delta === undefined ? 'message' : 'delta';
      if (piece !== undefined) this.#delta(piece, data, parts);
      if (delta !== undefined && this.#pieces > 0) this.#inDeltas = true;
      const reason = choice.finish_reason;
      if (typeof reason === 'string' && reason !== '') {
        const finish = readFinishReason(reason);
        if (finish instanceof GatewayError) return [...parts, ...this.#fail(finish)];
        this.#finish = finish;
      }
    }
    const usage = isObject(chunk.usage) ? chunk.usage : choice?.usage;
    if (isObject(usage)) {
      const before = this.#usage;
      this.#usage = laterReport(before, readChatUsage(usage));
      if (this.#usage !== undefined) {
        parts.push({ type: 'usage', usage: this.#usage, tellsOutput: this.#usage !== before });
      }
      // A chunk of nothing else is the last that says anything: what the upstream does then is not waited for.
      if (choices.length === 0 && this.#finish !== undefined) append(parts, this.#close(''));
    }
    return parts;
  }

  end(): StreamPart[] {
    return this.#over ? NONE : this.#close('The upstream ended its answer before it was finished.');
  }

  #fail(error: GatewayError): StreamPart[] {
    this.#over = true;
    return [{ type: 'error', error }];
  }

  #close(early: string): StreamPart[] {
    if (this.#finish === undefined) return this.#fail(new GatewayError('upstream_error', early));
    const parts: StreamPart[] = [];
    this.#closeOpen(parts);
    let calls = false;
    for (const call of this.#calls?.all ?? NO_CALLS) {
      // An empty shell, as some servers send between pieces, is no call.
      if (call.name === '' && call.input.trim() === '') continue;
      if (call.name === '') {
        return this.#fail(new GatewayError('upstream_error', 'The upstream sent a tool call without a name.'));
      }
      calls = true;
      this.#begin(call, parts);
      parts.push({ type: 'tool-call-end', id: call.id });
    }
    this.#over = true;
    const seen = { calls, refusal: this.#sawRefusal };
    parts.push({ type: 'finish', reason: settleFinish(this.#finish, seen) });
    return parts;
  }

  #start(chunk: JsonObject, parts: StreamPart[]): void {
    this.#started = true;
    this.#id = asString(chunk.id) ?? '';
    const fingerprint = asString(chunk.system_fingerprint);
    const start = {
      type: 'message-start' as const,
      id: this.#id,
      model: asString(chunk.model) ?? '',
      // Some servers count the prompt first.
      usage: this.#usage !== undefined && totalInput(this.#usage) > 0 ? this.#usage : undefined,
    };
    parts.push(fingerprint === undefined ? start : { ...start, systemFingerprint: fingerprint });
  }

  #delta(delta: JsonObject, data: string, parts: StreamPart[]): void {
    // Empty strings open and close nothing: first chunks have them, and so do chunks between pieces of arguments.
    const { content } = delta;
    const reasoning = asString(delta.reasoning_content) || asString(delta.reasoning) || thinkingOf(content);
    if (reasoning) {
      parts.push({ type: 'reasoning-delta', id: this.#piece('reasoning', parts), text: reasoning });
    }
    if (content !== undefined && content !== null && content !== '') {
      const text = textOf(content);
      if (text !== '') parts.push({ type: 'text-delta', id: this.#piece('text', parts), text });
    }
    const { refusal } = delta;
    if (typeof refusal === 'string' && refusal !== '') {
      this.#sawRefusal = true;
      parts.push({ type: 'text-delta', id: this.#piece('refusal', parts), text: refusal });
    }
    const calls = delta.tool_calls;
    if (Array.isArray(calls) && calls.length > 0) {
      for (let i = 0; i < calls.length; i++) {
        const call = asObject(calls[i]);
        if (call !== undefined) this.#call(call, data, i, parts);
      }
      this.#rawCalls = undefined;
    } else if (isObject(delta.function_call)) {
      // The form before `tools`: one call, without an id.
      this.#call({ function: delta.function_call }, data, undefined, parts);
    }
  }

  /** The open piece of this kind, opened if need be. */
  #piece(kind: PieceKind, parts: StreamPart[]): string {
    if (this.#open?.kind === kind) return this.#open.id;
    this.#closeOpen(parts);
    const id = `p${this.#pieces++}`;
    this.#open = { kind, id };
    if (kind === 'reasoning') parts.push({ type: 'reasoning-start', id });
    else if (kind === 'text') parts.push({ type: 'text-start', id });
    else parts.push({ type: 'text-start', id, refusal: true });
    return id;
  }

  #closeOpen(parts: StreamPart[]): void {
    if (this.#open === undefined) return;
    parts.push({ type: this.#open.kind === 'reasoning' ? 'reasoning-end' : 'text-end', id: this.#open.id });
    this.#open = undefined;
  }

  /** `position`: among `tool_calls`; undefined: it is the `function_call`. */
  #call(delta: JsonObject, data: string, position: number | undefined, parts: StreamPart[]): void {
    const fn = asObject(delta.function) ?? {};
    const name = asString(fn.name) ?? '';
    this.#calls ??= new StreamedCalls();
    const calls = this.#calls;
    const id = asString(delta.id) ?? '';
    const index = typeof delta.index === 'number' ? delta.index : undefined;
    const call = calls.find(id, index, name) ?? calls.add(`p${this.#pieces++}`, id, index, this.#id);
    call.name ||= name;
    // Some servers give the arguments as an object.
    const args = isObject(fn.arguments) ? this.#rawArguments(data, position) : (asString(fn.arguments) ?? '');
    call.input += args;
    if (!call.started) {
      if (call.name === '') return;
      // Its id may come late, up to its first argument: a whole answer has that one.
      if (call.anonymous && call.input === '' && !isObject(delta.extra_content)) return;
      for (const each of calls.due) {
        if (each.name !== '') this.#begin(each, parts);
        if (each === call) break;
      }
    } else if (args !== '') {
      parts.push({ type: 'tool-call-delta', id: call.id, input: args });
    }
    if (isObject(delta.extra_content) && position !== undefined) {
      const opaque = this.#rawCall(data, position).get('extra_content').text;
      parts.push({ type: 'tool-call-opaque', id: call.id, opaque });
    }
  }

  #rawArguments(data: string, position: number | undefined): string {
    const fn =
      position === undefined ? this.#rawTold(data).get('function_call') : this.#rawCall(data, position).get('function');
    return fn.get('arguments').text;
  }

  #rawCall(data: string, position: number): RawJson {
    this.#rawCalls ??= this.#rawTold(data).get('tool_calls');
    return this.#rawCalls.at(position);
  }

  #rawTold(data: string): RawJson {
    const raw = new RawJson(data);
    const chunk = data.trimStart().startsWith('[') ? raw.at(0) : raw;
    return chunk.get('choices').at(this.#place).get(this.#member);
  }

  #begin(call: StreamedCall, parts: StreamPart[]): void {
    if (call.started) return;
    this.#closeOpen(parts);
    this.#calls!.start(call);
    parts.push({ type: 'tool-call-start', id: call.id, callId: call.callId, name: call.name });
    if (call.input !== '') parts.push({ type: 'tool-call-delta', id: call.id, input: call.input });
  }
}
