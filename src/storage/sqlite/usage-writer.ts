import type { Database, Statement } from 'bun:sqlite';
import type { ChargeRecord } from '../writes.ts';
import type { SumsWriter } from './sums-writer.ts';

type Binding = bigint | number | string | null;

/** Writes usage rows, and tells the sums what they add. */
export class UsageWriter {
  readonly #insert: Statement<unknown, Binding[]>;
  readonly #insertTerms: Statement<{ id: bigint }, [string]>;
  readonly #selectTerms: Statement<{ id: bigint }, [string]>;
  readonly #sums: SumsWriter;
  /** Committed and uncommitted ids alike: emptied when a transaction fails, for then they may not exist. */
  readonly #terms = new Map<string, bigint>();

  constructor(db: Database, sums: SumsWriter) {
    this.#sums = sums;
    this.#insert = db.query(
      `INSERT INTO usage (id, request_id, account_id, key_id, started_at, model, upstream, upstream_model, protocol,
         stream, status, ending, simulated, input_uncached, cache_read, cache_write_5m, cache_write_1h, output_text,
         reasoning, usage_source, clamped, cost, absorbed, upstream_cost, held, terms_id, ttft_ms, duration_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (request_id) DO NOTHING`,
    );
    this.#insertTerms = db.query('INSERT INTO terms (text) VALUES (?) ON CONFLICT DO NOTHING RETURNING id');
    this.#selectTerms = db.query('SELECT id FROM terms WHERE text = ?');
  }

  /** False when the request was billed before: nothing is written then. */
  insert(id: bigint, row: ChargeRecord): boolean {
    this.#sums.catchUp();
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
    this.#sums.add({
      accountId: row.accountId,
      keyId: row.keyId,
      createdAt: Number(id / 1000n),
      startedAt: row.startedAt,
      model: row.model,
      simulated: row.simulated,
      calls: 1,
      inputUncached: row.inputUncached,
      cacheRead: row.cacheRead,
      cacheWrite: row.cacheWrite5m + row.cacheWrite1h,
      output: row.outputText + row.reasoning,
      reasoning: row.reasoning,
      cost: row.cost,
      absorbed: row.absorbed,
      upstreamCost: row.upstreamCost ?? 0n,
    });
    return true;
  }

  /** A transaction, or a part of one, was rolled back. */
  forget(): void {
    this.#terms.clear();
  }

  /** Few texts at a time: a price list and a multiplier change seldom. */
  #termsId(text: string): bigint {
    let id = this.#terms.get(text);
    if (id !== undefined) return id;
    const found = this.#selectTerms.get(text) ?? this.#insertTerms.get(text);
    if (found === null) throw new Error('terms were neither found nor written');
    ({ id } = found);
    if (this.#terms.size >= MAX_TERMS) this.#terms.clear();
    this.#terms.set(text, id);
    return id;
  }
}

const MAX_TERMS = 1_000;
