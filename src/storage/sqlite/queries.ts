import type { Database } from 'bun:sqlite';
import { type KeySpending, PARTS_PER_SPAN, SPANS } from '../records.ts';
import type {
  AuditQuery,
  AuditRow,
  KeyTotals,
  KeyTotalsQuery,
  LedgerQuery,
  LedgerRow,
  Page,
  UsageFilter,
  UsageQuery,
  UsageRow,
} from '../rows.ts';
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
export function usageRows(db: Database, asked: UsageQuery): Page<UsageRow> {
  const query = { ...asked, model: modelOfRows(db, asked) };
  const model = isSeldomUsed(db, query) ? '+model' : 'model';
  const where = usageConditions(query, model).add('usage.id < ?', cursorId(query.cursor));
  const raw = db
    .query<RawUsageRow, (string | number | bigint)[]>(
      `SELECT usage.*, terms.text AS terms FROM usage JOIN terms ON terms.id = terms_id WHERE ${where.sql} ORDER BY usage.id DESC LIMIT ?`,
    )
    .all(...where.values, query.limit + 1);
  return page(raw, query.limit, toUsageRow);
}

/**
 * The id under which the rows are kept of the account, or of the key that is asked for: a card that is gone leaves its id with
 * them, though another has it for an alias now.
 */
export function modelOfRows(db: Database, { accountId, keyId, model, aliasOf }: UsageFilter): string | undefined {
  if (model === undefined || aliasOf === undefined) return model;
  const own = { accountId, keyId, model };
  const where = usageConditions(own, isSeldomUsed(db, own) ? '+model' : 'model');
  const kept = db.query<unknown, (string | number | bigint)[]>(`SELECT 1 FROM usage WHERE ${where.sql} LIMIT 1`);
  return kept.get(...where.values) === null ? aliasOf : model;
}

/** A key's rows are walked up to here in place of a model's: 20 ms. */
const FEW_ROWS = 10_000;

/**
 * Whether a key leads to fewer rows than a model does. SQLite, without statistics, takes the index of models where both are asked
 * for: of a key with thirty rows it would look at every row that the model has.
 */
function isSeldomUsed(db: Database, { keyId, model }: UsageFilter): boolean {
  if (keyId === undefined || model === undefined) return false;
  return (
    db.query<unknown, [string]>(`SELECT 1 FROM usage WHERE key_id = ? LIMIT 1 OFFSET ${FEW_ROWS}`).get(keyId) === null
  );
}

/** `model`: as SQL; with a plus no index is used for it. */
export function usageConditions(query: UsageFilter, model: 'model' | '+model' = 'model'): Conditions {
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

export function keyTotals(db: Database, { keyIds, nowMs }: KeyTotalsQuery): Map<string, KeyTotals> {
  const selectTotals = db.query<{ spent: bigint; calls: bigint; last_used_at: bigint }, { key: string }>(
    `SELECT sum(spent) AS spent, sum(calls) AS calls, max(last_used_at) AS last_used_at FROM (
       SELECT spent, calls, last_used_at FROM spending WHERE key_id = $key
       UNION ALL SELECT cost, 1, id / 1000 FROM usage WHERE key_id = $key AND id > ${SUMMED_TO}) HAVING count(*) > 0`,
  );
  const selectParts = db.query<RawPart, { key: string; now: bigint }>(COUNTING_PARTS);
  // As an integer, for parts are counted by division.
  const now = BigInt(Math.trunc(nowMs));
  const totals = new Map<string, KeyTotals>();
  // In one read, so that totals and windows are of one instant.
  db.transaction(() => {
    for (const id of keyIds) {
      const row = selectTotals.get({ key: id });
      if (row === null) continue;
      totals.set(id, {
        spent: row.spent,
        parts: selectParts.all({ key: id, now }).map((part) => ({ ...part, part: Number(part.part) })),
        calls: Number(row.calls),
        lastUsedAt: Number(row.last_used_at),
      });
    }
  })();
  return totals;
}

type RawPart = Omit<KeySpending['parts'][number], 'part'> & { part: bigint };

/**
 * Of each window, what counts at `$now`: a part leaves when it has wholly rolled out, see limits/rolling-window.ts. Calls that cost
 * nothing make no part.
 */
const COUNTING_PARTS = SPANS.map(({ name, ms }) => {
  const partMs = ms / PARTS_PER_SPAN;
  return `SELECT '${name}' AS span, min(part) AS part, sum(spent) AS spent FROM (
      SELECT part, spent FROM window_parts WHERE key_id = $key AND span = '${name}'
      UNION ALL SELECT started_at / ${partMs}, cost FROM usage WHERE key_id = $key AND id > ${SUMMED_TO})
    WHERE part >= ($now - ${ms}) / ${partMs} AND spent <> 0 HAVING count(*) > 0`;
}).join(' UNION ALL ');

/** First id of a millisecond. */
const idAt = (ms: number | undefined): bigint | undefined =>
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
