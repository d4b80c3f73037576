import { hash, randomBytes } from 'node:crypto';

const KEY_PREFIX = 'sk-byts-';
const ADMIN_PREFIX = 'bytespike-admin-';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 30 characters of 62 hold 178 bits. */
const RANDOM_CHARACTERS = 30;
/** Six characters of 62 hold the 32 bits of a CRC. */
const CHECKSUM_CHARACTERS = 6;

/** A new API key: `sk-byts-`, 30 random characters, 6 of checksum. */
export function generateKeySecret(): string {
  return withChecksum(KEY_PREFIX + randomText());
}

/** A new admin token: `bytespike-admin-`, 30 random characters, 6 of checksum. */
export function generateAdminToken(): string {
  return withChecksum(ADMIN_PREFIX + randomText());
}

/**
 * What is stored in place of a secret: SHA-256 in hex. A slow password hash would add nothing to 178 random bits
 * and would be paid on every request.
 */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/**
 * True when the secret is of our format and without a typing error. For secret scanners and the command line:
 * the server never judges by it, since operators may bring secrets of their own.
 */
export function hasValidChecksum(secret: string): boolean {
  const prefix = [KEY_PREFIX, ADMIN_PREFIX].find((candidate) => secret.startsWith(candidate));
  if (prefix === undefined) return false;
  const body = secret.slice(prefix.length);
  if (body.length !== RANDOM_CHARACTERS + CHECKSUM_CHARACTERS || !/^[0-9A-Za-z]+$/.test(body)) return false;
  return withChecksum(secret.slice(0, -CHECKSUM_CHARACTERS)) === secret;
}

/** What lists and logs show: `sk-byts-...****1234`. A short secret shows nothing of itself. */
export function mask(secret: string): string {
  const prefix = [KEY_PREFIX, ADMIN_PREFIX].find((candidate) => secret.startsWith(candidate)) ?? '';
  const tail = secret.length - prefix.length >= 16 ? secret.slice(-4) : '';
  return `${prefix}...****${tail}`;
}

function randomText(): string {
  let text = '';
  while (text.length < RANDOM_CHARACTERS) {
    for (const byte of randomBytes(RANDOM_CHARACTERS)) {
      // 248 is the largest multiple of 62 in a byte: what lies above would favour the first characters.
      if (byte < 248 && text.length < RANDOM_CHARACTERS) text += ALPHABET[byte % 62];
    }
  }
  return text;
}

function withChecksum(text: string): string {
  let rest = Bun.hash.crc32(text);
  let checksum = '';
  for (let i = 0; i < CHECKSUM_CHARACTERS; i++) {
    checksum = ALPHABET[rest % 62] + checksum;
    rest = Math.floor(rest / 62);
  }
  return text + checksum;
}
