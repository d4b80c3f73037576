import { GatewayError } from '../errors/catalogue.ts';
import { accountFields } from '../protocols/account-fields.ts';
import { chatChecks } from '../protocols/chat-completions/check-request.ts';
import { chatFields } from '../protocols/chat-completions/request-fields.ts';
import { isObject, parseJson } from '../protocols/json.ts';
import { duplicateKeys, scanTopLevel, type TopLevel } from '../protocols/json-scan.ts';
import { messagesChecks } from '../protocols/messages/check-request.ts';
import { messagesFields } from '../protocols/messages/request-fields.ts';
import { decodeStrictly } from '../protocols/utf8.ts';
import { decoderOf } from '../upstreams/http/content-decoding.ts';
import { arrivingBody, tooLarge } from './arriving-body.ts';
import type { Call } from './call.ts';

/** 32 MiB, after decoding. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/**
 * Reads and parses the body; waits only for one that is not here yet. Throws `unsupported_media_type`, `request_too_large`,
 * `invalid_param`.
 */
export function readBody(call: Call): void | Promise<void> {
  const { headers } = call.request;
  const type = headers.get('content-type');
  if (type !== 'application/json' && type !== null && type !== '' && !isJson(type)) {
    throw new GatewayError('unsupported_media_type', 'The content type must be `application/json`.');
  }
  const bytes = bodyBytes(call);
  if (!(bytes instanceof Promise)) return parseBody(call, bytes);
  return bytes.then((late) => parseBody(call, late));
}

const JSON_TYPE = /^\s*(application\/([\w.+-]*\+)?json|text\/json)\s*(;|$)/i;

/** A field that came several times has its values joined: they may be the same. */
function isJson(type: string): boolean {
  return JSON_TYPE.test(type) || type.split(', ').every((one) => JSON_TYPE.test(one));
}

function parseBody(call: Call, bytes: Uint8Array): void {
  call.bodyBytes = bytes.length;
  call.text = decodeUtf8(bytes);
  const top = scanTopLevel(call.text);
  if (top.tooDeep) throw new GatewayError('invalid_param', 'The body nests deeper than 200 levels.');
  const body = parseJson(call.text);
  if (!isObject(body)) {
    throw new GatewayError(
      'invalid_param',
      body === undefined ? 'The body is not valid JSON.' : 'The body must be a JSON object.',
    );
  }
  // The parsed body has each key once.
  if (top.members.length > Object.keys(body).length) refuseDuplicates(top);
  call.body = body;
  call.top = top;
}

function refuseDuplicates(top: TopLevel): void {
  for (const key of duplicateKeys(top)) {
    if (!READ_KEYS.has(key)) continue;
    throw new GatewayError('invalid_param', `\`${key}\` occurs twice in the body; send it once.`, { param: key });
  }
}

/**
 * Top-level keys that decide something here: two of a kind could mean one thing to us and another to the upstream. All that
 * the tables name, whatever they do with it: a field that is read tomorrow stands in one of them.
 */
const READ_KEYS: ReadonlySet<string> = new Set([
  ...Object.keys({ ...chatFields, ...messagesFields, ...chatChecks, ...messagesChecks }),
  ...accountFields,
  // DeepSeek's name for the end user on Chat Completions.
  'user_id',
]);

function bodyBytes({ request }: Call): Uint8Array | Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  const body = arrivingBody(request, MAX_BODY_BYTES);
  if (encoding === '' || encoding === 'identity') return body;
  return body instanceof Promise ? body.then((bytes) => decodeContent(bytes, encoding)) : decodeContent(body, encoding);
}

/** Decodes while counting, so that a small body cannot unfold into a large one. */
async function decodeContent(bytes: Uint8Array, encoding: string): Promise<Uint8Array> {
  const decoder = decoderOf(encoding)?.(bytes);
  if (decoder === undefined) {
    throw new GatewayError(
      'unsupported_media_type',
      'The content encoding is not supported; send gzip, deflate, br, zstd or none.',
    );
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  decoder.end(bytes);
  try {
    for await (const chunk of decoder as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('invalid_param', `The body is not valid ${encoding}.`, { cause: error });
  }
  return Buffer.concat(chunks, size);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decodeStrictly(bytes);
  } catch (error) {
    throw new GatewayError('invalid_param', 'The body is not valid UTF-8.', { cause: error });
  }
}
