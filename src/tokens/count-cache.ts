/** Entries of a generation; there are two. An entry takes about 100 bytes. */
const GENERATION = 20_000;

/**
 * Token counts of texts that were counted before: a coding agent sends its whole history with every turn. A text is known
 * by a 64-bit hash under a seed that nobody outside of this process knows, and is not kept itself. Bounded: what was not
 * asked for during a whole generation is forgotten.
 */
export class CountCache {
  readonly #seed = crypto.getRandomValues(new BigUint64Array(1))[0]!;
  #young = new Map<bigint, number>();
  #old = new Map<bigint, number>();

  get(text: string): number | undefined {
    const key = this.#keyOf(text);
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#put(key, old);
    return old;
  }

  set(text: string, tokens: number): void {
    this.#put(this.#keyOf(text), tokens);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #put(key: bigint, tokens: number): void {
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, tokens);
  }

  #keyOf(text: string): bigint {
    return Bun.hash.wyhash(text, this.#seed);
  }
}
