import { formatUsd } from '../billing/rates.ts';
import { GatewayError } from '../errors/catalogue.ts';
import type { BucketQuery, UsageBucket, UsageGrouping } from '../storage/rows.ts';
import type { Store } from '../storage/store.ts';
import { addUsage, noUsage, type UsageSum } from '../storage/usage-sum.ts';
import { listText, textAnswer } from './answer.ts';
import type { Query } from './query.ts';

export const GROUPINGS = ['day', 'hour', 'model', 'api_key'] as const;

/** Of several groupings together more sums are not given: their number is a product. Thirty days by hour and forty models fit. */
const MOST_BUCKETS = 30_000;

/**
 * `{buckets, totals}`. Rows of the built-in simulator are left out unless `simulated=include` (or `true`) asks for them;
 * `only` leaves the others out. Throws `invalid_param` for a `cursor`, and when several groupings together make
 * more than `MOST_BUCKETS`.
 */
export async function usageSums(
  store: Store,
  filter: Omit<BucketQuery, 'simulated' | 'limit'>,
  query: Query,
): Promise<Response> {
  // Ignored, it would show the same sums for every page.
  if (query.has('cursor')) {
    throw new GatewayError('invalid_param', 'cursor is for rows: sums have no pages. Leave it out, or group_by.', {
      param: 'cursor',
    });
  }
  const simulated = simulatedFilter(query, false);
  const limit = filter.groupBy.length > 1 ? MOST_BUCKETS : undefined;
  const buckets = await store.usageBuckets({ ...filter, simulated, limit });
  if (buckets === undefined) throw tooManyBuckets();
  const totals = noUsage();
  const list = await listText(buckets, (bucket) => {
    addUsage(totals, bucket);
    return bucketRow(bucket, filter.groupBy);
  });
  return textAnswer(`{"buckets":${list},"totals":${JSON.stringify(sums(totals))}}`);
}

const tooManyBuckets = (): GatewayError =>
  new GatewayError(
    'invalid_param',
    `group_by makes more than ${MOST_BUCKETS} sums of this. Ask for a shorter time with since and until, for one model or one key, or group by one.`,
    { param: 'group_by' },
  );

/** The filter on rows of the simulator: undefined both kinds, false without them, true only them. */
export function simulatedFilter(query: Query, standard: boolean | undefined): boolean | undefined {
  const asked = query.oneOf('simulated', ['include', 'exclude', 'only', 'true', 'false']);
  if (asked === undefined) return standard;
  if (asked === 'only') return true;
  return asked === 'exclude' || asked === 'false' ? false : undefined;
}

function bucketRow(bucket: UsageBucket, groupBy: readonly UsageGrouping[]) {
  const time = bucket.start === undefined ? undefined : timeName(bucket.start, groupBy.includes('hour'));
  return {
    bucket: time ?? bucket.model ?? bucket.keyId ?? 'all',
    ...(bucket.model === undefined ? {} : { model: bucket.model }),
    ...(bucket.keyId === undefined ? {} : { api_key_id: bucket.keyId }),
    ...sums(bucket),
  };
}

/** `2026-05-21`, with hours `2026-05-21T14:00:00Z`. */
function timeName(ms: number, hours: boolean): string {
  const iso = new Date(ms).toISOString();
  return hours ? `${iso.slice(0, 19)}Z` : iso.slice(0, 10);
}

/** `total_usd` is what the public documentation calls `cost_usd`; both are the same sum. */
function sums(bucket: UsageSum) {
  const cost = formatUsd(bucket.cost);
  return {
    call_count: bucket.calls,
    input_tokens: bucket.inputUncached,
    cache_read_tokens: bucket.cacheRead,
    cache_write_tokens: bucket.cacheWrite,
    output_tokens: bucket.output,
    reasoning_tokens: bucket.reasoning,
    cost_usd: cost,
    total_usd: cost,
    absorbed_usd: formatUsd(bucket.absorbed),
  };
}
