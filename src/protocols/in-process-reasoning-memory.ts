import {
  DEFAULT_BOUNDS,
  type MemoryBounds,
  type ReasoningMemory,
  type RememberedTurn,
  turnBytes,
} from './reasoning-memory.ts';

interface Entry {
  turn: RememberedTurn;
  lookups: readonly string[];
  atMs: number;
  bytes: number;
}

interface KeyMemory {
  byLookup: Map<string, Entry>;
  /** Oldest first. */
  entries: Set<Entry>;
  bytes: number;
}

/** The memory of one process, lost with it: for tests, and where no database is. */
export class InProcessReasoningMemory implements ReasoningMemory {
  readonly #keys = new Map<string, KeyMemory>();
  readonly #bounds: MemoryBounds;
  readonly #now: () => number;

  constructor(bounds: MemoryBounds = DEFAULT_BOUNDS, now: () => number = Date.now) {
    this.#bounds = bounds;
    this.#now = now;
  }

  recall(keyId: string, lookups: readonly string[]): Promise<ReadonlyMap<string, RememberedTurn>> {
    const key = this.#keys.get(keyId);
    if (key !== undefined) this.#forget(key);
    const turns = new Map<string, RememberedTurn>();
    for (const lookup of lookups) {
      const entry = key?.byLookup.get(lookup);
      if (entry !== undefined) turns.set(lookup, entry.turn);
    }
    return Promise.resolve(turns);
  }

  remember(keyId: string, lookups: readonly string[], turn: RememberedTurn): void {
    const key: KeyMemory = this.#keys.get(keyId) ?? { byLookup: new Map(), entries: new Set(), bytes: 0 };
    this.#keys.set(keyId, key);
    const entry: Entry = { turn, lookups, atMs: this.#now(), bytes: turnBytes(turn) };
    key.entries.add(entry);
    key.bytes += entry.bytes;
    for (const lookup of lookups) key.byLookup.set(lookup, entry);
    this.#forget(key);
  }

  /** Drops what is too old or too much; entries are in order of age. */
  #forget(key: KeyMemory): void {
    const oldest = this.#now() - this.#bounds.maxAgeMs;
    for (const entry of key.entries) {
      const tooMuch = key.entries.size > this.#bounds.maxTurns || key.bytes > this.#bounds.maxBytes;
      if (entry.atMs > oldest && !tooMuch) return;
      key.entries.delete(entry);
      key.bytes -= entry.bytes;
      for (const lookup of entry.lookups) if (key.byLookup.get(lookup) === entry) key.byLookup.delete(lookup);
    }
  }
}
