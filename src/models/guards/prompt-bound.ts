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
  const messages = asArray(body.messages);
  const tools = asArray(body.tools).length + asArray(body.functions).length;
  const bound =
    bodyBytes +
    constants.per_request +
    messages.length * constants.per_message +
    tools * constants.per_tool +
    (tools > 0 ? constants.tools_once : 0);
  const parts: ContentSum = { images: 0, payload: 0, opaque: false };
  for (const message of messages) addParts(asObject(message)?.content, parts, true);
  // UTF-16 units, which are never more than the bytes that stood in the body.
  const withImages = bound + parts.images * constants.per_image - parts.payload;
  return parts.opaque ? Math.max(withImages, card.window) : withImages;
}

/** What is in messages besides text. */
interface ContentSum {
  images: number;
  /** Length of the texts that carry them. */
  payload: number;
  /** Something whose tokens do not follow from its bytes. */
  opaque: boolean;
}

/** Adds the parts of a message and of the tool results in it. Only there: the same shape in a tool's input is text. */
function addParts(content: unknown, sum: ContentSum, outermost: boolean): void {
  for (const part of asArray(content)) {
    if (!isObject(part)) continue;
    const payload = imagePayload(part);
    if (payload !== undefined) {
      sum.images++;
      sum.payload += payload.length;
    } else if (isOpaque(part)) sum.opaque = true;
    if (outermost && part.type === 'tool_result') addParts(part.content, sum, false);
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
