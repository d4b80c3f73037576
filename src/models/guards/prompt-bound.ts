import { asArray, asObject, isObject, type JsonObject } from '../../protocols/json.ts';
import { mediaOf } from '../../protocols/media-parts.ts';
import { toolsOfVendor } from '../../protocols/vendor-tools.ts';
import type { Card } from '../card.ts';

/**
 * Tokens that the prompt of a parsed request does not pass, without a tokenizer: a byte-level token has at least one
 * byte, so the request's own JSON text counts a token for each, keys and quotes standing for the template's words and for
 * those that the gateway adds, escapes for those of arguments that go up wrapped; the card's constants come on top. Payloads of images count as `per_image` instead. Three to
 * five times the real count: good for holds, and for the window while it is far.
 *
 * Where something is there whose tokens do not follow from its bytes, such as a PDF, it is the whole window at least: more
 * than that no call can take.
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
    (tools > 0 ? constants.tools_once : 0) +
    toolsOfVendor(body.tools) * constants.tools_once;
  const media: MediaSum = { images: 0, payload: 0, unbounded: false, cites: false };
  addMedia(body.system, media);
  for (const message of messages) addMedia(asObject(message)?.content, media);
  // UTF-16 units, which are never more than the bytes that stood in the body.
  const withImages = bound + media.images * constants.per_image - media.payload;
  const most = media.cites ? withImages + constants.tools_once : withImages;
  return media.unbounded ? Math.max(most, card.window) : most;
}

/** What is in messages besides text. */
interface MediaSum {
  images: number;
  /** Length of the texts that carry it. */
  payload: number;
  unbounded: boolean;
  /** Something is to be cited: its vendor tells the model how, in about as many words as it has on tools. */
  cites: boolean;
}

/**
 * Adds the media of a message's content, and of the blocks that a tool's result or a document holds: a list, or one alone.
 * Only there: the same shape in a tool's input is text.
 */
function addMedia(content: unknown, sum: MediaSum): void {
  if (Array.isArray(content)) {
    for (const part of content) addMedia(part, sum);
    return;
  }
  if (!isObject(content)) return;
  if (asObject(content.citations)?.enabled === true) sum.cites = true;
  const media = mediaOf(content);
  if (media === undefined) {
    addMedia(content.content, sum);
    addMedia(asObject(content.source)?.content, sum);
    return;
  }
  if (media.kind === 'image') sum.images++;
  else sum.unbounded = true;
  sum.payload += media.payload.length;
}
