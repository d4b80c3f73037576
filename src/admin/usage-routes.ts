import { formatUsd } from '../billing/rates.ts';
import { priceOfTerms, readTerms } from '../billing/terms.ts';
import { DEFAULT_ACCOUNT } from '../keys/key.ts';
import type { UsageFilter, UsageRow } from '../storage/rows.ts';
import { answer, isoTime } from './answer.ts';
import type { AdminDeps } from './handler.ts';
import { Query } from './query.ts';
import type { Route } from './route.ts';
import { GROUPINGS, simulatedFilter, usageSums } from './usage-sums.ts';

/** Filters that both lists of usage take. */
export const USAGE_FILTERS = ['since', 'until', 'model', 'request_id', 'simulated', 'limit', 'cursor', 'group_by'];

/** `/api/v1/usage`: a row per billed request, newest first; sums with `group_by`. */
export function usageRoutes(deps: AdminDeps): Route[] {
  const { money } = deps;
  return [
    {
      method: 'GET',
      path: '/api/v1/usage',
      access: 'admin',
      async handle({ url }) {
        const query = new Query(url, [...USAGE_FILTERS, 'api_key_id']);
        const filter = {
          accountId: DEFAULT_ACCOUNT,
          since: query.instant('since'),
          until: query.instant('until'),
          keyId: query.text('api_key_id'),
          ...modelFilter(query, deps),
          requestId: query.text('request_id'),
          limit: query.limit(50, 1_000),
        };
        const groupBy = query.listOf('group_by', GROUPINGS);
        if (groupBy.length > 0) return await usageSums(money.store, { ...filter, groupBy }, query);
        const simulated = simulatedFilter(query, undefined);
        const { rows, nextCursor } = await money.store.usageRows({ ...filter, simulated, cursor: query.cursor() });
        return answer({ data: rows.map(usageRow), next_cursor: nextCursor ?? null });
      },
    },
  ];
}

/** The model that is asked for, by id or alias: rows have the id that it had when they were made. */
export function modelFilter(query: Query, { modelIdOf }: AdminDeps): Pick<UsageFilter, 'model' | 'aliasOf'> {
  const model = query.text('model');
  const id = model === undefined ? undefined : modelIdOf(model);
  return id === model ? { model } : { model, aliasOf: id };
}

/** What the operator sees of a billed request. */
function usageRow(row: UsageRow) {
  return {
    ...ownUsageRow(row),
    account_id: row.accountId,
    upstream_cost_usd: row.upstreamCost === undefined ? null : formatUsd(row.upstreamCost),
  };
}

/** What the holder of the key sees of it: not what it costs the operator. */
export function ownUsageRow(row: UsageRow) {
  const terms = readTerms(row.terms);
  return {
    request_id: row.requestId,
    created_at: isoTime(row.createdAt),
    started_at: isoTime(row.startedAt),
    api_key_id: row.keyId,
    model: row.model,
    upstream: row.upstream,
    upstream_model: row.upstreamModel,
    protocol: row.protocol,
    stream: row.stream,
    status: row.status,
    ending: row.ending,
    simulated: row.simulated,
    input_tokens: row.inputUncached,
    cache_read_tokens: row.cacheRead,
    cache_write_tokens: row.cacheWrite5m + row.cacheWrite1h,
    cache_write_1h_tokens: row.cacheWrite1h,
    output_tokens: row.outputText + row.reasoning,
    reasoning_tokens: row.reasoning,
    usage_source: row.usageSource,
    cost_usd: formatUsd(row.cost),
    absorbed_usd: formatUsd(row.absorbed),
    price: terms === undefined ? null : priceOfTerms(terms),
    ttft_ms: row.ttftMs ?? null,
    duration_ms: row.durationMs,
  };
}
