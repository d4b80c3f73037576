import { isImage } from '../../models/guards/images.ts';
import { DOCUMENT_OMITTED, IMAGE_OMITTED, PARAGRAPH } from '../../protocols/added-text.ts';
import { readMembers } from '../../protocols/extras.ts';
import { anything, type FieldCheck } from '../../protocols/field-checks.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../protocols/json.ts';
import type { Path } from '../../protocols/json-scan.ts';
import { readTextFile } from '../../protocols/media-parts.ts';
import type { RequestView } from '../cure.ts';

/** Of either surface. */
export const FILE_BLOCKS = new Set<unknown>(['file', 'document', 'search_result', 'container_upload']);

/** A content block; the way to it is put together when it is asked for: it may be long, and hardly any block is edited. */
class PlacedBlock {
  readonly block: JsonObject;
  readonly #within: Path;
  readonly #index: number;

  constructor(block: JsonObject, within: Path, index: number) {
    this.block = block;
    this.#within = within;
    this.#index = index;
  }

  get path(): (string | number)[] {
    return [...this.#within, this.#index];
  }
}

/** All content blocks of all messages, those inside tool results included, with the way to each. */
export function blocksOf(view: RequestView): PlacedBlock[] {
  const found: PlacedBlock[] = [];
  const collect = (content: unknown, path: Path): void => {
    for (const [index, block] of asArray(content).entries()) {
      if (!isObject(block)) continue;
      found.push(new PlacedBlock(block, path, index));
      if (block.type === 'tool_result') collect(block.content, [...path, index, 'content']);
    }
  };
  for (const [index, message] of view.messages) collect(message.content, ['messages', index, 'content']);
  return found;
}

export function hasBlock(message: unknown, type: string): boolean {
  return asArray(asObject(message)?.content).some((block) => isObject(block) && block.type === type);
}

/**
 * The texts of parts that become one string, which stands for whatever was planned for a single part of them; what a file
 * says is a paragraph of its own. What they carry besides is listed.
 */
export function joinedText(view: RequestView, parts: readonly unknown[], between = ''): string {
  let joined = '';
  let afterFile = false;
  for (const part of parts) {
    if (!isObject(part)) continue;
    if (part.cache_control !== undefined && part.cache_control !== null) view.notes.changed.add('cache_control');
    const text = partText(view, part);
    if (text === '') continue;
    const isFile = FILE_BLOCKS.has(part.type) && text !== DOCUMENT_OMITTED;
    if (joined !== '') joined += isFile || afterFile ? PARAGRAPH : between;
    joined += text;
    afterFile = isFile;
  }
  return joined;
}

const PART = { type: anything, cache_control: anything };
const TEXT = { ...PART, text: anything };
const REFUSAL = { ...PART, refusal: anything };

/** Parts that are texts: others may have a `text` too, such as reasoning, which is never sent as one. */
const TEXT_PARTS = new Map<unknown, Record<string, FieldCheck>>([
  ['text', TEXT],
  ['input_text', TEXT],
  ['output_text', TEXT],
  ['refusal', REFUSAL],
]);

/**
 * An image gives way to its marker, and so does a file that is no text; what else is none is lost. All are listed, but for
 * `cache_control`.
 */
export function partText(view: RequestView, part: JsonObject): string {
  const { notes } = view;
  const members = TEXT_PARTS.get(part.type);
  const text = members && asString(members === REFUSAL ? part.refusal : part.text);
  if (text !== undefined) {
    readMembers(part, members!, '', notes);
    return text;
  }
  const { protocol } = view.route;
  const type = asString(part.type) ?? 'content';
  if (isImage(part, protocol)) {
    notes.changed.add(protocol !== 'messages' ? 'image_url' : type);
    return IMAGE_OMITTED;
  }
  if (FILE_BLOCKS.has(type)) {
    const content = fileText(view, part);
    if (content !== undefined) return content;
    notes.changed.add(type);
    return DOCUMENT_OMITTED;
  }
  notes.addClientName(type);
  return '';
}

const FILE_BLOCK = {
  ...PART,
  source: anything,
  title: anything,
  citations: anything,
  content: anything,
  file: anything,
};
const SOURCE = { type: anything, media_type: anything, data: anything, content: anything };
const FILE = { file_data: anything, filename: anything };

/**
 * What a file says where it is text, its blocks as paragraphs; undefined for any other. What is lost of it is listed, but
 * for its `cache_control`.
 */
export function fileText(view: RequestView, block: JsonObject): string | undefined {
  const text = contentOfFile(view, block);
  if (text === undefined || text === '') return undefined;
  const { changed } = view.notes;
  if (asString(block.title) !== undefined) changed.add('title');
  if (typeof block.source === 'string') changed.add('source');
  // What citations point at is lost with them; `enabled: false` asks for none.
  if (asObject(block.citations)?.enabled === true) changed.add('citations');
  if (asString(asObject(block.file)?.filename) !== undefined) changed.add('filename');
  readMembers(block, FILE_BLOCK, '', view.notes);
  readMembers(asObject(block.source) ?? {}, SOURCE, '', view.notes);
  readMembers(asObject(block.file) ?? {}, FILE, '', view.notes);
  return text;
}

function contentOfFile(view: RequestView, block: JsonObject): string | undefined {
  if (block.type === 'file') return readTextFile(asString(asObject(block.file)?.file_data) ?? '');
  if (block.type === 'search_result') return joinedText(view, asArray(block.content), PARAGRAPH);
  const source = asObject(block.source);
  if (source?.type === 'text') return asString(source.data);
  if (source?.type !== 'content') return undefined;
  return asString(source.content) ?? joinedText(view, asArray(source.content), PARAGRAPH);
}
