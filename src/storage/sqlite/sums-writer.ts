import type { Database, Statement } from 'bun:sqlite';
import { PARTS_KEPT, PARTS_PER_SPAN, SPANS } from '../records.ts';
import { addUsage, type UsageSum } from '../usage-sum.ts';
import { type RawUsageSum, toUsageSum } from './raw-rows.ts';
import { HOUR_MS, SUM_UNITS, SUMMED_TO } from './sums.ts';

type Binding = bigint | number | string | null;

/** What the sums take of a usage row, with one call. */
interface Summand extends UsageSum {
  accountId: string;
  keyId: string;
  /** Unix ms: of the row, and of the request's start. */
  createdAt: number;
  startedAt: number;
  model: string;
  simulated: boolean;
}

/** What a key has spent since its sums were stored; of each span, by part. */
interface KeySum {
  spent: bigint;
  calls: number;
  lastUsedAt: number;
  parts: Map<number, bigint>[];
}

/**
 * Gathers what usage rows add to the sums of keys, windows, hours and days, and stores it now and then: a sum costs a page of
 * the log, and so one for many commits. `summed_to` says up to which id the stored sums have every row; what is newer is
 * added by whoever reads them, and read again here when a transaction has failed.
 */
export class SumsWriter {
  readonly #addSpending: Statement<unknown, Binding[]>;
  readonly #addPart: Statement<{ spent: bigint }, Binding[]>;
  readonly #addSum: Statement<unknown, Binding[]>;
  readonly #putSummedTo: Statement<unknown, [string]>;
  readonly #selectRest: Statement<RawSummand, []>;
  readonly #prune: Statement<unknown, Binding[]>;
  readonly #keys = new Map<string, KeySum>();
  readonly #hours = new Map<string, Summand>();
  #rows = 0;
  /** What is gathered may have rows in it that were rolled back, or lack some. */
  #doubtful = true;

  constructor(db: Database) {
    this.#addSpending = db.query(
      `INSERT INTO spending (key_id, spent, calls, last_used_at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         spent = spent + excluded.spent, calls = calls + excluded.calls,
         last_used_at = max(last_used_at, excluded.last_used_at)`,
    );
    this.#addPart = db.query(
      `INSERT INTO window_parts (key_id, span, part, spent) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET spent = spent + excluded.spent RETURNING spent`,
    );
    this.#addSum = db.query(
      `INSERT INTO usage_sums VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         calls = calls + excluded.calls, input_uncached = input_uncached + excluded.input_uncached,
         cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write,
         output = output + excluded.output, reasoning = reasoning + excluded.reasoning, cost = cost + excluded.cost,
         absorbed = absorbed + excluded.absorbed, upstream_cost = upstream_cost + excluded.upstream_cost`,
    );
    this.#putSummedTo = db.query(
      "INSERT INTO meta VALUES ('summed_to', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    this.#selectRest = db.query(
      `SELECT account_id, key_id, id / 1000 AS created_at, started_at, model, simulated, 1 AS calls, input_uncached, cache_read,
         cache_write_5m + cache_write_1h AS cache_write, output_text + reasoning AS output, reasoning, cost, absorbed,
         coalesce(upstream_cost, 0) AS upstream_cost FROM usage WHERE id > ${SUMMED_TO}`,
    );
    this.#prune = db.query(
      `DELETE FROM window_parts WHERE key_id = ?1 AND span = ?2 AND part < ?3 - ${PARTS_PER_SPAN} AND part <
         (SELECT part FROM window_parts WHERE key_id = ?1 AND span = ?2 ORDER BY part DESC LIMIT 1 OFFSET ${PARTS_KEPT - 1})`,
    );
  }

  /** Rows that are in no stored sum; right after `catchUp`. */
  get waiting(): number {
    return this.#rows;
  }

  /** Reads what is in no stored sum, where that is not known. Call before a row is inserted. */
  catchUp(): void {
    if (!this.#doubtful) return;
    this.#clear();
    for (const raw of this.#selectRest.iterate()) this.add(toSummand(raw));
    this.#doubtful = false;
  }

  /** A row was inserted in the running transaction. */
  add(row: Summand): void {
    this.#rows++;
    let key = this.#keys.get(row.keyId);
    if (key === undefined) {
      key = newKeySum();
      this.#keys.set(row.keyId, key);
    }
    key.spent += row.cost;
    key.calls++;
    key.lastUsedAt = Math.max(key.lastUsedAt, row.createdAt);
    for (let i = 0; i < SPANS.length; i++) {
      const part = Math.floor(row.startedAt / PART_MS[i]!);
      const parts = key.parts[i]!;
      parts.set(part, (parts.get(part) ?? 0n) + row.cost);
    }
    // By the smallest unit: what is in one hour is in one day.
    const id = `${row.accountId} ${Math.floor(row.createdAt / HOUR_MS)} ${row.keyId} ${row.simulated} ${row.model}`;
    const hour = this.#hours.get(id);
    if (hour === undefined) this.#hours.set(id, { ...row });
    else addUsage(hour, row);
  }

  /** Stores what is gathered, as that of all rows up to `lastId`; call before the commit, and `stored` after it. */
  write(lastId: bigint): void {
    for (const [keyId, { spent, calls, lastUsedAt, parts }] of this.#keys) {
      this.#addSpending.run(keyId, spent, calls, lastUsedAt);
      for (const [i, { name }] of SPANS.entries()) {
        for (const [part, amount] of parts[i]!) {
          const isNew = this.#addPart.get(keyId, name, part, amount)?.spent === amount;
          // What has left by the clock of the new part, of that what is over the number: never by a clock alone, which may be wrong.
          if (isNew) this.#prune.run(keyId, name, part);
        }
      }
    }
    for (const hour of this.#hours.values()) {
      for (const { name, ms } of SUM_UNITS) {
        this.#addSum.run(
          hour.accountId,
          name,
          Math.floor(hour.createdAt / ms),
          hour.keyId,
          hour.model,
          Number(hour.simulated),
          hour.calls,
          hour.inputUncached,
          hour.cacheRead,
          hour.cacheWrite,
          hour.output,
          hour.reasoning,
          hour.cost,
          hour.absorbed,
          hour.upstreamCost,
        );
      }
    }
    this.#putSummedTo.run(String(lastId));
  }

  /** What `write` stored is committed. */
  stored(): void {
    this.#clear();
  }

  /** A transaction, or a part of one, was rolled back. */
  forget(): void {
    this.#doubtful = true;
  }

  #clear(): void {
    this.#keys.clear();
    this.#hours.clear();
    this.#rows = 0;
  }
}

const PART_MS = SPANS.map(({ ms }) => ms / PARTS_PER_SPAN);

const newKeySum = (): KeySum => ({ spent: 0n, calls: 0, lastUsedAt: 0, parts: SPANS.map(() => new Map()) });

interface RawSummand extends RawUsageSum {
  account_id: string;
  key_id: string;
  created_at: bigint;
  started_at: bigint;
  model: string;
  simulated: bigint;
}

function toSummand(raw: RawSummand): Summand {
  return {
    ...toUsageSum(raw),
    accountId: raw.account_id,
    keyId: raw.key_id,
    createdAt: Number(raw.created_at),
    startedAt: Number(raw.started_at),
    model: raw.model,
    simulated: raw.simulated === 1n,
  };
}
