import { GatewayError } from '../../errors/catalogue.ts';
import { asArray, asObject, isObject, type JsonObject } from '../../protocols/json.ts';
import type { Protocol } from '../../protocols/protocol.ts';
import type { Card } from '../card.ts';
import { alternatives, naming } from './alternatives.ts';

/** Where something stands in a parsed body: `['messages', 3, 'content', 0]`. */
type JsonPath = (string | number)[];

interface ImageGuardInput {
  protocol: Protocol;
  /** The parsed request. */
  body: JsonObject;
  card: Card;
  /** Models to name instead: those that this installation serves. */
  cards: readonly Card[];
}

/**
 * Images at a model without vision. Throws GatewayError `unsupported_feature` for one that stands in the newest user
 * message. Returns the others (further back, or in a tool result) to be replaced by a text part `IMAGE_OMITTED`:
 * refusing those would freeze an agent's session for good. In document order, none inside another.
 */
export function guardImages({ protocol, body, card, cards }: ImageGuardInput): { path: JsonPath }[] {
  if (card.input_modalities.includes('image')) return [];
  const messages = asArray(body.messages);
  const newest = messages.findLastIndex((message) => asObject(message)?.role === 'user');
  const replaced: { path: JsonPath }[] = [];
  for (const [index, message] of messages.entries()) {
    const content = asObject(message)?.content;
    if (typeof content === 'string') continue;
    for (const { path, inToolResult } of findImages(content, protocol, ['messages', index, 'content'], [])) {
      if (index === newest && !inToolResult) throw noVision(path, card, cards);
      replaced.push({ path });
    }
  }
  return replaced;
}

/** `image_url` is Chat's; `input_image` and `image` are what clients of other APIs send there. */
const imageTypes: Record<Protocol, ReadonlySet<unknown>> = {
  'chat-completions': new Set(['image_url', 'input_image', 'image']),
  messages: new Set(['image']),
};

export function isImage(part: JsonObject, protocol: Protocol): boolean {
  return imageTypes[protocol].has(part.type);
}

interface FoundImage {
  path: JsonPath;
  inToolResult: boolean;
}

/** Adds the images of the content, and of the blocks that a tool's result or a document in it holds, however deep. */
function findImages(
  content: unknown,
  protocol: Protocol,
  path: JsonPath,
  found: FoundImage[],
  inToolResult = false,
): FoundImage[] {
  const blocks = asArray(content);
  for (let index = 0; index < blocks.length; index++) {
    const part = blocks[index];
    if (!isObject(part)) continue;
    if (isImage(part, protocol)) {
      found.push({ path: [...path, index], inToolResult });
      continue;
    }
    const inside = inToolResult || part.type === 'tool_result';
    const held = asObject(part.source)?.content;
    if (Array.isArray(part.content)) findImages(part.content, protocol, [...path, index, 'content'], found, inside);
    if (Array.isArray(held)) findImages(held, protocol, [...path, index, 'source', 'content'], found, inside);
  }
  return found;
}

function noVision(path: JsonPath, card: Card, cards: readonly Card[]): GatewayError {
  const seeing = alternatives(card, cards, (other) => other.capabilities.includes('vision'));
  return new GatewayError(
    'unsupported_feature',
    `${card.id} has no vision: it does not read images. Leave the image out, or ${naming(
      seeing,
      'use a model that reads images:',
      'ask the operator for a model that reads images.',
    )}`,
    { param: pathText(path) },
  );
}

/** `messages[3].content[0]`. */
export function pathText(path: JsonPath): string {
  return path.reduce<string>((left, key) => {
    if (typeof key === 'number') return `${left}[${key}]`;
    return left === '' ? key : `${left}.${key}`;
  }, '');
}
