import { hashSecret } from './secret.ts';

/** Secrets that are remembered, twice over: two hundred colleagues with several agents each. */
const KEPT = 2_000;
/** What is longer is no key of anybody's, and is not kept for whoever sends it. */
const MAX_LENGTH = 256;

/**
 * Hashes of the secrets that were seen last, so that an agent's thousandth request does not hash its key again. It knows
 * nothing of what a secret opens: that is looked up each time. Two generations; the older is dropped when the newer is full.
 */
export class HashMemo {
  #newer = new Map<string, string>();
  #older = new Map<string, string>();

  of(secret: string): string {
    const known = this.#newer.get(secret);
    if (known !== undefined) return known;
    const hash = this.#older.get(secret) ?? hashSecret(secret);
    if (secret.length > MAX_LENGTH) return hash;
    if (this.#newer.size >= KEPT) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(secret, hash);
    return hash;
  }

  get size(): number {
    return this.#newer.size + this.#older.size;
  }
}
