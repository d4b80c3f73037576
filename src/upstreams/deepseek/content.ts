import { isImage } from '../../models/guards/images.ts';
import { DOCUMENT_OMITTED, IMAGE_OMITTED } from '../../protocols/added-text.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../protocols/json.ts';
import type { RequestView } from '../cure.ts';

/** Of either surface. */
export const FILE_BLOCKS = new Set(['file', 'document', 'search_result', 'container_upload']);

/** All content blocks of all messages, those inside tool results included, with the way to each. */
export function blocksOf(view: RequestView): { path: (string | number)[]; block: JsonObject }[] {
  const found: { path: (string | number)[]; block: JsonObject }[] = [];
  const collect = (content: unknown, path: (string | number)[]): void => {
    for (const [index, block] of asArray(content).entries()) {
      if (!isObject(block)) continue;
      found.push({ path: [...path, index], block });
      if (block.type === 'tool_result') collect(block.content, [...path, index, 'content']);
    }
  };
  for (const [index, message] of view.messages) collect(message.content, ['messages', index, 'content']);
  return found;
}

export function hasBlock(message: unknown, type: string): boolean {
  return asArray(asObject(message)?.content).some((block) => isObject(block) && block.type === type);
}

/** The texts of parts that become one string, which stands for whatever was planned for a single part of them. */
export function joinedText(view: RequestView, parts: readonly unknown[]): string {
  return parts.map((part) => (isObject(part) ? partText(view, part) : '')).join('');
}

/** An image or a file gives way to its marker; what else is no text is lost. All are listed. */
export function partText(view: RequestView, part: JsonObject): string {
  const text = asString(part.text) ?? asString(part.refusal);
  if (text !== undefined) return text;
  const { protocol } = view.route;
  const image = isImage(part, protocol);
  const type = asString(part.type) ?? 'content';
  const { notes } = view;
  if (image) {
    notes.changed.add(protocol !== 'messages' ? 'image_url' : type);
    return IMAGE_OMITTED;
  }
  if (FILE_BLOCKS.has(type)) {
    notes.changed.add(type);
    return DOCUMENT_OMITTED;
  }
  notes.addClientName(type);
  return '';
}
