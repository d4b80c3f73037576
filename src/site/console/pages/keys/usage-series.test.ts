import { describe, expect, test } from 'bun:test';
import type { UsageBucket } from '../../api/rows.ts';
import { periodStart, usageSeries } from './usage-series.ts';

const NOW = Date.parse('2026-11-25T16:20:00Z');
const HOUR = 3_600_000;

const bucket = (at: number, model: string, calls: number): UsageBucket => ({
  bucket: new Date(at).toISOString(),
  model,
  call_count: calls,
  input_tokens: 1,
  cache_read_tokens: 2,
  cache_write_tokens: 3,
  output_tokens: 4,
  reasoning_tokens: 4,
  cost_usd: '0.5',
});

describe('usage by time', () => {
  test('has a bar for each hour of a day, the last one being that of now', () => {
    const since = periodStart('24h', NOW);
    const { times, series, step } = usageSeries(
      [bucket(since, 'a', 1), bucket(since + 23 * HOUR, 'a', 2), bucket(since - HOUR, 'a', 9)],
      { measure: 'calls', period: '24h', since, until: NOW },
    );
    expect([times.length, step]).toEqual([24, 3_600]);
    expect(times.at(-1)).toBe(Date.parse('2026-11-25T16:00:00Z') / 1_000);
    expect(series).toEqual([{ name: 'a', values: [1, ...Array(22).fill(0), 2] }]);
  });

  test('has a bar for each day of the viewer', () => {
    const since = periodStart('7d', NOW);
    const { times, series } = usageSeries([bucket(since, 'a', 1), bucket(since + HOUR, 'a', 1), bucket(NOW, 'a', 5)], {
      measure: 'calls',
      period: '7d',
      since,
      until: NOW,
    });
    expect(times.length).toBe(7);
    expect(times.every((seconds) => new Date(seconds * 1_000).getHours() === 0)).toBe(true);
    expect(series[0]?.values).toEqual([2, 0, 0, 0, 0, 0, 5]);
  });

  test('puts the models with least together', () => {
    const since = periodStart('24h', NOW);
    const rows = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((model, at) => bucket(since, model, at + 1));
    const { series } = usageSeries(rows, { measure: 'calls', period: '24h', since, until: NOW });
    expect(series.map(({ name, values }) => [name, values[0]])).toEqual([
      ['g', 7],
      ['f', 6],
      ['e', 5],
      ['d', 4],
      ['c', 3],
      ['others', 3],
    ]);
  });

  test('counts all tokens, and spend', () => {
    const since = periodStart('24h', NOW);
    const first = (measure: 'tokens' | 'cost') =>
      usageSeries([bucket(since, 'a', 1)], { measure, period: '24h', since, until: NOW }).series[0]?.values[0];
    expect([first('tokens'), first('cost')]).toEqual([10, 0.5]);
  });
});
