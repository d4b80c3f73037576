import { GatewayError } from '../../errors/catalogue.ts';
import { midConversationSystem, PARAGRAPH } from '../added-text.ts';
import { CallIds } from '../call-ids.ts';
import { fieldName } from '../field-names.ts';
import { json, jsonArray, jsonIf, jsonObject } from '../json-build.ts';
import type {
  DocumentPart,
  ImagePart,
  JsonText,
  NeutralMessage,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../neutral.ts';
import type { Protocol } from '../protocol.ts';
import { wrapToolInput } from '../tool-input.ts';
import type { Notes, Target } from '../wire.ts';

type AssistantParts = Extract<NeutralMessage, { role: 'assistant' }>['parts'];

/** Anthropic: `^[a-zA-Z0-9_-]+$`. Other vendors' ids (`functions.get_weather:0`) would fail the whole request. */
const TOOL_ID = /^[A-Za-z0-9_-]+$/;

/**
 * Turns as Messages, in order: the same turns always give the same bytes. Expects results paired with their calls, and no
 * document that cannot be taken.
 */
export class MessageEncoder {
  readonly #target: Target;
  readonly #notes: Notes;
  /** What the client calls the reasoning of earlier turns. */
  readonly #replay: string;
  readonly #callIds = new CallIds();
  /** Ids of the last turn's calls by the client's, for the results that follow. */
  readonly #open = new Map<string, string[]>();

  constructor(target: Target, notes: Notes, client: Protocol) {
    this.#target = target;
    this.#notes = notes;
    this.#replay = fieldName('replay', client);
  }

  system(parts: TextPart[], instruction: string | undefined): JsonText | undefined {
    const all: TextPart[] = instruction === undefined ? parts : [...parts, { type: 'text', text: instruction }];
    return this.#content(all.filter(this.#says));
  }

  turns(messages: readonly NeutralMessage[]): JsonText {
    const encoded: JsonText[] = [];
    for (const message of messages) {
      const content = this.#turn(message);
      // A turn without content is refused, and says nothing.
      if (content !== undefined) encoded.push(content);
    }
    if (encoded.length === 0) {
      throw new GatewayError('invalid_param', '`messages` has nothing to answer: send a user message with content.', {
        param: 'messages',
      });
    }
    return jsonArray(encoded);
  }

  #turn(message: NeutralMessage): JsonText | undefined {
    switch (message.role) {
      case 'system':
        return this.#systemTurn(message.parts.filter(this.#says));
      case 'user': {
        if (message.name !== undefined) this.#notes.changed.add('name');
        const parts = message.parts.filter((part) => part.type !== 'text' || this.#says(part));
        const results = parts.filter((part) => part.type === 'tool-result');
        const others = parts.filter((part) => part.type !== 'tool-result');
        if (results.length === 0) return role('user', this.#content(others));
        return role('user', jsonArray([...results.map(this.#result), ...others.map(this.#block)]));
      }
      case 'assistant': {
        if (message.name !== undefined) this.#notes.changed.add('name');
        return role('assistant', this.#assistant(message.parts));
      }
    }
  }

  #systemTurn(parts: TextPart[]): JsonText | undefined {
    if (!this.#target.route.refuses.includes('system-role-in-messages')) return role('system', this.#content(parts));
    if (parts.length === 0) return undefined;
    const text: TextPart = {
      type: 'text',
      text: midConversationSystem(parts.map((part) => part.text).join(PARAGRAPH)),
    };
    // Of several breakpoints the last stays, at the end.
    const marked = parts.filter((part) => part.cacheControl !== undefined);
    const cacheControl = marked.at(-1)?.cacheControl;
    if (marked.length > 1 || (marked.length === 1 && marked[0] !== parts.at(-1)))
      this.#notes.changed.add('cache_control');
    this.#notes.changed.add('messages.role');
    return role('user', this.#content([cacheControl === undefined ? text : { ...text, cacheControl }]));
  }

  #assistant(all: AssistantParts): JsonText | undefined {
    // Reasoning that nothing follows (cut by the output limit) is refused at the end of a turn.
    const parts = all.slice(0, all.findLastIndex((part) => part.type !== 'reasoning') + 1);
    if (parts.length < all.length) this.#notes.changed.add(this.#replay);
    this.#open.clear();
    const blocks = parts.flatMap((part) => this.#assistantBlock(part));
    return blocks.length === 0 ? undefined : jsonArray(blocks);
  }

  #assistantBlock(part: AssistantParts[number]): JsonText[] {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return this.#says(part) ? [this.#block({ ...part, type: 'text' })] : [];
      case 'reasoning':
        return this.#reasoning(part);
      case 'tool-call':
        return [this.#toolUse(part)];
    }
  }

  /** Reasoning without its maker's signature is refused, and is never sent as text. */
  #reasoning(part: ReasoningPart): JsonText[] {
    if (part.redacted !== undefined) {
      if (!this.#target.route.refuses.includes('redacted-thinking')) {
        return [jsonObject({ type: '"redacted_thinking"', data: json(part.redacted) })];
      }
      this.#notes.changed.add('redacted_thinking');
      return [];
    }
    if (part.signature === undefined) {
      this.#notes.changed.add(this.#replay);
      return [];
    }
    return [jsonObject({ type: '"thinking"', thinking: json(part.text), signature: json(part.signature) })];
  }

  #toolUse(call: ToolCallPart): JsonText {
    const input = wrapToolInput(call.input);
    if (input !== call.input && call.input.trim() !== '') this.#notes.changed.add('arguments');
    // Another vendor's data about the call.
    if (call.opaque !== undefined) this.#notes.changed.add('extra_content');
    return jsonObject({
      type: '"tool_use"',
      id: json(this.#callId(call.id)),
      name: json(call.name),
      input,
      cache_control: call.cacheControl,
    });
  }

  readonly #result = (result: ToolResultPart): JsonText =>
    jsonObject({
      type: '"tool_result"',
      tool_use_id: json(this.#resultId(result.callId)),
      // White space is what the tool said.
      content: this.#content(
        result.parts.filter((part) => part.type !== 'text' || part.text !== '' || this.#says(part)),
      ),
      is_error: result.isError ? 'true' : undefined,
      cache_control: result.cacheControl,
    });

  /** An id that the upstream takes: of its characters, and not one that an earlier call has. */
  #callId(id: string): string {
    const fit = TOOL_ID.test(id) ? id : `${id.replace(/[^A-Za-z0-9_-]/g, '_')}_${Bun.hash.crc32(id).toString(36)}`;
    const unique = this.#callIds.unique(fit);
    if (unique !== id) this.#notes.changed.add('tool_call_id');
    const open = this.#open.get(id);
    if (open === undefined) this.#open.set(id, [unique]);
    else open.push(unique);
    return unique;
  }

  /** The id of the call that this result answers: of two calls by one name, the first that has none. */
  #resultId(id: string): string {
    const open = this.#open.get(id);
    return (open !== undefined && open.length > 1 ? open.shift() : open?.[0]) ?? id;
  }

  /** Texts of nothing but white space are refused, and say nothing. A mark on one goes with it. */
  readonly #says = (part: { text: string; cacheControl?: JsonText }): boolean => {
    if (part.text.trim() !== '') return true;
    if (part.cacheControl !== undefined) this.#notes.changed.add('cache_control');
    return false;
  };

  /** A string for one plain text, else blocks; undefined for nothing. */
  #content(parts: (TextPart | ImagePart | DocumentPart)[]): JsonText | undefined {
    if (parts.length === 0) return undefined;
    const only = parts[0]!;
    if (parts.length === 1 && only.type === 'text' && only.cacheControl === undefined) return json(only.text);
    return jsonArray(parts.map(this.#block));
  }

  readonly #block = (part: TextPart | ImagePart | DocumentPart): JsonText => {
    if (part.type === 'text') {
      return jsonObject({ type: '"text"', text: json(part.text), cache_control: part.cacheControl });
    }
    if (part.type === 'image') {
      if (part.detail !== undefined && part.detail !== 'auto') this.#notes.changed.add('detail');
      return jsonObject({ type: '"image"', source: encodeSource(part.source), cache_control: part.cacheControl });
    }
    return jsonObject({
      type: '"document"',
      source: encodeSource(part.source),
      title: jsonIf(part.title),
      cache_control: part.cacheControl,
    });
  };
}

const role = (name: string, content: JsonText | undefined): JsonText | undefined =>
  content === undefined ? undefined : jsonObject({ role: json(name), content });

function encodeSource(source: DocumentPart['source']): JsonText {
  if (source.kind === 'url') return jsonObject({ type: '"url"', url: json(source.url) });
  if (source.kind === 'text') {
    return jsonObject({ type: '"text"', media_type: '"text/plain"', data: json(source.text) });
  }
  // A name that other vendors take for it, and Anthropic does not.
  const mediaType = source.mediaType === 'image/jpg' ? 'image/jpeg' : source.mediaType;
  return jsonObject({ type: '"base64"', media_type: json(mediaType), data: json(source.data) });
}
