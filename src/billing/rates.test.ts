import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Card, Price, UpstreamCost } from '../models/card.ts';
import type { Usage } from '../protocols/usage.ts';
import {
  charge,
  dearestUpstreamCostAt,
  formatUsd,
  priceAt,
  priceRowAt,
  type Rates,
  upstreamCostAt,
  worstCase,
} from './rates.ts';

const at = (iso: string): number => Date.parse(iso);

/** Only what the price functions read. */
function card(prices: Partial<Price>[], costs?: Partial<UpstreamCost>[]): Card {
  const row = { from: '2026-06-01T00:00:00Z', input: '1', output: '2', cache_read: '0.1', source: 'test' };
  return {
    id: 'test',
    prices: prices.map((price) => ({ ...row, ...price })),
    ...(costs === undefined ? {} : { upstream_cost: costs.map((cost) => ({ ...row, ...cost })) }),
  } as Card;
}

const pro = card([{ input: '0.435', output: '0.87', cache_read: '0.004' }]);

function usage(input: Partial<Usage['input']>, output: Partial<Usage['output']> = {}): Usage {
  return {
    input: { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, ...input },
    output: { text: 0, reasoning: 0, ...output },
    source: 'upstream',
  };
}

const cost = (used: Usage, multiplier?: string): string => formatUsd(charge(used, priceAt(pro, 0), multiplier));

describe('charge', () => {
  test.each([
    [usage({ uncached: 1_000_000 }), '0.435'],
    [usage({}, { text: 1_000_000 }), '0.87'],
    [usage({ cacheRead: 1_000_000 }), '0.004'],
    [usage({ uncached: 19, cacheRead: 320 }, { text: 44, reasoning: 48 }), '0.000089585'],
    [usage({ uncached: 1 }), '0.000000435'],
    [usage({}), '0'],
  ])('of %j is %s', (used, expected) => {
    expect(cost(used)).toBe(expected);
  });

  test('reasoning is output', () => {
    expect(cost(usage({}, { text: 10, reasoning: 90 }))).toBe(cost(usage({}, { text: 100 })));
  });

  test('rounds half up, once, on the whole', () => {
    const halves = priceAt(card([{ input: '0.0005', output: '0.0005', cache_read: '0.0004' }]), 0);
    expect(charge(usage({ uncached: 1 }), halves)).toBe(1n);
    expect(charge(usage({ cacheRead: 1 }), halves)).toBe(0n);
    // Rounded bucket by bucket this would be 1 + 0 + 1.
    expect(charge(usage({ uncached: 1, cacheRead: 1 }, { text: 1 }), halves)).toBe(1n);
  });

  test('multiplies by the group', () => {
    expect(cost(usage({ uncached: 1_000_000 }), '0.8')).toBe('0.348');
    expect(cost(usage({ uncached: 1_000_000 }), '0')).toBe('0');
    expect(cost(usage({ uncached: 1_000_000 }), '1.000000001')).toBe('0.435');
    expect(() => cost(usage({}), '-1')).toThrow('multiplier must be a decimal');
    expect(() => cost(usage({}), '1e3')).toThrow('multiplier must be a decimal');
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses a count of %p', (count) => {
    expect(() => charge(usage({ uncached: count }), priceAt(pro, 0))).toThrow('token count');
  });

  test('writes to the cache cost what the card says, else what a read of the input costs', () => {
    const claude = priceAt(card([{ input: '5', cache_write_5m: '6.25', cache_write_1h: '10' }]), 0);
    expect(formatUsd(charge(usage({ cacheWrite5m: 1_000_000, cacheWrite1h: 1_000_000 }), claude))).toBe('16.25');
    const hourMissing = priceAt(card([{ input: '5', cache_write_5m: '6.25' }]), 0);
    expect(formatUsd(charge(usage({ cacheWrite1h: 1_000_000 }), hourMissing))).toBe('6.25');
    expect(formatUsd(charge(usage({ cacheWrite1h: 1_000_000, cacheWrite5m: 1_000_000 }), priceAt(pro, 0)))).toBe(
      '0.87',
    );
  });
});

/** A fraction of integers: the arithmetic of school, with nothing shared with the code under test. */
interface Fraction {
  over: bigint;
  under: bigint;
}
const fraction = (decimal: string): Fraction => {
  const [whole = '0', digits = ''] = decimal.split('.');
  return { over: BigInt(whole + digits), under: 10n ** BigInt(digits.length) };
};
const times = (a: Fraction, b: Fraction): Fraction => ({ over: a.over * b.over, under: a.under * b.under });
const plus = (a: Fraction, b: Fraction): Fraction => ({
  over: a.over * b.under + b.over * a.under,
  under: a.under * b.under,
});
const whole = (count: number): Fraction => ({ over: BigInt(count), under: 1n });
function halfUp({ over, under }: Fraction): bigint {
  const quotient = over / under;
  return (over - quotient * under) * 2n >= under ? quotient + 1n : quotient;
}

const decimal = (places: number, most: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(most), fc.stringMatching(new RegExp(`^[0-9]{0,${places}}$`)))
    .map(([integer, digits]) => (digits === '' ? `${integer}` : `${integer}.${digits}`));
const price = decimal(12, 100);
const count = fc.oneof(fc.nat(100), fc.nat(2_000_000), fc.nat({ max: 2 ** 31 - 1 }));

describe('properties', () => {
  const anything = fc.record({
    price: fc.record({ input: price, output: price, cache_read: price, cache_write_5m: price, cache_write_1h: price }),
    multiplier: decimal(9, 10),
    counts: fc.tuple(count, count, count, count, count, count),
  });

  test('a charge is the exact sum, rounded half up', () => {
    fc.assert(
      fc.property(anything, ({ price, multiplier, counts }) => {
        const [uncached, cacheRead, cacheWrite5m, cacheWrite1h, text, reasoning] = counts;
        const buckets: [number, string][] = [
          [uncached, price.input],
          [cacheRead, price.cache_read],
          [cacheWrite5m, price.cache_write_5m],
          [cacheWrite1h, price.cache_write_1h],
          [text, price.output],
          [reasoning, price.output],
        ];
        const usd = buckets
          .map(([tokens, perMillion]) =>
            times(whole(tokens), times(fraction(perMillion), { over: 1n, under: 1_000_000n })),
          )
          .reduce(plus);
        const nano = times(times(usd, fraction(multiplier)), { over: 1_000_000_000n, under: 1n });
        const used = usage({ uncached, cacheRead, cacheWrite5m, cacheWrite1h }, { text, reasoning });
        expect(charge(used, priceAt(card([price]), 0), multiplier)).toBe(halfUp(nano));
      }),
    );
  });

  test('no answer within its bounds passes the worst case', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(undefined, '5m', '1h'), ({ price, multiplier, counts }, cacheWrite) => {
        const [uncached, cacheRead, write5m, write1h, text, reasoning] = counts;
        const cacheWrite5m = cacheWrite === undefined ? 0 : write5m;
        const cacheWrite1h = cacheWrite === '1h' ? write1h : 0;
        const rates = priceAt(card([price]), 0);
        const most = {
          input: uncached + cacheRead + cacheWrite5m + cacheWrite1h,
          output: text + reasoning,
          cacheWrite: cacheWrite as '5m' | '1h' | undefined,
        };
        const used = usage({ uncached, cacheRead, cacheWrite5m, cacheWrite1h }, { text, reasoning });
        expect(charge(used, rates, multiplier)).toBeLessThanOrEqual(worstCase(most, rates, multiplier));
      }),
    );
  });
});

describe('priceAt', () => {
  const changed = card([
    { from: '2026-06-01T00:00:00Z', input: '1' },
    { from: '2026-09-01T00:00:00Z', input: '3' },
  ]);
  const input = (rates: Rates | undefined): string => formatUsd((rates?.input ?? -1n) / 1000n);

  test.each([
    ['2026-08-31T23:59:59.999Z', '1'],
    ['2026-09-01T00:00:00.000Z', '3'],
    ['2027-01-01T00:00:00.000Z', '3'],
    ['2020-01-01T00:00:00.000Z', '1'],
  ])('at %s the input costs %s', (iso, expected) => {
    expect(input(priceAt(changed, at(iso)))).toBe(expected);
    expect(priceRowAt(changed, at(iso)).input).toBe(expected);
  });

  test('fails loudly on a card without prices', () => {
    expect(() => priceAt(card([]), 0)).toThrow('card test has no price');
  });

  describe('upstreamCostAt', () => {
    const banded = card(
      [{}],
      [
        { from: '2026-06-01T00:00:00Z', input: '0.435' },
        {
          from: '2026-09-01T00:00:00Z',
          input: '0.66',
          bands: [
            {
              days: ['mon', 'tue', 'wed', 'thu', 'fri'],
              from: '01:00',
              to: '04:00',
              input: '1.32',
              output: '4',
              cache_read: '1',
            },
            { days: ['sat'], from: '22:30', to: '24:00', input: '2', output: '4', cache_read: '1' },
          ],
        },
      ],
    );

    test.each([
      ['2026-06-15T02:00:00Z', '0.435'],
      ['2026-09-14T00:59:59.999Z', '0.66'],
      ['2026-09-14T01:00:00Z', '1.32'],
      ['2026-09-14T03:59:59.999Z', '1.32'],
      ['2026-09-14T04:00:00Z', '0.66'],
      ['2026-09-19T02:00:00Z', '0.66'],
      ['2026-09-19T23:59:59.999Z', '2'],
      ['2026-09-20T00:00:00Z', '0.66'],
    ])('at %s is %s', (iso, expected) => {
      expect(input(upstreamCostAt(banded, at(iso)))).toBe(expected);
    });

    test('is unknown before its first row and on a card that says nothing', () => {
      expect(upstreamCostAt(banded, at('2026-05-31T23:59:59Z'))).toBeUndefined();
      expect(upstreamCostAt(pro, at('2026-09-14T01:00:00Z'))).toBeUndefined();
    });

    test('knows the dearest of the day', () => {
      expect(input(dearestUpstreamCostAt(banded, at('2026-09-14T12:00:00Z')))).toBe('2');
      expect(input(dearestUpstreamCostAt(banded, at('2026-06-15T12:00:00Z')))).toBe('0.435');
    });
  });
});
