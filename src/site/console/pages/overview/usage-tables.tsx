import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useKeys } from '../../api/queries.ts';
import type { FailureRow, Sums, UsageBucket } from '../../api/rows.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Tokens, Usd } from '../../parts/figures.tsx';
import { count, percent } from '../../parts/format.ts';
import { type Filters, requestsPath } from '../requests/filters.ts';

/** A row of usage with the failures that belong to it. */
interface Row extends UsageBucket {
  failed: number;
}

export function ModelTable({ buckets, failures }: { buckets: UsageBucket[]; failures: FailureRow[] }): ReactNode {
  const rows = withFailures(buckets, failures, ({ model }) => model);
  const columns: Column<Row>[] = [
    {
      id: 'model',
      header: 'Model',
      sortBy: ({ bucket }) => bucket,
      cell: ({ bucket }) => <a href={`/docs/models/${encodeURIComponent(bucket)}`}>{bucket}</a>,
    },
    ...figures((model) => ({ model })),
  ];
  return <DataTable caption="Usage by model" columns={columns} rows={rows} rowKey={({ bucket }) => bucket} />;
}

export function KeyTable({ buckets, failures }: { buckets: UsageBucket[]; failures: FailureRow[] }): ReactNode {
  const { data: keys } = useKeys();
  const names = new Map(keys?.map(({ id, name }) => [id, name]));
  const rows = withFailures(buckets, failures, ({ api_key_id }) => api_key_id);
  const columns: Column<Row>[] = [
    {
      id: 'key',
      header: 'Key',
      sortBy: ({ bucket }) => names.get(bucket) ?? bucket,
      cell: ({ bucket }) => (
        <Link href={`/keys/${encodeURIComponent(bucket)}`} title={names.get(bucket)}>
          <bdi>{names.get(bucket) ?? bucket}</bdi>
        </Link>
      ),
    },
    ...figures((key) => ({ key })),
  ];
  return <DataTable caption="Usage by key" columns={columns} rows={rows} rowKey={({ bucket }) => bucket} />;
}

/** Columns of figures; requests and failures lead to their list, narrowed to the row. */
const figures = (narrow: (bucket: string) => Partial<Filters>): Column<Row>[] => [
  {
    id: 'calls',
    header: 'Requests',
    align: 'right',
    sortBy: ({ call_count }) => call_count,
    cell: ({ bucket, call_count }) => <Link href={requestsPath(narrow(bucket))}>{count(call_count)}</Link>,
  },
  {
    id: 'failed',
    header: 'Failed',
    align: 'right',
    sortBy: ({ failed }) => failed,
    cell: ({ bucket, failed }) =>
      failed === 0 ? '0' : <Link href={requestsPath({ ...narrow(bucket), outcome: 'failed' })}>{count(failed)}</Link>,
    wideOnly: true,
  },
  {
    id: 'tokens',
    header: 'Tokens',
    align: 'right',
    sortBy: allTokens,
    cell: (row) => <Tokens value={allTokens(row)} />,
    wideOnly: true,
  },
  {
    id: 'cached',
    header: 'From cache',
    align: 'right',
    sortBy: cacheShare,
    cell: (row) => percent(cacheShare(row)),
    wideOnly: true,
  },
  {
    id: 'cost',
    header: 'Spend',
    align: 'right',
    sortBy: ({ cost_usd }) => Number(cost_usd),
    cell: ({ cost_usd }) => <Usd value={cost_usd} />,
  },
];

export function inputTokens(sums: Sums): number {
  return sums.input_tokens + sums.cache_read_tokens + sums.cache_write_tokens;
}

function allTokens(sums: Sums): number {
  return inputTokens(sums) + sums.output_tokens;
}

/** Part of the input that was read from a cache. */
export function cacheShare(sums: Sums): number {
  const input = inputTokens(sums);
  return input === 0 ? 0 : sums.cache_read_tokens / input;
}

/** What has failed only, and was never billed, has a row too. The highest spend stands first. */
function withFailures(
  buckets: readonly UsageBucket[],
  failures: readonly FailureRow[],
  nameOf: (row: FailureRow) => string | null,
): Row[] {
  const rows = new Map<string, Row>(buckets.map((bucket) => [bucket.bucket, { ...bucket, failed: 0 }]));
  for (const failure of failures) {
    const name = nameOf(failure);
    if (name === null) continue;
    const row = rows.get(name) ?? { ...NOTHING, bucket: name, failed: 0 };
    row.failed += failure.count;
    rows.set(name, row);
  }
  return [...rows.values()].sort((a, b) => Number(b.cost_usd) - Number(a.cost_usd));
}

const NOTHING: Sums = {
  call_count: 0,
  input_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  cost_usd: '0',
};
