/** Prompts are cached in units of so many tokens. Measured at DeepSeek 2026-08: hits are its multiples. */
export const UNIT = 128;
/** Units remembered, 4 MB at most; the longest unused go first. */
const MAX_UNITS = 64 * 1024;

/**
 * Remembers which prompts began how, by hashes alone: no text is kept. A unit is found only together with all units
 * before it, within its partition.
 */
export class PrefixCache {
  readonly #maxUnits: number;
  /** In order of use. */
  readonly #units = new Set<number>();

  constructor(maxUnits = MAX_UNITS) {
    this.#maxUnits = maxUnits;
  }

  get size(): number {
    return this.#units.size;
  }

  /** How many tokens at the start of `ids` were there before, a multiple of UNIT. */
  hits(partition: string, ids: readonly number[]): number {
    let hit = 0;
    for (const key of keysOf(partition, ids)) {
      if (!this.#units.delete(key)) break;
      this.#units.add(key);
      hit += UNIT;
    }
    return hit;
  }

  remember(partition: string, ids: readonly number[]): void {
    for (const key of keysOf(partition, ids)) {
      this.#units.delete(key);
      this.#units.add(key);
    }
    for (const oldest of this.#units) {
      if (this.#units.size <= this.#maxUnits) break;
      this.#units.delete(oldest);
    }
  }
}

/** A key for each whole unit that stands for everything up to its end: 52 bits out of two chained hashes. */
function* keysOf(partition: string, ids: readonly number[]): Generator<number> {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  const mix = (value: number) => {
    a = Math.imul(a ^ value, 0x01000193);
    b = Math.imul((b << 13) | (b >>> 19), 5) ^ Math.imul(value, 0xcc9e2d51);
  };
  for (let i = 0; i < partition.length; i++) mix(partition.charCodeAt(i));
  for (let i = 0; i < ids.length; i++) {
    mix(ids[i]!);
    if ((i + 1) % UNIT === 0) yield (a >>> 0) * 2 ** 20 + (b >>> 12);
  }
}
