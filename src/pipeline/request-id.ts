import { randomBytes } from 'node:crypto';

/** `req_` and a time-ordered id: the Unix ms, a count within it, and 64 random bits, in hexadecimal. */
export function newRequestId(): string {
  const now = Date.now();
  if (now !== idMs) {
    idMs = now;
    idCount = 0;
    idTime = `req_${now.toString(16).padStart(12, '0')}`;
  }
  if (randomAt === random.length) {
    random = randomBytes(RANDOM_BYTES).toString('hex');
    randomAt = 0;
  }
  const count = (0x10000 + (idCount++ & 0xffff)).toString(16).slice(1);
  const unique = random.slice(randomAt, randomAt + RANDOM_DIGITS);
  randomAt += RANDOM_DIGITS;
  return `${idTime}${count}${unique}`;
}

const RANDOM_DIGITS = 16;
/** Fetched for many ids at once. */
const RANDOM_BYTES = 4096;
let random = '';
let randomAt = 0;
let idMs = 0;
let idTime = '';
let idCount = 0;
