import { type ReactNode, useMemo, useState } from 'react';
import { useUsageSums } from '../../api/queries.ts';
import type { UsageBucket, UsageSums } from '../../api/rows.ts';
import { useSession } from '../../api/session.tsx';
import { Chart } from '../../charts/chart.tsx';
import { Choices } from '../../parts/choices.tsx';
import { useNow } from '../../parts/clock.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Tokens, Usd } from '../../parts/figures.tsx';
import { count, shortCount, shortUsd } from '../../parts/format.ts';
import { Card, Note, Stat } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { dayNote, HOUR_MS, PERIODS, type Period, periodStart, type UsageMeasure, usageSeries } from './usage-series.ts';

const MEASURES: { value: UsageMeasure; label: string; format: (value: number) => string }[] = [
  { value: 'cost', label: 'Spend', format: (value) => shortUsd(String(value), 'nearest') },
  { value: 'calls', label: 'Requests', format: shortCount },
  { value: 'tokens', label: 'Tokens', format: shortCount },
];

/** What a key has used in a period: by time, by model. Without `keyId` it is the key that is logged in. */
export function UsageCard({ keyId }: { keyId?: string }): ReactNode {
  const { simulated } = useSession();
  const [period, setPeriod] = useState<Period>('7d');
  const [measure, setMeasure] = useState<UsageMeasure>('cost');
  const since = periodStart(period, useNow(HOUR_MS));
  const filters = {
    api_key_id: keyId,
    since: new Date(since).toISOString(),
    simulated: simulated ? 'include' : undefined,
  };
  const byTime = useUsageSums({ ...filters, group_by: 'hour,model' });
  const byModel = useUsageSums({ ...filters, group_by: 'model' });
  return (
    <Card
      title="Usage"
      actions={
        <div className="usage-choices">
          <Choices label="Measure" options={MEASURES} value={measure} onChange={setMeasure} />
          <Choices label="Period" options={PERIODS} value={period} onChange={setPeriod} />
        </div>
      }
    >
      <Loaded query={byModel} what="the usage" lines={6}>
        {(sums) =>
          sums.totals.call_count === 0 ? (
            <Empty title="Nothing was used in this time." />
          ) : (
            <>
              <UsageStats sums={sums} />
              <Loaded query={byTime} what="the chart" lines={6}>
                {({ buckets }) => <UsageChart buckets={buckets} measure={measure} period={period} since={since} />}
              </Loaded>
              <Note text={dayNote(period, since)} />
              <DataTable
                caption="Usage by model"
                columns={COLUMNS}
                rows={sums.buckets.toSorted((a, b) => Number(b.cost_usd) - Number(a.cost_usd))}
                rowKey={({ bucket }) => bucket}
              />
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

function UsageStats({ sums: { totals } }: { sums: UsageSums }): ReactNode {
  const input = totals.input_tokens + totals.cache_read_tokens + totals.cache_write_tokens;
  return (
    <dl className="stats usage-stats">
      <Stat name="Spent" value={<Usd value={totals.cost_usd} />} />
      <Stat name="Requests" value={count(totals.call_count)} />
      <Stat name="Input tokens" value={<Tokens value={input} />} />
      <Stat name="Output tokens" value={<Tokens value={totals.output_tokens} />} />
    </dl>
  );
}

function UsageChart({
  buckets,
  measure,
  period,
  since,
}: {
  buckets: UsageBucket[];
  measure: UsageMeasure;
  period: Period;
  since: number;
}): ReactNode {
  const { times, series, step } = useMemo(
    () => usageSeries(buckets, { measure, period, since, until: Date.now() }),
    [buckets, measure, period, since],
  );
  const shown = MEASURES.find(({ value }) => value === measure);
  if (shown === undefined) return null;
  return (
    <Chart
      title={`${shown.label} by model over time`}
      head={<h3>{shown.label} by model</h3>}
      times={times}
      series={series}
      step={step}
      kind="bars"
      format={shown.format}
    />
  );
}

const inputOf = (row: UsageBucket): number => row.input_tokens + row.cache_read_tokens + row.cache_write_tokens;

const COLUMNS: Column<UsageBucket>[] = [
  { id: 'model', header: 'Model', sortBy: ({ bucket }) => bucket, cell: ({ bucket }) => bucket },
  {
    id: 'calls',
    header: 'Requests',
    align: 'right',
    sortBy: ({ call_count }) => call_count,
    cell: ({ call_count }) => count(call_count),
  },
  {
    id: 'input',
    header: 'Input',
    align: 'right',
    sortBy: inputOf,
    cell: (row) => <Tokens value={inputOf(row)} />,
    wideOnly: true,
  },
  {
    id: 'output',
    header: 'Output',
    align: 'right',
    sortBy: ({ output_tokens }) => output_tokens,
    cell: ({ output_tokens }) => <Tokens value={output_tokens} />,
    wideOnly: true,
  },
  {
    id: 'cost',
    header: 'Spent',
    align: 'right',
    sortBy: ({ cost_usd }) => Number(cost_usd),
    cell: ({ cost_usd }) => <Usd value={cost_usd} />,
  },
];
