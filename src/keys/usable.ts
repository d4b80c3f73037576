import { GatewayError } from '../errors/catalogue.ts';
import type { Key } from './key.ts';

/** Throws `invalid_api_key` for a key that opens nothing any more: revoked, disabled, expired. */
export function checkUsable(key: Key, nowMs: number): void {
  if (key.status === 'revoked') throw new GatewayError('invalid_api_key', 'This API key has been revoked.');
  if (key.status === 'disabled') throw new GatewayError('invalid_api_key', 'This API key is disabled.');
  if (key.expiresAt !== undefined && key.expiresAt <= nowMs) {
    throw new GatewayError('invalid_api_key', 'This API key has expired.');
  }
}
