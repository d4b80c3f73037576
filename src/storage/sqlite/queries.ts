import type { Database } from 'bun:sqlite';
import type { AuditQuery, AuditRow, KeyTotals, LedgerQuery, LedgerRow, Page, UsageQuery, UsageRow } from '../rows.ts';
import { Conditions } from './conditions.ts';
import {
  type RawAuditRow,
  type RawLedgerRow,
  type RawUsageRow,
  toAuditRow,
  toLedgerRow,
  toUsageRow,
} from './raw-rows.ts';
import { SUMMED_TO } from './sums.ts';

/**
 * Pages of rows, newest first. Rows are read by their id, which only grows: a page after a cursor is the same whatever
 * has arrived since.
 */
export function usageRows(db: Database, query: UsageQuery): Page<UsageRow> {
  const model = isSeldomUsed(db, query) ? '+model' : 'model';
  const where = usageConditions(query, model).add('usage.id < ?', cursorId(query.cursor));
  const raw = db
    .query<RawUsageRow, (string | number | bigint)[]>(
      `SELECT usage.*, terms.text AS terms FROM usage JOIN terms ON terms.id = terms_id WHERE ${where.sql} ORDER BY usage.id DESC LIMIT ?`,
    )
    .all(...where.values, query.limit + 1);
  return page(raw, query.limit, toUsageRow);
}

/** A key's rows are walked up to here in place of a model's: 20 ms. */
const FEW_ROWS = 10_000;

/**
 * Whether a key leads to fewer rows than a model does. SQLite, without statistics, takes the index of models where both are asked
 * for: of a key with thirty rows it would look at every row that the model has.
 */
function isSeldomUsed(db: Database, { keyId, model }: UsageQuery): boolean {
  if (keyId === undefined || model === undefined) return false;
  return (
    db.query<unknown, [string]>(`SELECT 1 FROM usage WHERE key_id = ? LIMIT 1 OFFSET ${FEW_ROWS}`).get(keyId) === null
  );
}

/** `model`: as SQL; with a plus no index is used for it. */
export function usageConditions(query: UsageQuery, model: 'model' | '+model' = 'model'): Conditions {
  return new Conditions()
    .add('account_id = ?', query.accountId)
    .add('usage.id >= ?', idAt(query.since))
    .add('usage.id < ?', idAt(query.until))
    .add('key_id = ?', query.keyId)
    .add(`${model} = ?`, query.model)
    .add('request_id = ?', query.requestId)
    .add('simulated = ?', query.simulated === undefined ? undefined : Number(query.simulated));
}

export function ledgerRows(db: Database, query: LedgerQuery): Page<LedgerRow> {
  const where = new Conditions()
    .add('ledger.account_id = ?', query.accountId)
    .add('ledger.cause = ?', query.cause)
    .add('ledger.id >= ?', idAt(query.since))
    .add('ledger.id < ?', idAt(query.until))
    .add('ledger.id < ?', cursorId(query.cursor));
  // Without this the partial index on what is booked by hand would not be seen to apply.
  if (query.cause !== undefined && query.cause !== 'charge') where.add("ledger.cause <> 'charge'");
  const raw = db
    .query<RawLedgerRow, (string | number | bigint)[]>(
      `SELECT ledger.*, usage.request_id, usage.key_id FROM ledger LEFT JOIN usage ON usage.id = ledger.id WHERE ${where.sql} ORDER BY ledger.id DESC LIMIT ?`,
    )
    .all(...where.values, query.limit + 1);
  return page(raw, query.limit, toLedgerRow);
}

export function findTransfer(db: Database, accountId: string, idempotencyKey: string): LedgerRow | undefined {
  const raw = db
    .query<RawLedgerRow, [string, string]>(
      'SELECT *, NULL AS request_id, NULL AS key_id FROM ledger WHERE account_id = ? AND idempotency_key = ?',
    )
    .get(accountId, idempotencyKey);
  return raw === null ? undefined : toLedgerRow(raw);
}

export function auditRows(db: Database, query: AuditQuery): Page<AuditRow> {
  const where = new Conditions()
    .add('account_id = ?', query.accountId)
    .add('action = ?', query.action)
    .add('target = ?', query.target)
    .add('id < ?', cursorId(query.cursor));
  const raw = db
    .query<RawAuditRow, (string | number | bigint)[]>(`SELECT * FROM audit WHERE ${where.sql} ORDER BY id DESC LIMIT ?`)
    .all(...where.values, query.limit + 1);
  return page(raw, query.limit, toAuditRow);
}

export function keyTotals(db: Database, keyIds: readonly string[]): Map<string, KeyTotals> {
  const select = db.query<{ spent: bigint; calls: bigint; last_used_at: bigint }, [string, string]>(
    `SELECT sum(spent) AS spent, sum(calls) AS calls, max(last_used_at) AS last_used_at FROM (
       SELECT spent, calls, last_used_at FROM spending WHERE key_id = ?
       UNION ALL SELECT cost, 1, id / 1000 FROM usage WHERE key_id = ? AND id > ${SUMMED_TO}) HAVING count(*) > 0`,
  );
  const totals = new Map<string, KeyTotals>();
  for (const id of keyIds) {
    const row = select.get(id, id);
    if (row !== null) {
      totals.set(id, { spent: row.spent, calls: Number(row.calls), lastUsedAt: Number(row.last_used_at) });
    }
  }
  return totals;
}

/** First id of a millisecond. */
export const idAt = (ms: number | undefined): bigint | undefined =>
  ms === undefined ? undefined : BigInt(Math.trunc(ms)) * 1000n;

const cursorId = (cursor: string | undefined): bigint | undefined =>
  cursor === undefined ? undefined : BigInt(cursor);

/** One row more than asked for was read, to know whether another page follows. */
function page<Raw extends { id: bigint }, Row>(raw: Raw[], limit: number, convert: (raw: Raw) => Row): Page<Row> {
  const shown = raw.slice(0, limit);
  const last = shown.at(-1);
  return {
    rows: shown.map(convert),
    nextCursor: raw.length > limit && last !== undefined ? last.id.toString() : undefined,
  };
}
