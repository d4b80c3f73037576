import { asArray, asObject, asString, isObject, type JsonObject } from '../../protocols/json.ts';
import type { Card } from '../card.ts';

/**
 * Tokens that the prompt of a parsed request does not pass, without a tokenizer: a byte-level token has at least one
 * byte, so the request's own JSON text counts a token for each, keys and quotes standing for the template's words; the
 * card's constants come on top. Payloads of images count as `per_image` instead. Three to five times the real count:
 * good for holds, and for the window while it is far.
 *
 * A document or video counts as the whole window: its tokens do not follow from its bytes (a PDF is text and pictures,
 * packed; a link is nothing yet), and more than the window no call can take.
 *
 * `bodyBytes` is the length of the request as received; without it the body is serialised once more.
 */
export function promptByteBound(
  body: JsonObject,
  card: Card,
  bodyBytes = Buffer.byteLength(JSON.stringify(body)),
): number {
  const constants = card.tokens;
  const tools = asArray(body.tools).length + asArray(body.functions).length;
  let bound = bodyBytes + constants.per_request + tools * constants.per_tool + (tools > 0 ? constants.tools_once : 0);
  let opaque = false;
  for (const message of asArray(body.messages)) {
    bound += constants.per_message;
    for (const part of contentParts(message)) {
      const payload = imagePayload(part);
      // UTF-16 units, which are never more than the bytes that stood in the body.
      if (payload !== undefined) bound += constants.per_image - payload.length;
      else if (isOpaque(part)) opaque = true;
    }
  }
  return opaque ? Math.max(bound, card.window) : bound;
}

/** Parts of a message and of the tool results in it. Only there: the same shape in a tool's input is text. */
function* contentParts(message: unknown): Generator<JsonObject> {
  for (const part of asArray(asObject(message)?.content)) {
    if (!isObject(part)) continue;
    yield part;
    if (part.type !== 'tool_result') continue;
    for (const inner of asArray(part.content)) if (isObject(inner)) yield inner;
  }
}

/** The text that carries an image, `''` for one that is only named; undefined when the part is no image. */
function imagePayload(part: JsonObject): string | undefined {
  switch (part.type) {
    case 'image': {
      const source = asObject(part.source);
      return asString(source?.data) ?? asString(source?.url) ?? '';
    }
    case 'image_url':
    case 'input_image': {
      const image = part.image_url;
      return asString(image) ?? asString(asObject(image)?.url) ?? '';
    }
    default:
      return undefined;
  }
}

function isOpaque(part: JsonObject): boolean {
  switch (part.type) {
    case 'document':
      return asObject(part.source)?.type !== 'text';
    case 'file':
    case 'input_file':
    case 'video_url':
    case 'input_video':
      return true;
    default:
      return false;
  }
}
