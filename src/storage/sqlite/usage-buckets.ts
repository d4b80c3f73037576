import type { Database } from 'bun:sqlite';
import type { UsageBucket, UsageQuery } from '../rows.ts';
import type { UsageGrouping } from '../store.ts';
import { Conditions } from './conditions.ts';
import { usageConditions } from './queries.ts';
import { type RawBucket, toBucket } from './raw-rows.ts';

const HOUR_MS = 3_600_000;

/**
 * Sums by day, hour, model or key. Whole hours come from the sums that every commit keeps, so their price does not grow
 * with the rows; what an hour is cut by `since` or `until` comes from the rows themselves, so the sums are exact.
 */
export function usageBuckets(db: Database, query: UsageQuery & { groupBy: UsageGrouping[] }): UsageBucket[] {
  const sources = [...wholeHours(query), ...cutHours(query)];
  const columns = groupColumns(query.groupBy);
  const names = columns.map(({ name }) => name);
  const sql = `SELECT ${allColumns(columns)}, sum(calls) AS calls, sum(input_uncached) AS input_uncached,
      sum(cache_read) AS cache_read, sum(cache_write) AS cache_write, sum(output) AS output,
      sum(reasoning) AS reasoning, sum(cost) AS cost, sum(absorbed) AS absorbed, sum(upstream_cost) AS upstream_cost
    FROM (${sources.map((source) => source.sql).join(' UNION ALL ')})
    GROUP BY ${names.length === 0 ? 'NULL' : names.join(', ')} HAVING count(*) > 0
    ORDER BY ${names.length === 0 ? 'NULL' : names.join(', ')}`;
  return db
    .query<RawBucket, (string | number | bigint)[]>(sql)
    .all(...sources.flatMap((source) => source.values))
    .map(toBucket);
}

interface Source {
  sql: string;
  values: (string | number | bigint)[];
}

function wholeHours(query: UsageQuery): Source[] {
  // A single request is not in the sums.
  if (query.requestId !== undefined) return [];
  const where = new Conditions()
    .add('account_id = ?', query.accountId)
    .add('hour >= ?', query.since === undefined ? undefined : Math.ceil(query.since / HOUR_MS))
    .add('hour < ?', query.until === undefined ? undefined : Math.floor(query.until / HOUR_MS))
    .add('key_id = ?', query.keyId)
    .add('model = ?', query.model)
    .add('simulated = ?', query.simulated === undefined ? undefined : Number(query.simulated));
  const sql = `SELECT hour, key_id, model, calls, input_uncached, cache_read, cache_write, output, reasoning, cost,
    absorbed, upstream_cost FROM usage_hours WHERE ${where.sql}`;
  return [{ sql, values: where.values }];
}

/** The rows of the hours that `since` and `until` cut; of the whole range when there is no whole hour in it. */
function cutHours(query: UsageQuery): Source[] {
  const { since, until } = query;
  if (query.requestId !== undefined) return [rowsBetween(query, since, until)];
  const firstWhole = since === undefined ? undefined : Math.ceil(since / HOUR_MS) * HOUR_MS;
  const endOfWhole = until === undefined ? undefined : Math.floor(until / HOUR_MS) * HOUR_MS;
  if (firstWhole !== undefined && endOfWhole !== undefined && firstWhole > endOfWhole) {
    return [rowsBetween(query, since, until)];
  }
  const cuts: Source[] = [];
  if (firstWhole !== undefined && firstWhole !== since) cuts.push(rowsBetween(query, since, firstWhole));
  if (endOfWhole !== undefined && endOfWhole !== until) cuts.push(rowsBetween(query, endOfWhole, until));
  return cuts;
}

function rowsBetween(query: UsageQuery, since: number | undefined, until: number | undefined): Source {
  const where = usageConditions({ ...query, since, until });
  const sql = `SELECT usage.id / ${HOUR_MS}000 AS hour, key_id, model, 1 AS calls, input_uncached, cache_read,
    cache_write_5m + cache_write_1h AS cache_write, output_text + reasoning AS output, reasoning, cost, absorbed,
    coalesce(upstream_cost, 0) AS upstream_cost FROM usage WHERE ${where.sql}`;
  return { sql, values: where.values };
}

interface GroupColumn {
  name: 'start' | 'model' | 'key_id';
  sql: string;
}

function groupColumns(groupBy: readonly UsageGrouping[]): GroupColumn[] {
  const columns: GroupColumn[] = [];
  if (groupBy.includes('hour')) columns.push({ name: 'start', sql: `hour * ${HOUR_MS}` });
  else if (groupBy.includes('day')) columns.push({ name: 'start', sql: `hour / 24 * ${24 * HOUR_MS}` });
  if (groupBy.includes('model')) columns.push({ name: 'model', sql: 'model' });
  if (groupBy.includes('api_key')) columns.push({ name: 'key_id', sql: 'key_id' });
  return columns;
}

function allColumns(columns: readonly GroupColumn[]): string {
  return (['start', 'model', 'key_id'] as const)
    .map((name) => `${columns.find((column) => column.name === name)?.sql ?? 'NULL'} AS ${name}`)
    .join(', ');
}
