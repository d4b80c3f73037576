import type { FailureRow, Latency, UsageBucket } from '../../api/rows.ts';
import type { Series } from '../../charts/chart.tsx';
import { barSeconds, barStarts, type Period } from '../keys/usage-series.ts';

interface Drawing {
  /** Unix seconds. */
  times: number[];
  series: Series[];
  /** Seconds that a bar stands for. */
  step: number;
}

export interface Span {
  period: Period;
  /** Unix ms. */
  since: number;
  until: number;
}

/** Tokens by what they are billed as: the kinds add up to all tokens, reasoning being part of the output. */
export function tokenSeries(buckets: readonly UsageBucket[], span: Span): Drawing {
  const kinds: [name: string, read: (bucket: UsageBucket) => number][] = [
    ['Uncached input', ({ input_tokens }) => input_tokens],
    ['Cache read', ({ cache_read_tokens }) => cache_read_tokens],
    ['Cache write', ({ cache_write_tokens }) => cache_write_tokens],
    ['Answer', ({ output_tokens, reasoning_tokens }) => output_tokens - reasoning_tokens],
    ['Reasoning', ({ reasoning_tokens }) => reasoning_tokens],
  ];
  return bars(
    span,
    kinds.map(([name, read]) => ({
      name,
      points: buckets.map((bucket) => ({ at: Date.parse(bucket.bucket), value: read(bucket) })),
    })),
  );
}

/** Answered requests, and those that failed, which no bill has. */
export function outcomeSeries(buckets: readonly UsageBucket[], failures: readonly FailureRow[], span: Span): Drawing {
  return bars(span, [
    {
      name: 'Answered',
      points: buckets.map(({ bucket, call_count }) => ({ at: Date.parse(bucket), value: call_count })),
    },
    { name: 'Failed', colour: 3, points: failures.map(({ hour, count }) => ({ at: hour, value: count })) },
  ]);
}

const HOUR_MS = 3_600_000;

/** Percentiles by hour over the whole span; null where nothing was answered. */
export function latencySeries({ times }: Latency, { since, until }: Span): Drawing {
  const first = Math.floor(since / HOUR_MS) * HOUR_MS;
  const hours = Array.from({ length: Math.floor((until - first) / HOUR_MS) + 1 }, (_, at) => first + at * HOUR_MS);
  const byHour = new Map(times.map((entry) => [entry.at, entry]));
  const line = (
    name: string,
    read: (entry: Latency['times'][number]) => number | undefined,
    look: Pick<Series, 'colour' | 'dashed'>,
  ): Series => ({
    name,
    ...look,
    values: hours.map((hour) => {
      const entry = byHour.get(hour);
      return entry === undefined ? null : (read(entry) ?? null);
    }),
  });
  return {
    times: hours.map((hour) => hour / 1_000),
    series: [
      line('Total, p95', ({ duration }) => duration?.p95, { colour: 0, dashed: true }),
      line('Total, median', ({ duration }) => duration?.p50, { colour: 0 }),
      line('First token, p95', ({ ttft }) => ttft?.p95, { colour: 1, dashed: true }),
      line('First token, median', ({ ttft }) => ttft?.p50, { colour: 1 }),
    ],
    step: HOUR_MS / 1_000,
  };
}

/** Points within a bar are added up. Kinds of which there is nothing are left out, but never the first. */
function bars(
  { period, since, until }: Span,
  kinds: { name: string; colour?: number; points: { at: number; value: number }[] }[],
): Drawing {
  const starts = barStarts(period, since, until);
  const series = kinds.map(({ points, ...kind }) => {
    const values = starts.map(() => 0);
    for (const { at, value } of points) {
      const bar = starts.findLastIndex((start) => start <= at);
      if (bar >= 0) values[bar] = (values[bar] ?? 0) + value;
    }
    return { ...kind, values };
  });
  return {
    times: starts.map((start) => start / 1_000),
    series: series.filter(({ values }, at) => at === 0 || values.some((value) => value > 0)),
    step: barSeconds(period),
  };
}
