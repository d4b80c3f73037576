import { type ReactNode, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useFailures, useLatency, useUsageSums } from '../../api/queries.ts';
import type { FailureRow, Latency, Percentiles, UsageBucket, UsageSums } from '../../api/rows.ts';
import { useSession } from '../../api/session.tsx';
import { Chart } from '../../charts/chart.tsx';
import { Live } from '../../parts/badge.tsx';
import { Choices } from '../../parts/choices.tsx';
import { useNow } from '../../parts/clock.ts';
import { Duration, Moment, Tokens, Usd } from '../../parts/figures.tsx';
import { count, duration, percent, shortCount, shortUsd } from '../../parts/format.ts';
import { Card, Note, Page, Stat } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { dayNote, HOUR_MS, PERIODS, type Period, periodStart, usageSeries } from '../keys/usage-series.ts';
import { requestsPath } from '../requests/filters.ts';
import { latencySeries, outcomeSeries, type Span, tokenSeries } from './series.ts';
import { cacheShare, inputTokens, KeyTable, ModelTable } from './usage-tables.tsx';

/** What was spent, used and wrong in a period, and how fast it was: over all, over time, by model, by key. */
export default function Overview(): ReactNode {
  const { kind, simulated } = useSession();
  const [period, setPeriod] = useState<Period>('24h');
  // The start of an hour or a day: it is another one only when a new bar begins.
  const since = periodStart(period, useNow(HOUR_MS));
  const filters = { since: new Date(since).toISOString(), simulated: simulated ? 'include' : 'exclude' };
  const byModel = useUsageSums({ ...filters, group_by: 'model' });
  const failures = useFailures(since);
  return (
    <Page
      title="Overview"
      lead={
        <Live queries={[byModel, failures]}>
          {simulated ? ' · Answers are simulated, and so is what they cost.' : null}
        </Live>
      }
      actions={<Choices label="Period" options={PERIODS} value={period} onChange={setPeriod} />}
    >
      <Loaded query={byModel} what="the overview" lines={10}>
        {(sums) => (
          <Loaded query={failures} what="the failures" lines={10}>
            {({ data: failed, counted_since }) =>
              sums.totals.call_count === 0 && failed.length === 0 ? (
                <NothingYet />
              ) : (
                <>
                  <Figures
                    sums={sums}
                    failures={failed}
                    countedSince={counted_since > since ? counted_since : undefined}
                    filters={filters}
                  />
                  <Note text={dayNote(period, since)} />
                  <Charts filters={filters} failures={failed} period={period} since={since} />
                  <div className="cards overview-tables">
                    <Card title="By model">
                      <ModelTable buckets={sums.buckets} failures={failed} />
                    </Card>
                    {kind === 'admin' ? <ByKey filters={filters} failures={failed} /> : null}
                  </div>
                </>
              )
            }
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

type UsageFilters = Record<'since' | 'simulated', string>;

function NothingYet(): ReactNode {
  return (
    <Card>
      <Empty title="No request in this time">
        Send one from the <Link href="/playground">playground</Link>, or as the{' '}
        <a href="/docs/guides/quickstart">quickstart</a> shows. It appears here by itself.
      </Empty>
    </Card>
  );
}

function Figures({
  sums: { totals },
  failures,
  countedSince,
  filters,
}: {
  sums: UsageSums;
  failures: FailureRow[];
  /** Unix ms from which failures were counted, where that is later than the period's begin. */
  countedSince: number | undefined;
  filters: UsageFilters;
}): ReactNode {
  const { data: latency } = useLatency(filters);
  const failed = failures.reduce((sum, row) => sum + row.count, 0);
  const all = totals.call_count + failed;
  const sample = latency?.sampled ? `of the newest ${count(latency.calls)}` : undefined;
  return (
    <dl className="stats overview-stats">
      <Stat name="Spend" value={<Usd value={totals.cost_usd} />} note={`${count(totals.call_count)} billed requests`} />
      <Stat
        name="Errors"
        value={failed === 0 ? '0' : <Link href={requestsPath({ outcome: 'failed' })}>{count(failed)}</Link>}
        note={
          countedSince !== undefined ? (
            <>
              since the gateway’s start, <Moment at={countedSince} form="relative" />
            </>
          ) : all === 0 ? undefined : (
            `${percent(failed / all)} of ${count(all)} requests`
          )
        }
      />
      <Stat
        name="Input tokens"
        value={<Tokens value={inputTokens(totals)} />}
        note={`${percent(cacheShare(totals))} from cache`}
      />
      <Stat
        name="Output tokens"
        value={<Tokens value={totals.output_tokens} />}
        note={`${shortCount(totals.reasoning_tokens)} of them reasoning`}
      />
      <Stat
        name="First token, median"
        value={<Duration ms={latency?.ttft?.p50} />}
        note={tailText(latency?.ttft, sample)}
      />
      <Stat
        name="Total time, median"
        value={<Duration ms={latency?.duration?.p50} />}
        note={tailText(latency?.duration, sample)}
      />
    </dl>
  );
}

/** Figure and unit stay on one line. */
const NBSP = '\u00a0';

function tailText(percentiles: Percentiles | null | undefined, sample: string | undefined): string {
  if (percentiles === undefined) return 'Measuring…';
  if (percentiles === null) return 'Nothing was streamed';
  const tail =
    `p95 ${duration(percentiles.p95)}`.replaceAll(' ', NBSP) +
    ' · ' +
    `p99 ${duration(percentiles.p99)}`.replaceAll(' ', NBSP);
  return sample === undefined ? tail : `${tail} · ${sample}`;
}

interface ChartsProps {
  filters: UsageFilters;
  failures: FailureRow[];
  period: Period;
  since: number;
}

function Charts({ filters, failures, period, since }: ChartsProps): ReactNode {
  const byTime = useUsageSums({ ...filters, group_by: 'hour,model' });
  const latency = useLatency(filters);
  return (
    <div className="cards">
      <Loaded query={byTime} what="the charts" lines={8}>
        {({ buckets }) => <UsageCharts buckets={buckets} failures={failures} period={period} since={since} />}
      </Loaded>
      <Card>
        <Loaded query={latency} what="the times" lines={8}>
          {(times) =>
            times.calls === 0 ? (
              <>
                <h2>Time to answer</h2>
                <Empty title="No request was answered in this time." />
              </>
            ) : (
              <LatencyChart latency={times} period={period} since={since} />
            )
          }
        </Loaded>
      </Card>
    </div>
  );
}

function UsageCharts({
  buckets,
  failures,
  period,
  since,
}: {
  buckets: UsageBucket[];
  failures: FailureRow[];
  period: Period;
  since: number;
}): ReactNode {
  const drawings = useMemo(() => {
    const span: Span = { period, since, until: Date.now() };
    return {
      spend: usageSeries(buckets, { measure: 'cost', ...span }),
      requests: outcomeSeries(buckets, failures, span),
      tokens: tokenSeries(buckets, span),
    };
  }, [buckets, failures, period, since]);
  const each = period === '24h' ? 'by hour' : 'by day';
  return (
    <>
      <Card>
        <Chart
          title={`Spend by model, ${each}`}
          head={<h2>Spend {each}</h2>}
          {...drawings.spend}
          kind="bars"
          format={dollars}
        />
      </Card>
      <Card>
        <Chart
          title={`Requests, ${each}`}
          head={<h2>Requests {each}</h2>}
          {...drawings.requests}
          kind="bars"
          format={shortCount}
        />
      </Card>
      <Card>
        <Chart
          title={`Tokens by what they are billed as, ${each}`}
          head={<h2>Tokens {each}</h2>}
          {...drawings.tokens}
          kind="bars"
          format={shortCount}
        />
      </Card>
    </>
  );
}

function LatencyChart({ latency, period, since }: { latency: Latency; period: Period; since: number }): ReactNode {
  const drawing = useMemo(() => latencySeries(latency, { period, since, until: Date.now() }), [latency, period, since]);
  return (
    <Chart
      title="Time to the first token and to the end, by hour"
      head={<h2>Time to answer</h2>}
      {...drawing}
      kind="lines"
      format={duration}
    />
  );
}

const dollars = (value: number): string => shortUsd(String(value), 'nearest');

function ByKey({ filters, failures }: { filters: UsageFilters; failures: FailureRow[] }): ReactNode {
  const byKey = useUsageSums({ ...filters, group_by: 'api_key' });
  return (
    <Card title="By key">
      <Loaded query={byKey} what="the usage by key">
        {({ buckets }) => <KeyTable buckets={buckets} failures={failures} />}
      </Loaded>
    </Card>
  );
}
