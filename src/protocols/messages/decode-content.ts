import { GatewayError } from '../../errors/catalogue.ts';
import { readMembers } from '../extras.ts';
import { aBoolean, anObject, anything, aString, refuse } from '../field-checks.ts';
import { asObject, asString, isObject, type JsonObject } from '../json.ts';
import { json } from '../json-build.ts';
import type {
  DocumentPart,
  ImagePart,
  JsonText,
  NeutralMessage,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../neutral.ts';
import type { RawJson } from '../raw-json.ts';
import { typeName } from '../type-name.ts';
import type { Notes } from '../wire.ts';

type AssistantParts = Extract<NeutralMessage, { role: 'assistant' }>['parts'];
type UserParts = Extract<NeutralMessage, { role: 'user' }>['parts'];
type ContentPart = TextPart | ImagePart | DocumentPart;

const BLOCK = { type: anything, cache_control: anObject };
const TEXT = { ...BLOCK, text: anything };
const IMAGE = { ...BLOCK, source: anything };
const DOCUMENT = { ...BLOCK, source: anything, title: aString };
const SEARCH_RESULT = { ...BLOCK, source: anything, title: anything, content: anything };
const TOOL_REFERENCE = { ...BLOCK, tool_name: anything, name: anything };
const SOURCE = { type: anything, media_type: anything, data: anything, url: anything };
const CONTENT_SOURCE = { type: anything, content: anything };
const TOOL_USE = { ...BLOCK, id: anything, name: anything, input: anything, caller: anObject };
const TOOL_RESULT = { ...BLOCK, tool_use_id: anything, content: anything, is_error: aBoolean };
const THINKING = { type: anything, thinking: aString, signature: aString };
const REDACTED = { type: anything, data: aString };

/** `content` of a user message. `where` is the way to it, for errors. */
export function decodeUserContent(content: unknown, where: string, notes: Notes): UserParts {
  return eachBlock(content, where).flatMap((block, i): UserParts => {
    const at = `${where}[${i}]`;
    return block.type === 'tool_result' ? [decodeToolResult(block, at, notes)] : decodeBlock(block, at, notes);
  });
}

/** `content` that may only be text: the system prompt, and system messages. */
export function decodeTextContent(content: unknown, where: string, notes: Notes): TextPart[] {
  return eachBlock(content, where).flatMap((block, i) => {
    // Tools come with each request: what a client adds or takes away on the way is dropped, as DeepSeek's surface has it.
    if (block.type === 'tool_addition' || block.type === 'tool_removal') {
      notes.changed.add(block.type);
      return [];
    }
    if (block.type !== 'text') refuse(`${where}[${i}].type`, 'must be `text` here');
    return [decodeText(block, `${where}[${i}]`, notes)];
  });
}

export function decodeAssistantContent(content: unknown, raw: RawJson, where: string, notes: Notes): AssistantParts {
  return eachBlock(content, where).flatMap((block, i): AssistantParts => {
    const at = `${where}[${i}]`;
    switch (block.type) {
      case 'text': {
        const part = decodeText(block, at, notes);
        if (part.text !== '') return [part];
        if (part.cacheControl !== undefined) notes.changed.add('cache_control');
        return [];
      }
      case 'thinking': {
        readMembers(block, THINKING, at, notes);
        const text = asString(block.thinking) ?? '';
        const signature = asString(block.signature) ?? '';
        // Some agents give back a block of nothing where there was no reasoning.
        return text === '' && signature === '' ? [] : [{ type: 'reasoning', text, signature }];
      }
      case 'redacted_thinking':
        readMembers(block, REDACTED, at, notes);
        return [{ type: 'reasoning', text: '', signature: undefined, redacted: asString(block.data) ?? '' }];
      case 'tool_use':
        return [decodeToolUse(block, raw.at(i), at, notes)];
      default:
        throw noCounterpart(block, at);
    }
  });
}

function eachBlock(content: unknown, where: string): JsonObject[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) refuse(where, 'must be a string or an array of blocks');
  return content.map((block, i) => {
    if (!isObject(block)) refuse(`${where}[${i}]`, 'must be an object with a `type`');
    return block;
  });
}

function decodeBlock(block: JsonObject, where: string, notes: Notes): ContentPart[] {
  switch (block.type) {
    case 'text':
      return [decodeText(block, where, notes)];
    case 'image':
      return [decodeImage(block, where, notes)];
    case 'document':
      return decodeDocument(block, where, notes);
    case 'search_result':
      return decodeSearchResult(block, where, notes);
    case 'tool_reference': {
      // Tells which deferred tool is meant; without deferred tools the name is all that is left of it.
      notes.changed.add('tool_reference');
      readMembers(block, TOOL_REFERENCE, where, notes);
      const part: TextPart = { type: 'text', text: asString(block.tool_name) ?? asString(block.name) ?? 'tool' };
      return [withCacheControl(part, block)];
    }
    default:
      throw noCounterpart(block, where);
  }
}

function decodeText(block: JsonObject, where: string, notes: Notes): TextPart {
  if (typeof block.text !== 'string') refuse(`${where}.text`, 'must be a string');
  readMembers(block, TEXT, where, notes);
  const part: TextPart = { type: 'text', text: block.text };
  return withCacheControl(part, block);
}

function decodeImage(block: JsonObject, where: string, notes: Notes): ImagePart {
  readMembers(block, IMAGE, where, notes);
  const source = decodeSource(block.source, `${where}.source`, notes);
  if (source.kind === 'text') refuse(`${where}.source.type`, 'must be base64 or url');
  const part: ImagePart = { type: 'image', source };
  return withCacheControl(part, block);
}

function decodeDocument(block: JsonObject, where: string, notes: Notes): ContentPart[] {
  const source = asObject(block.source);
  // What citations point at is lost with them; `enabled: false` asks for none.
  const { citations, ...rest } = block;
  if (asObject(citations)?.enabled === true) notes.changed.add('citations');
  readMembers(rest, DOCUMENT, where, notes);
  if (source?.type === 'content') {
    readMembers(source, CONTENT_SOURCE, `${where}.source`, notes);
    return decodeInner(block, source.content, `${where}.source.content`, notes);
  }
  const part: DocumentPart = { type: 'document', source: decodeSource(source, `${where}.source`, notes) };
  const title = asString(block.title);
  return [withCacheControl(title === undefined ? part : { ...part, title }, block)];
}

/** What a tool found, to be cited: its texts. */
function decodeSearchResult(block: JsonObject, where: string, notes: Notes): ContentPart[] {
  const { citations, ...rest } = block;
  if (asObject(citations)?.enabled === true) notes.changed.add('citations');
  readMembers(rest, SEARCH_RESULT, where, notes);
  if (asString(block.source) !== undefined) notes.changed.add('source');
  return decodeInner(block, block.content, `${where}.content`, notes);
}

/** The blocks within one that stand for it. */
function decodeInner(block: JsonObject, content: unknown, where: string, notes: Notes): ContentPart[] {
  if (asString(block.title) !== undefined) notes.changed.add('title');
  if (cacheControlOf(block) !== undefined) notes.changed.add('cache_control');
  return eachBlock(content, where).flatMap((inner, i) => decodeBlock(inner, `${where}[${i}]`, notes));
}

type Source = DocumentPart['source'];

function decodeSource(raw: unknown, where: string, notes: Notes): Source {
  const source = asObject(raw) ?? {};
  const { type, media_type, data, url } = source;
  readMembers(source, SOURCE, where, notes);
  if (type === 'base64') {
    if (typeof media_type !== 'string') refuse(`${where}.media_type`, 'must be a string such as image/png');
    if (typeof data !== 'string') refuse(`${where}.data`, 'must be a string of base64');
    return { kind: 'base64', mediaType: media_type, data };
  }
  if (type === 'url') {
    if (typeof url !== 'string') refuse(`${where}.url`, 'must be a string');
    return { kind: 'url', url };
  }
  if (type === 'text') {
    if (typeof data !== 'string') refuse(`${where}.data`, 'must be a string');
    return { kind: 'text', text: data };
  }
  if (type === 'file') {
    throw new GatewayError(
      'unsupported_parameter',
      'Files of the upstream account cannot be named here: send the content itself in base64.',
      { param: `${where}.file_id` },
    );
  }
  refuse(`${where}.type`, 'must be base64, url or text');
}

function decodeToolUse(block: JsonObject, raw: RawJson, where: string, notes: Notes): ToolCallPart {
  const { id, name } = block;
  if (typeof id !== 'string' || id === '') refuse(`${where}.id`, 'is missing: send the id that the call had');
  if (typeof name !== 'string' || name === '') refuse(`${where}.name`, 'is missing: send the name of the tool');
  readMembers(block, TOOL_USE, where, notes);
  // Another caller than the model itself is code that it ran at its vendor.
  const caller = asObject(block.caller);
  if (caller !== undefined && caller.type !== 'direct') notes.changed.add('caller');
  const input = block.input === undefined || block.input === null ? '{}' : raw.get('input').text;
  const part: ToolCallPart = { type: 'tool-call', id, name, input };
  return withCacheControl(part, block);
}

function decodeToolResult(block: JsonObject, where: string, notes: Notes): ToolResultPart {
  const callId = block.tool_use_id;
  if (typeof callId !== 'string') refuse(`${where}.tool_use_id`, 'is missing: send the id of the call that it answers');
  readMembers(block, TOOL_RESULT, where, notes);
  const parts =
    block.content === undefined || block.content === null
      ? []
      : eachBlock(block.content, `${where}.content`).flatMap((inner, i) =>
          decodeBlock(inner, `${where}.content[${i}]`, notes),
        );
  const result: ToolResultPart = { type: 'tool-result', callId, parts, isError: block.is_error === true };
  return withCacheControl(result, block);
}

function noCounterpart(block: JsonObject, where: string): GatewayError {
  return new GatewayError(
    'unsupported_feature',
    `A content block of type \`${typeName(block.type)}\` has no counterpart at this model's upstream: leave it out, or use a model that is native on Messages.`,
    { param: `${where}.type` },
  );
}

export const cacheControlOf = (object: JsonObject): JsonText | undefined =>
  isObject(object.cache_control) ? json(object.cache_control) : undefined;

function withCacheControl<T extends object>(part: T, block: JsonObject): T {
  const cacheControl = cacheControlOf(block);
  return cacheControl === undefined ? part : { ...part, cacheControl };
}
