import { expect, test } from 'bun:test';
import type { UsageBucket } from '../../api/rows.ts';
import { periodStart } from '../keys/usage-series.ts';
import { latencySeries, outcomeSeries, tokenSeries } from './series.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-05-21T14:30:00Z');
const span = { period: '24h' as const, since: periodStart('24h', NOW), until: NOW };

function bucket(time: string, tokens: Partial<UsageBucket> = {}): UsageBucket {
  return {
    bucket: time,
    call_count: 1,
    input_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 0,
    reasoning_tokens: 0,
    cost_usd: '0',
    ...tokens,
  };
}

test('tokens are drawn by what they are billed as, reasoning once, kinds without any left out', () => {
  const row = bucket('2026-05-21T14:00:00Z', { input_tokens: 10, output_tokens: 7, reasoning_tokens: 4 });
  const { times, series, step } = tokenSeries([row, { ...row, model: 'other' }], span);
  expect([times.length, step]).toEqual([24, 3_600]);
  expect(series.map(({ name, values }) => [name, values.at(-1)])).toEqual([
    ['Uncached input', 20],
    ['Answer', 6],
    ['Reasoning', 8],
  ]);
});

test('failures stand beside the answers of their hour', () => {
  const failed = { api_key_id: null, model: null, code: 'invalid_api_key', count: 3 };
  const { series } = outcomeSeries(
    [bucket('2026-05-21T13:00:00Z')],
    [
      { ...failed, hour: span.until - 30 * 60_000 },
      { ...failed, hour: span.since - HOUR },
    ],
    span,
  );
  expect(series.map(({ name, values }) => [name, values.at(-2), values.at(-1)])).toEqual([
    ['Answered', 1, 0],
    ['Failed', 0, 3],
  ]);
});

test('an hour without streams has no first token', () => {
  const duration = { p50: 5, p95: 9, p99: 9 };
  const at = span.until - 30 * 60_000;
  const times = [{ at, calls: 1, ttft: null, duration }];
  const drawing = latencySeries({ calls: 1, sampled: false, ttft: null, duration, times }, span);
  expect([drawing.times.length, drawing.times.at(-1)]).toEqual([24, at / 1_000]);
  expect(drawing.series.map(({ values }) => values.at(-1))).toEqual([9, 5, null, null]);
  expect(drawing.series.map(({ values }) => values[0])).toEqual([null, null, null, null]);
});
