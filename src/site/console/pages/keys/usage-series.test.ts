import { afterEach, describe, expect, test } from 'bun:test';
import type { UsageBucket } from '../../api/rows.ts';
import { dayNote, periodStart, usageSeries } from './usage-series.ts';

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

describe('where the zone has half hours', () => {
  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  /** Bars of a call in each of the given hours UTC; the days that they begin at. */
  const calls = (now: string, hours: string[]) => {
    const nowMs = Date.parse(now);
    const since = periodStart('7d', nowMs);
    const { times, series } = usageSeries(
      hours.map((hour) => bucket(Date.parse(hour), 'a', 1)),
      { measure: 'calls', period: '7d', since, until: nowMs },
    );
    return { since, days: times.map((time) => new Date(time * 1_000).getDate()), values: series[0]?.values };
  };

  test('an hour counts for the day in which it begins, and none is lost', () => {
    process.env.TZ = 'Asia/Kolkata';
    // 18:00 UTC is 23:30 there.
    const { since, days, values } = calls('2026-11-25T16:20:00Z', [
      '2026-11-18T19:00:00Z',
      '2026-11-19T18:00:00Z',
      '2026-11-19T19:00:00Z',
      '2026-11-25T16:00:00Z',
    ]);
    expect(new Date(since).toISOString()).toBe('2026-11-18T19:00:00.000Z');
    expect([days, values]).toEqual([
      [19, 20, 21, 22, 23, 24, 25],
      [2, 1, 0, 0, 0, 0, 1],
    ]);
    expect(dayNote('7d', since)).toMatch(/^A day begins at 12:30\sAM here/);
    expect(dayNote('24h', since)).toBeUndefined();
  });

  test('the bar of now is that of its hour', () => {
    process.env.TZ = 'Asia/Kolkata';
    // Ten past midnight there, in an hour that began the day before.
    expect(calls('2026-11-25T18:40:00Z', ['2026-11-25T18:00:00Z'])).toMatchObject({
      days: [19, 20, 21, 22, 23, 24, 25],
      values: [0, 0, 0, 0, 0, 0, 1],
    });
  });

  test('a whole-hour zone has its days from midnight', () => {
    process.env.TZ = 'America/New_York';
    // The clock goes back on November 1.
    const { since, values } = calls('2026-11-03T16:20:00Z', ['2026-11-01T04:00:00Z', '2026-11-02T04:00:00Z']);
    expect(new Date(since).toISOString()).toBe('2026-10-28T04:00:00.000Z');
    expect(values).toEqual([0, 0, 0, 0, 2, 0, 0]);
    expect(dayNote('7d', since)).toBeUndefined();
  });
});
