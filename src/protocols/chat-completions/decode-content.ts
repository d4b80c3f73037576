import { GatewayError } from '../../errors/catalogue.ts';
import { readMembers } from '../extras.ts';
import { anObject, anything, aString, refuse } from '../field-checks.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../json.ts';
import { json } from '../json-build.ts';
import { isTextFile, readDataUrl } from '../media-parts.ts';
import type { DocumentPart, ImagePart, JsonText, TextPart } from '../neutral.ts';
import { typeName } from '../type-name.ts';
import type { Notes } from '../wire.ts';

type ContentPart = TextPart | ImagePart | DocumentPart;

const TEXT = { type: anything, text: anything, cache_control: anObject };
const IMAGE = { type: anything, image_url: anything, cache_control: anObject };
const IMAGE_URL = { url: anything, detail: aString };
const FILE = { type: anything, file: anything, cache_control: anObject };
const FILE_MEMBERS = { file_id: anything, file_data: aString, filename: aString };

/** `content` of a user or tool message: a string, or an array of parts. `where` is the way to it, for errors. */
export function decodeContent(content: unknown, where: string, notes: Notes): ContentPart[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) refuse(where, 'must be a string or an array of parts');
  return content.map((part, index) => decodePart(part, `${where}[${index}]`, notes));
}

/** The same for roles that carry text alone. */
export function decodeText(content: unknown, where: string, notes: Notes): TextPart[] {
  return decodeContent(content, where, notes).map((part, index) => onlyText(part, `${where}[${index}]`));
}

/** One part of them. */
export const decodeTextPart = (part: unknown, where: string, notes: Notes): TextPart =>
  onlyText(decodePart(part, where, notes), where);

function onlyText(part: ContentPart, where: string): TextPart {
  if (part.type !== 'text') refuse(`${where}.type`, 'must be `text` in a message of this role');
  return part;
}

function decodePart(raw: unknown, where: string, notes: Notes): ContentPart {
  if (!isObject(raw)) refuse(where, 'must be an object with a `type`');
  const cacheControl = cacheControlOf(raw);
  switch (raw.type) {
    case 'text': {
      const text = raw.text;
      if (typeof text !== 'string') refuse(`${where}.text`, 'must be a string');
      readMembers(raw, TEXT, where, notes);
      return cacheControl === undefined ? { type: 'text', text } : { type: 'text', text, cacheControl };
    }
    case 'image_url': {
      readMembers(raw, IMAGE, where, notes);
      const image = decodeImage(raw.image_url, `${where}.image_url`, notes);
      return cacheControl === undefined ? image : { ...image, cacheControl };
    }
    case 'file': {
      readMembers(raw, FILE, where, notes);
      const document = decodeFile(raw.file, `${where}.file`, notes);
      return cacheControl === undefined ? document : { ...document, cacheControl };
    }
    default:
      throw new GatewayError(
        'unsupported_feature',
        `\`${where}.type\` \`${typeName(raw.type)}\` has no counterpart at this model's upstream: send text, image_url or file.`,
        { param: `${where}.type` },
      );
  }
}

function decodeImage(raw: unknown, where: string, notes: Notes): ImagePart {
  // Some clients send the bare URL.
  const url = typeof raw === 'string' ? raw : asObject(raw)?.url;
  if (typeof url !== 'string') refuse(`${where}.url`, 'must be a string: a data URL or an https URL');
  if (isObject(raw)) readMembers(raw, IMAGE_URL, where, notes);
  const detail = asString(asObject(raw)?.detail);
  const data = readDataUrl(url);
  if (data === undefined && !/^https?:\/\//i.test(url)) {
    refuse(`${where}.url`, 'must be a base64 data URL (`data:image/png;base64,…`) or an http(s) URL');
  }
  const source: ImagePart['source'] = data === undefined ? { kind: 'url', url } : { kind: 'base64', ...data };
  return detail === undefined ? { type: 'image', source } : { type: 'image', source, detail };
}

function decodeFile(raw: unknown, where: string, notes: Notes): DocumentPart {
  const file = asObject(raw) ?? {};
  if (file.file_id !== undefined && file.file_id !== null) {
    throw new GatewayError(
      'unsupported_parameter',
      'Files of the upstream account cannot be named here: send the content itself in `file_data`.',
      { param: `${where}.file_id` },
    );
  }
  readMembers(file, FILE_MEMBERS, where, notes);
  const data = readDataUrl(asString(file.file_data) ?? '');
  if (data === undefined) refuse(`${where}.file_data`, 'must be a base64 data URL (`data:application/pdf;base64,…`)');
  const title = asString(file.filename);
  const source: DocumentPart['source'] = isTextFile(data.mediaType)
    ? { kind: 'text', text: Buffer.from(data.data, 'base64').toString('utf8') }
    : { kind: 'base64', ...data };
  return title === undefined ? { type: 'document', source } : { type: 'document', source, title };
}

/** Not the protocol's own, but what clients of Anthropic models send on it. */
export const cacheControlOf = (object: JsonObject): JsonText | undefined =>
  isObject(object.cache_control) ? json(object.cache_control) : undefined;

/** Text of an answer's content, which is a string or an array of parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => asString(asObject(part)?.text) ?? '')
    .join('');
}

/** The reasoning that Mistral puts into the content, as parts beside the text. */
export function thinkingOf(content: unknown): string {
  if (!Array.isArray(content)) return '';
  return content.map((part) => textOf(asObject(part)?.thinking)).join('');
}

export const isThinkingPart = (part: unknown): boolean => asObject(part)?.type === 'thinking';
