import { GatewayError } from '../errors/catalogue.ts';
import type { Key } from '../keys/key.ts';
import { checkUsable } from '../keys/usable.ts';
import type { Call } from './call.ts';
import type { RequestHeaders } from './client-request.ts';

/** One text for missing, malformed and unknown: nothing is learnt by trying. */
const UNKNOWN = 'Missing or unknown API key. Send `Authorization: Bearer sk-byts-…` or `x-api-key: sk-byts-…`.';

/** From the headers alone. Throws `invalid_api_key`. */
export function authenticate(call: Call): void {
  call.key = findKey(call.request.headers, call.house.money, call.startMs);
}

/** The key that the headers name; `x-api-key` wins over `authorization`. Throws `invalid_api_key`. */
export function findKey(
  headers: RequestHeaders,
  keys: { findKey(secret: string): Key | undefined },
  nowMs: number,
): Key {
  const secret = headers.get('x-api-key')?.trim() || bearer(headers.get('authorization'));
  const key = secret ? keys.findKey(secret) : undefined;
  if (key === undefined) throw new GatewayError('invalid_api_key', UNKNOWN);
  checkUsable(key, nowMs);
  return key;
}

const BEARER_LENGTH = 'Bearer '.length;

function bearer(header: string | null): string | undefined {
  if (header === null) return undefined;
  // As every client writes it.
  if (header.startsWith('Bearer ') && header.indexOf(' ', BEARER_LENGTH) < 0) return header.slice(BEARER_LENGTH);
  return /^Bearer\s+(\S+)\s*$/i.exec(header)?.[1];
}
