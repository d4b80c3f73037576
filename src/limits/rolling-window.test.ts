import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { RollingWindow } from './rolling-window.ts';

const HOUR = 3_600_000;

describe('rolling window', () => {
  test('a charge counts until its whole part has left', () => {
    const window = new RollingWindow(5 * HOUR);
    const start = 1_760_000_100_000 - (1_760_000_100_000 % window.partMs);
    window.add(7n, start, start);
    expect(window.total(start + 5 * HOUR)).toBe(7n);
    expect(window.total(start + 5 * HOUR + window.partMs - 1)).toBe(7n);
    expect(window.resetsAt(start)).toBe(start + 5 * HOUR + window.partMs);
    expect(window.total(start + 5 * HOUR + window.partMs)).toBe(0n);
  });

  test('a charge belongs to the instant given, not to now', () => {
    const window = new RollingWindow(5 * HOUR);
    window.add(7n, 1_000 * HOUR, 1_004 * HOUR);
    expect(window.total(1_005 * HOUR + window.partMs)).toBe(0n);
    window.add(7n, 1_000 * HOUR, 1_010 * HOUR);
    expect(window.total(1_010 * HOUR)).toBe(0n);
  });

  test('says when an amount fits', () => {
    const window = new RollingWindow(60_000);
    window.add(6n, 0, 0);
    window.add(3n, 10_000, 10_000);
    expect(window.fitsAt(1n, 10n, 10_000)).toBe(10_000);
    expect(window.fitsAt(7n, 10n, 10_000)).toBe(61_000);
    expect(window.fitsAt(8n, 10n, 10_000)).toBe(71_000);
    expect(window.fitsAt(11n, 10n, 10_000)).toBeUndefined();
  });

  test('never counts less than what was booked in the span, nor what left a part ago, in at most 64 parts', () => {
    const event = fc.record({ step: fc.integer({ min: 0, max: 9_000 }), amount: fc.bigInt(1n, 1_000n) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const window = new RollingWindow(60_000, 60, 64);
        const booked: { at: number; amount: bigint }[] = [];
        let now = 1_000_000;
        for (const { step, amount } of events) {
          now += step;
          booked.push({ at: now, amount });
          window.add(amount, now, now);
          const since = (ms: number) =>
            booked.filter((one) => one.at > now - ms).reduce((sum, one) => sum + one.amount, 0n);
          expect(window.total(now)).toBeGreaterThanOrEqual(since(60_000));
          expect(window.total(now)).toBeLessThanOrEqual(since(61_001));
          expect(window.size).toBeLessThanOrEqual(64);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('a clock that is ahead for a while, or behind, takes nothing away: once it is right, all counts again', () => {
    const step = fc.integer({ min: 0, max: 2_000 });
    const steps = fc.array(step, { maxLength: 120 });
    const error = fc.oneof(
      fc.integer({ min: -10_000_000, max: 10_000_000 }),
      fc.integer({ min: -90_000, max: 90_000 }),
    );
    fc.assert(
      fc.property(steps, error, steps, steps, (before, wrongBy, meanwhile, after) => {
        const window = new RollingWindow(60_000, 60, 64);
        const right: number[] = [];
        let now = 100_000_000;
        const call = (clock: number): void => window.add(1n, clock, clock);
        const expectAll = (): void => {
          const since = right.filter((at) => at > now - 60_000).length;
          expect(window.total(now)).toBeGreaterThanOrEqual(BigInt(since));
        };
        for (const [more, offset] of [[before, 0] as const, [meanwhile, wrongBy] as const, [after, 0] as const]) {
          for (const ms of more) {
            now += ms;
            call(now + offset);
            if (offset === 0) right.push(now);
            if (offset === 0) expectAll();
            else expect(window.total(now + offset)).toBeGreaterThan(0n);
          }
        }
        expectAll();
        expect(window.size).toBeLessThanOrEqual(3 * 61);
      }),
      { numRuns: 200 },
    );
  });

  test('what was booked while the clock was ahead counts, but nobody is told to wait for longer than the span and a part', () => {
    const window = new RollingWindow(5 * HOUR);
    const now = 1_000 * HOUR;
    window.add(7n, now + 24 * 365 * HOUR, now + 24 * 365 * HOUR);
    expect(window.total(now)).toBe(7n);
    expect(window.resetsAt(now)).toBe(now + 5 * HOUR + window.partMs);
    expect(window.fitsAt(4n, 10n, now)).toBe(now + 5 * HOUR + window.partMs);
    window.add(1n, now - HOUR, now);
    expect(window.resetsAt(now)).toBe(now + 4 * HOUR + window.partMs);
  });

  test('taking back leaves nothing', () => {
    const window = new RollingWindow(60_000);
    window.add(5n, 1_000, 1_000);
    window.add(-5n, 1_000, 1_000);
    expect([window.total(1_000), window.size]).toEqual([0n, 0]);
  });
});
