import { GatewayError } from '../../errors/catalogue.ts';
import { BILLING_HEADER, PARAGRAPH, TOOL_ERROR_PREFIX } from '../added-text.ts';
import { json, jsonArray, jsonIf, jsonObject } from '../json-build.ts';
import type {
  DocumentPart,
  ImagePart,
  JsonText,
  NeutralMessage,
  NeutralTool,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../neutral.ts';
import { pairToolResults } from '../pair-tool-results.ts';
import { rawRules, unwrapToolInput } from '../tool-input.ts';
import type { ParameterRules } from '../tool-schemas.ts';
import type { Notes, Target } from '../wire.ts';
import { shortCallId, UNSIGNED_CALL } from './call-marks.ts';

type UserMessage = Extract<NeutralMessage, { role: 'user' }>;
type AssistantMessage = Extract<NeutralMessage, { role: 'assistant' }>;
type ContentPart = TextPart | ImagePart | DocumentPart;

/**
 * `reasoning_content` of earlier turns: `fill` puts an empty one where it is lost, `fill-calls` only on turns that called a
 * tool, `none` leaves all out.
 */
export type ReasoningReplay = 'keep' | 'fill' | 'fill-calls' | 'none';

/** Whether anything of the message goes up: of a system message a text, of others also an empty one. */
export const hasContent = ({ role, parts }: NeutralMessage): boolean =>
  parts.some((part) => role !== 'system' || part.type !== 'text' || part.text !== '');

/**
 * Turns as Chat Completions messages, in order: the same turns always give the same bytes. Expects no document that cannot
 * be taken.
 */
export class MessageEncoder {
  readonly #target: Target;
  readonly #notes: Notes;
  readonly #reasoning: ReasoningReplay;
  readonly #rawRules: ParameterRules;

  constructor(target: Target, notes: Notes, reasoning: ReasoningReplay, tools: readonly NeutralTool[]) {
    this.#target = target;
    this.#notes = notes;
    this.#reasoning = reasoning;
    this.#rawRules = rawRules(tools);
  }

  /** One message for the whole system prompt: many servers' templates take no second one. `instruction`: what we add. */
  system(parts: TextPart[], instruction: string | undefined): JsonText[] {
    const texts = this.#texts(parts).map((text) => {
      const rest = text.replace(BILLING_HEADER, '');
      if (rest !== text) this.#notes.changed.add('x-anthropic-billing-header');
      return rest;
    });
    if (instruction !== undefined) texts.push(instruction);
    const content = texts.filter((text) => text !== '').join(PARAGRAPH);
    return content === '' ? [] : [jsonObject({ role: '"system"', content: json(content) })];
  }

  turns(messages: readonly NeutralMessage[]): JsonText[] {
    // The protocol has no way to ask that an answer goes on from there: some servers do so, others answer anew.
    if (messages.at(-1)?.role === 'assistant') this.#notes.changed.add('prefill');
    const encoded: JsonText[] = [];
    for (const message of pairToolResults(messages)) {
      if (message.role === 'user') this.#user(message, encoded);
      else if (message.role === 'assistant') encoded.push(this.#assistant(message));
      else {
        const content = this.#texts(message.parts).join(PARAGRAPH);
        if (content !== '') encoded.push(jsonObject({ role: '"system"', content: json(content) }));
      }
    }
    if (encoded.length === 0) {
      throw new GatewayError('invalid_param', '`messages` has no content: send at least one text.', {
        param: 'messages',
      });
    }
    return encoded;
  }

  /** Tool messages first, each after the other; what is no text in them follows as the user's. */
  #user(message: UserMessage, encoded: JsonText[]): void {
    const own: ContentPart[] = [];
    const fromResults: ContentPart[] = [];
    for (const part of message.parts) {
      if (part.type !== 'tool-result') own.push(part);
      else encoded.push(this.#result(part, fromResults));
    }
    if (fromResults.length > 0) encoded.push(this.#userMessage(fromResults, undefined));
    if (own.length > 0) encoded.push(this.#userMessage(own, message.name));
  }

  #result(result: ToolResultPart, media: ContentPart[]): JsonText {
    if (result.cacheControl !== undefined) this.#notes.changed.add('cache_control');
    const texts: TextPart[] = [];
    for (const part of result.parts) {
      const text = this.#asText(part);
      if (text !== undefined) texts.push(text);
      else media.push(part);
    }
    if (result.isError) this.#notes.changed.add('is_error');
    const content = (result.isError ? TOOL_ERROR_PREFIX : '') + this.#texts(texts).join(PARAGRAPH);
    return jsonObject({ role: '"tool"', tool_call_id: json(this.#callId(result.callId)), content: json(content) });
  }

  #userMessage(parts: ContentPart[], name: string | undefined): JsonText {
    const texts = parts.map((part) => this.#asText(part));
    const content =
      texts.length === 1 && texts[0] !== undefined
        ? json(this.#texts([texts[0]])[0]!)
        : jsonArray(parts.filter((part) => this.#says(part)).map((part) => this.#part(part)));
    return jsonObject({ role: '"user"', name: jsonIf(name), content: content === '[]' ? '""' : content });
  }

  /** A mark on an empty text goes with it. */
  #says(part: ContentPart): boolean {
    if (part.type !== 'text' || part.text !== '') return true;
    if (part.cacheControl !== undefined) this.#notes.changed.add('cache_control');
    return false;
  }

  #part(part: ContentPart): JsonText {
    const text = this.#asText(part);
    if (text !== undefined) return jsonObject({ type: '"text"', text: json(this.#texts([text])[0]!) });
    if (part.cacheControl !== undefined) this.#notes.changed.add('cache_control');
    if (part.type === 'image') {
      const { source, detail } = part;
      const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
      return jsonObject({ type: '"image_url"', image_url: jsonObject({ url: json(url), detail: jsonIf(detail) }) });
    }
    return this.#document(part as DocumentPart);
  }

  #document({ source, title }: DocumentPart): JsonText {
    // Others have become text, or a marker.
    const { mediaType, data } = source as Extract<DocumentPart['source'], { kind: 'base64' }>;
    const file_data = json(`data:${mediaType};base64,${data}`);
    return jsonObject({ type: '"file"', file: jsonObject({ filename: json(title ?? 'document.pdf'), file_data }) });
  }

  /** One message with reasoning, text and calls together: split apart, upstreams miss the reasoning of the call. */
  #assistant(message: AssistantMessage): JsonText {
    let text = '';
    let reasoning = this.#mustReason(message) ? '' : undefined;
    const calls: JsonText[] = [];
    let signature = this.#signature(message);
    for (const part of message.parts) {
      if (part.type === 'text' || part.type === 'refusal') {
        text += part.text;
        if (part.type === 'text' && part.cacheControl !== undefined) this.#notes.changed.add('cache_control');
      } else if (part.type === 'reasoning') {
        if (part.redacted !== undefined) this.#notes.changed.add('redacted_thinking');
        else if (this.#reasoning === 'none') this.#notes.changed.add('thinking');
        else reasoning = (reasoning ?? '') + part.text;
      } else {
        if (part.cacheControl !== undefined) this.#notes.changed.add('cache_control');
        const fn = jsonObject({ name: json(part.name), arguments: json(this.#arguments(part)) });
        const id = json(this.#callId(part.id));
        calls.push(jsonObject({ id, type: '"function"', function: fn, extra_content: part.opaque ?? signature }));
        signature = undefined;
      }
    }
    return jsonObject({
      role: '"assistant"',
      name: jsonIf(message.name),
      // Never left out and never null: servers refuse either.
      content: json(text),
      reasoning_content: jsonIf(reasoning),
      tool_calls: calls.length > 0 ? jsonArray(calls) : undefined,
    });
  }

  /** As the model wrote them, whatever that was: its vendor knows them so. Some take JSON objects alone. */
  #arguments(call: ToolCallPart): string {
    return this.#target.route.refuses.includes('broken-arguments') ? call.input : unwrapToolInput(call, this.#rawRules);
  }

  #mustReason({ parts }: AssistantMessage): boolean {
    if (this.#reasoning === 'fill-calls') return parts.some((part) => part.type === 'tool-call');
    return this.#reasoning === 'fill';
  }

  /** What the first call of a turn says in place of a signature that it must have and has not. */
  #signature({ parts }: AssistantMessage): JsonText | undefined {
    if (!this.#target.route.refuses.includes('missing-thought-signature')) return undefined;
    const calls = parts.filter((part) => part.type === 'tool-call');
    if (calls.length === 0 || calls.some((call) => call.opaque !== undefined)) return undefined;
    this.#notes.changed.add('thought_signature');
    return UNSIGNED_CALL;
  }

  #callId(id: string): string {
    const fit = this.#target.route.refuses.includes('long-call-ids') ? shortCallId(id) : id;
    if (fit !== id) this.#notes.changed.add('tool_call_id');
    return fit;
  }

  #texts(parts: TextPart[]): string[] {
    return parts.map((part) => {
      if (part.cacheControl !== undefined) this.#notes.changed.add('cache_control');
      return part.text;
    });
  }

  /** A plain text, or a document that is one. */
  #asText(part: ContentPart): TextPart | undefined {
    if (part.type === 'text') return part;
    if (part.type !== 'document' || part.source.kind !== 'text') return undefined;
    if (part.title !== undefined) this.#notes.changed.add('title');
    const text: TextPart = { type: 'text', text: part.source.text };
    return part.cacheControl === undefined ? text : { ...text, cacheControl: part.cacheControl };
  }
}
