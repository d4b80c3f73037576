import { randomBytes } from 'node:crypto';

/** `key_` and the like, then the time and 40 random bits, so that ids sort by age and are not guessed. */
export function newId(prefix: string, nowMs: number): string {
  const random = randomBytes(5).readUIntBE(0, 5).toString(36).padStart(8, '0');
  return `${prefix}_${nowMs.toString(36)}${random}`;
}
