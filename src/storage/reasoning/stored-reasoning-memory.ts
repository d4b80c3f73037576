import { Database } from 'bun:sqlite';
import { startThread } from '../../observability/descriptors.ts';
import {
  DEFAULT_BOUNDS,
  type MemoryBounds,
  type ReasoningMemory,
  type RememberedTurn,
  turnBytes,
} from '../../protocols/reasoning-memory.ts';
import { findTurns, type TurnRow } from './reasoning-file.ts';
import type { ToReasoningWriter } from './reasoning-worker.ts';

/** Most that may wait to be written, in bytes; beyond it the newest turns are not kept. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/**
 * The reasoning memory in a file of its own. One thread writes, one batch in flight while the next gathers; what waits is
 * found as well. It starts with the first turn that is to be kept or looked for: many installations never need it.
 */
export class StoredReasoningMemory implements ReasoningMemory {
  readonly #path: string;
  readonly #bounds: MemoryBounds;
  readonly #now: () => number;
  #worker: Worker | undefined;
  #reader: Database | undefined;
  #waiting: TurnRow[] = [];
  #waitingBytes = 0;
  #writing: TurnRow[] = [];
  #busy: PromiseWithResolvers<void> | undefined;
  #closed = false;

  constructor(path: string, bounds: MemoryBounds = DEFAULT_BOUNDS, now: () => number = Date.now) {
    this.#path = path;
    this.#bounds = bounds;
    this.#now = now;
  }

  async recall(keyId: string, lookups: readonly string[]): Promise<ReadonlyMap<string, RememberedTurn>> {
    if (lookups.length === 0 || this.#closed) return new Map();
    const oldestMs = this.#now() - this.#bounds.maxAgeMs;
    const unwritten = this.#unwritten(keyId, new Set(lookups), oldestMs);
    const stored = await this.#stored(
      keyId,
      lookups.filter((name) => !unwritten.has(name)),
      oldestMs,
    );
    return unwritten.size === 0 ? stored : new Map([...stored, ...unwritten]);
  }

  remember(keyId: string, lookups: readonly string[], turn: RememberedTurn): void {
    const bytes = turnBytes(turn);
    if (this.#closed || bytes > this.#bounds.maxBytes || this.#waitingBytes + bytes > MAX_WAITING_BYTES) return;
    this.#waiting.push({ keyId, lookups, turn, atMs: this.#now(), bytes });
    this.#waitingBytes += bytes;
    this.#write();
  }

  /** Resolves when everything so far is in the file. */
  async settled(): Promise<void> {
    while (this.#busy !== undefined) await this.#busy.promise;
  }

  async close(): Promise<void> {
    await this.settled();
    this.#closed = true;
    this.#reader?.close();
    this.#worker?.terminate();
  }

  /** Oldest first: of one lookup the latest turn counts. */
  #unwritten(keyId: string, names: ReadonlySet<string>, oldestMs: number): Map<string, RememberedTurn> {
    const turns = new Map<string, RememberedTurn>();
    for (const row of [...this.#writing, ...this.#waiting]) {
      if (row.keyId !== keyId || row.atMs <= oldestMs) continue;
      for (const name of row.lookups) if (names.has(name)) turns.set(name, row.turn);
    }
    return turns;
  }

  async #stored(keyId: string, names: readonly string[], oldestMs: number): Promise<Map<string, RememberedTurn>> {
    if (names.length === 0) return new Map();
    if (this.#reader === undefined) {
      // The writer makes the file.
      this.#write();
      await this.settled();
      if (this.#closed) return new Map();
    }
    try {
      this.#reader ??= new Database(this.#path, { readonly: true, strict: true });
      return findTurns(this.#reader, keyId, names, oldestMs);
    } catch {
      // A file that cannot be read is a memory that knows nothing: the request goes on without thinking.
      return new Map();
    }
  }

  #write(): void {
    if (this.#busy !== undefined) return;
    this.#busy = Promise.withResolvers();
    void this.#drain();
  }

  async #drain(): Promise<void> {
    if (this.#worker === undefined) await this.#store([]);
    while (this.#waiting.length > 0) {
      this.#writing = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      await this.#store(this.#writing);
      this.#writing = [];
    }
    const done = this.#busy;
    this.#busy = undefined;
    done?.resolve();
  }

  /** Resolves also where it failed: what was to be written is lost. */
  #store(rows: TurnRow[]): Promise<unknown> {
    try {
      this.#worker ??= startThread(new URL('./reasoning-worker.ts', import.meta.url));
    } catch {
      return Promise.resolve(false);
    }
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#worker.onmessage = ({ data }) => resolve(data);
    this.#worker.onerror = () => {
      // It answers nothing any more.
      this.#worker = undefined;
      resolve(false);
    };
    const message: ToReasoningWriter = { path: this.#path, rows, bounds: this.#bounds, nowMs: this.#now() };
    this.#worker.postMessage(message);
    return promise;
  }
}
