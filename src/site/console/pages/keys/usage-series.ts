import type { UsageBucket } from '../../api/rows.ts';

export type Period = '24h' | '7d' | '30d';
export type UsageMeasure = 'cost' | 'calls' | 'tokens';

export const PERIODS: { value: Period; label: string }[] = [
  { value: '24h', label: '24 hours' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
];

export const HOUR_MS = 3_600_000;
const DAYS: Record<Period, number> = { '24h': 1, '7d': 7, '30d': 30 };

/** Unix ms at which the first bar of a period begins that ends with the bar of now: whole hours, or the viewer's days. */
export function periodStart(period: Period, nowMs: number): number {
  const hour = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  if (period === '24h') return hour - 23 * HOUR_MS;
  const day = new Date(hour);
  // By the calendar, for not every day has 24 hours.
  day.setDate(day.getDate() - DAYS[period] + 1);
  return firstHour(day);
}

/**
 * Unix ms at which the bar of a day of the viewer's begins. Sums are those of whole hours UTC, and an hour belongs to the
 * day in which it begins: where zones have half hours, a day's first hour begins after midnight.
 */
function firstHour(day: Date): number {
  const midnight = new Date(day).setHours(0, 0, 0, 0);
  return Math.ceil(midnight / HOUR_MS) * HOUR_MS;
}

/** What is to be said of the bars of days that do not begin at midnight, as a period that begins at `since` has them. */
export function dayNote(period: Period, since: number): string | undefined {
  const begin = new Date(since);
  if (period === '24h' || begin.getMinutes() === 0) return undefined;
  const time = begin.toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' });
  return `A day begins at ${time} here: sums are those of whole hours UTC.`;
}

interface UsageSeries {
  /** Unix seconds at which the bars begin. */
  times: number[];
  series: { name: string; values: number[] }[];
  /** Seconds that a bar stands for. */
  step: number;
}

/** Names that are drawn each; the rest is put together. */
const MOST_SERIES = 5;

/** Sums by hour and model as bars: of hours for a day, else of the viewer's days. The model with most is the first. */
export function usageSeries(
  buckets: readonly UsageBucket[],
  { measure, period, since, until }: { measure: UsageMeasure; period: Period; since: number; until: number },
): UsageSeries {
  const starts = barStarts(period, since, until);
  const byModel = new Map<string, number[]>();
  for (const bucket of buckets) {
    const at = starts.findLastIndex((start) => start <= Date.parse(bucket.bucket));
    if (at < 0) continue;
    const name = bucket.model ?? 'all';
    const values = byModel.get(name) ?? starts.map(() => 0);
    values[at] = (values[at] ?? 0) + measured(bucket, measure);
    byModel.set(name, values);
  }
  const ranked = [...byModel].map(([name, values]) => ({ name, values })).sort((a, b) => sum(b.values) - sum(a.values));
  const others = ranked.slice(MOST_SERIES);
  const series = ranked.slice(0, MOST_SERIES);
  if (others.length > 0) {
    series.push({ name: 'others', values: starts.map((_, at) => sum(others.map(({ values }) => values[at] ?? 0))) });
  }
  return {
    times: starts.map((start) => start / 1_000),
    series,
    step: barSeconds(period),
  };
}

export const barSeconds = (period: Period): number => (period === '24h' ? HOUR_MS : 24 * HOUR_MS) / 1_000;

/** Unix ms at which the bars of a period begin. */
export function barStarts(period: Period, since: number, until: number): number[] {
  const starts: number[] = [];
  const day = new Date(since);
  for (let start = since; start <= until; ) {
    starts.push(start);
    if (period === '24h') start += HOUR_MS;
    else {
      day.setDate(day.getDate() + 1);
      start = firstHour(day);
    }
  }
  return starts;
}

/** For a drawing; what is exact stands in the table. */
function measured(bucket: UsageBucket, measure: UsageMeasure): number {
  if (measure === 'cost') return Number(bucket.cost_usd);
  if (measure === 'calls') return bucket.call_count;
  return bucket.input_tokens + bucket.cache_read_tokens + bucket.cache_write_tokens + bucket.output_tokens;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
