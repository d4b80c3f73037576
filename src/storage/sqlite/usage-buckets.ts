import type { Database } from 'bun:sqlite';
import type { BucketQuery, UsageBucket, UsageFilter, UsageGrouping } from '../rows.ts';
import { Conditions } from './conditions.ts';
import { modelOfRows, usageConditions } from './queries.ts';
import { type RawBucket, toBucket } from './raw-rows.ts';
import { SUM_UNITS, SUMMED_TO } from './sums.ts';

/**
 * Sums by day, hour, model or key. Whole days and hours come from stored sums, so their price does not grow with the rows; what
 * these lack yet, and what an hour is cut by `since` or `until`, comes from the rows themselves, so sums are exact. Undefined: there
 * are more than `limit`, where that is set.
 */
export function usageBuckets(db: Database, asked: BucketQuery): UsageBucket[] | undefined {
  const query = { ...asked, model: modelOfRows(db, asked) };
  // A single request is in no sum, and an hour is in no day's.
  const units = query.requestId !== undefined ? [] : query.groupBy.includes('hour') ? SUM_UNITS.slice(1) : SUM_UNITS;
  const sources = cover(query, query.since, query.until, units);
  const columns = groupColumns(query.groupBy);
  const { limit } = query;
  const names = columns.map(({ name }) => name);
  const sql = `SELECT ${allColumns(columns)}, sum(calls) AS calls, sum(input_uncached) AS input_uncached,
      sum(cache_read) AS cache_read, sum(cache_write) AS cache_write, sum(output) AS output,
      sum(reasoning) AS reasoning, sum(cost) AS cost, sum(absorbed) AS absorbed, sum(upstream_cost) AS upstream_cost
    FROM (${sources.map((source) => source.sql).join(' UNION ALL ')})
    GROUP BY ${names.length === 0 ? 'NULL' : names.join(', ')} HAVING count(*) > 0
    ORDER BY ${names.length === 0 ? 'NULL' : names.join(', ')} LIMIT ?`;
  const raw = db
    .query<RawBucket, (string | number | bigint)[]>(sql)
    .all(...sources.flatMap((source) => source.values), limit === undefined ? NO_LIMIT : limit + 1);
  return limit !== undefined && raw.length > limit ? undefined : raw.map(toBucket);
}

/** As SQLite writes it. */
const NO_LIMIT = -1;

interface Source {
  sql: string;
  values: (string | number | bigint)[];
}

/** The span from `since` to `until` in the largest units that fit, and smaller ones where they are cut. */
function cover(
  query: UsageFilter,
  since: number | undefined,
  until: number | undefined,
  units: readonly (typeof SUM_UNITS)[number][],
): Source[] {
  const [unit, ...smaller] = units;
  if (unit === undefined) return [rows(query, since, until)];
  const first = since === undefined ? undefined : Math.ceil(since / unit.ms);
  const end = until === undefined ? undefined : Math.floor(until / unit.ms);
  if (first !== undefined && end !== undefined && first >= end) return cover(query, since, until, smaller);
  const sources = [
    sums(query, unit, first, end),
    rows(query, first && first * unit.ms, end && end * unit.ms, `usage.id > ${SUMMED_TO}`),
  ];
  if (first !== undefined && first * unit.ms !== since) {
    sources.push(...cover(query, since, first * unit.ms, smaller));
  }
  if (end !== undefined && end * unit.ms !== until) sources.push(...cover(query, end * unit.ms, until, smaller));
  return sources;
}

function sums(
  query: UsageFilter,
  unit: (typeof SUM_UNITS)[number],
  first: number | undefined,
  end: number | undefined,
): Source {
  const where = new Conditions()
    .add('account_id = ?', query.accountId)
    .add('unit = ?', unit.name)
    .add('number >= ?', first)
    .add('number < ?', end)
    .add('key_id = ?', query.keyId)
    .add('model = ?', query.model)
    .add('simulated = ?', query.simulated === undefined ? undefined : Number(query.simulated));
  const sql = `SELECT number * ${unit.ms} AS at, key_id, model, calls, input_uncached, cache_read, cache_write, output,
    reasoning, cost, absorbed, upstream_cost FROM usage_sums WHERE ${where.sql}`;
  return { sql, values: where.values };
}

/** `only`: a further condition, as SQL. */
function rows(query: UsageFilter, since: number | undefined, until: number | undefined, only = 'TRUE'): Source {
  const where = usageConditions({ ...query, since, until });
  const sql = `SELECT usage.id / 1000 AS at, key_id, model, 1 AS calls, input_uncached, cache_read,
    cache_write_5m + cache_write_1h AS cache_write, output_text + reasoning AS output, reasoning, cost, absorbed,
    coalesce(upstream_cost, 0) AS upstream_cost FROM usage WHERE ${where.sql} AND ${only}`;
  return { sql, values: where.values };
}

interface GroupColumn {
  name: 'start' | 'model' | 'key_id';
  sql: string;
}

function groupColumns(groupBy: readonly UsageGrouping[]): GroupColumn[] {
  const columns: GroupColumn[] = [];
  const unit = SUM_UNITS.findLast(({ name }) => groupBy.includes(name));
  if (unit !== undefined) columns.push({ name: 'start', sql: `at / ${unit.ms} * ${unit.ms}` });
  if (groupBy.includes('model')) columns.push({ name: 'model', sql: 'model' });
  if (groupBy.includes('api_key')) columns.push({ name: 'key_id', sql: 'key_id' });
  return columns;
}

function allColumns(columns: readonly GroupColumn[]): string {
  return (['start', 'model', 'key_id'] as const)
    .map((name) => `${columns.find((column) => column.name === name)?.sql ?? 'NULL'} AS ${name}`)
    .join(', ');
}
