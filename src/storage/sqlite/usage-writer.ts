import type { Database, Statement } from 'bun:sqlite';
import { PARTS_PER_SPAN, SPANS, type Span } from '../records.ts';
import type { ChargeRecord } from '../writes.ts';
import { HOUR_MS, SUM_UNITS } from './sum-units.ts';

type Binding = bigint | number | string | null;

/**
 * Writes usage rows and, once per transaction, the sums derived from them: a hot key costs one update of each sum per
 * commit, not one per request.
 */
export class UsageWriter {
  readonly #insert: Statement<unknown, Binding[]>;
  readonly #insertTerms: Statement<{ id: bigint }, [string]>;
  readonly #selectTerms: Statement<{ id: bigint }, [string]>;
  readonly #addSpending: Statement<unknown, Binding[]>;
  readonly #addPart: Statement<unknown, Binding[]>;
  readonly #addSum: Statement<unknown, Binding[]>;
  readonly #prune: Statement<unknown, [string, number]>;
  readonly #keys = new Map<string, { spent: bigint; calls: number; lastUsedAt: number }>();
  readonly #parts = new Map<string, { keyId: string; span: Span; part: number; spent: bigint }>();
  readonly #sums = new Map<string, Sum>();
  /** Committed and uncommitted ids alike: emptied when a transaction fails, for then they may not exist. */
  readonly #terms = new Map<string, bigint>();

  constructor(db: Database) {
    this.#insert = db.query(
      `INSERT INTO usage (id, request_id, account_id, key_id, started_at, model, upstream, upstream_model, protocol,
         stream, status, ending, simulated, input_uncached, cache_read, cache_write_5m, cache_write_1h, output_text,
         reasoning, usage_source, clamped, cost, absorbed, upstream_cost, held, terms_id, ttft_ms, duration_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (request_id) DO NOTHING`,
    );
    this.#insertTerms = db.query('INSERT INTO terms (text) VALUES (?) ON CONFLICT DO NOTHING RETURNING id');
    this.#selectTerms = db.query('SELECT id FROM terms WHERE text = ?');
    this.#addSpending = db.query(
      `INSERT INTO spending (key_id, spent, calls, last_used_at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         spent = spent + excluded.spent, calls = calls + excluded.calls,
         last_used_at = max(last_used_at, excluded.last_used_at)`,
    );
    this.#addPart = db.query(
      'INSERT INTO window_parts (key_id, span, part, spent) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET spent = spent + excluded.spent',
    );
    this.#addSum = db.query(
      `INSERT INTO usage_sums VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         calls = calls + excluded.calls, input_uncached = input_uncached + excluded.input_uncached,
         cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write,
         output = output + excluded.output, reasoning = reasoning + excluded.reasoning, cost = cost + excluded.cost,
         absorbed = absorbed + excluded.absorbed, upstream_cost = upstream_cost + excluded.upstream_cost`,
    );
    this.#prune = db.query('DELETE FROM window_parts WHERE span = ? AND part < ?');
  }

  /** False when the request was billed before: nothing is written then. */
  insert(id: bigint, row: ChargeRecord): boolean {
    const { changes } = this.#insert.run(
      id,
      row.requestId,
      row.accountId,
      row.keyId,
      row.startedAt,
      row.model,
      row.upstream,
      row.upstreamModel,
      row.protocol,
      Number(row.stream),
      row.status,
      row.ending,
      Number(row.simulated),
      row.inputUncached,
      row.cacheRead,
      row.cacheWrite5m,
      row.cacheWrite1h,
      row.outputText,
      row.reasoning,
      row.usageSource,
      Number(row.clamped),
      row.cost,
      row.absorbed,
      row.upstreamCost ?? null,
      row.held,
      this.#termsId(row.terms),
      row.ttftMs ?? null,
      row.durationMs,
    );
    if (changes === 0) return false;
    this.#sum(Number(id / 1000n), row);
    return true;
  }

  /** Stores the sums; call before the commit. */
  flush(): void {
    for (const [keyId, { spent, calls, lastUsedAt }] of this.#keys)
      this.#addSpending.run(keyId, spent, calls, lastUsedAt);
    for (const { keyId, span, part, spent } of this.#parts.values()) this.#addPart.run(keyId, span, part, spent);
    for (const { row, createdAt, ...sum } of this.#sums.values()) {
      for (const { name, ms } of SUM_UNITS) {
        this.#addSum.run(
          row.accountId,
          name,
          Math.floor(createdAt / ms),
          row.keyId,
          row.model,
          Number(row.simulated),
          sum.calls,
          sum.inputUncached,
          sum.cacheRead,
          sum.cacheWrite,
          sum.output,
          sum.reasoning,
          sum.cost,
          sum.absorbed,
          sum.upstreamCost,
        );
      }
    }
    this.#clearSums();
  }

  /** Call when a transaction has ended, either way. */
  forget(): void {
    this.#clearSums();
    // Few texts at a time: a price list and a multiplier change seldom. After a failure their ids may be gone.
    this.#terms.clear();
  }

  prune(nowMs: number): void {
    for (const { name, ms } of SPANS) this.#prune.run(name, Math.floor((nowMs - ms) / (ms / PARTS_PER_SPAN)));
  }

  #sum(createdAt: number, row: ChargeRecord): void {
    const key = upsert(this.#keys, row.keyId, () => ({ spent: 0n, calls: 0, lastUsedAt: 0 }));
    key.spent += row.cost;
    key.calls++;
    key.lastUsedAt = Math.max(key.lastUsedAt, createdAt);
    for (const { name, ms } of SPANS) {
      const part = Math.floor(row.startedAt / (ms / PARTS_PER_SPAN));
      const make = () => ({ keyId: row.keyId, span: name, part, spent: 0n });
      upsert(this.#parts, `${row.keyId} ${name} ${part}`, make).spent += row.cost;
    }
    // By the smallest unit: what is in one hour is in one day.
    const id = `${row.accountId} ${Math.floor(createdAt / HOUR_MS)} ${row.keyId} ${row.simulated} ${row.model}`;
    const sum = upsert(this.#sums, id, () => ({ row, createdAt, ...emptySum() }));
    sum.calls++;
    sum.inputUncached += row.inputUncached;
    sum.cacheRead += row.cacheRead;
    sum.cacheWrite += row.cacheWrite5m + row.cacheWrite1h;
    sum.output += row.outputText + row.reasoning;
    sum.reasoning += row.reasoning;
    sum.cost += row.cost;
    sum.absorbed += row.absorbed;
    sum.upstreamCost += row.upstreamCost ?? 0n;
  }

  #termsId(text: string): bigint {
    return upsert(this.#terms, text, () => {
      const found = this.#selectTerms.get(text) ?? this.#insertTerms.get(text);
      if (found === null) throw new Error('terms were neither found nor written');
      return found.id;
    });
  }

  #clearSums(): void {
    this.#keys.clear();
    this.#parts.clear();
    this.#sums.clear();
  }
}

const emptySum = () => ({
  calls: 0,
  inputUncached: 0,
  cacheRead: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  cost: 0n,
  absorbed: 0n,
  upstreamCost: 0n,
});

type Sum = ReturnType<typeof emptySum> & { row: ChargeRecord; createdAt: number };

function upsert<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
