import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../errors/catalogue.ts';
import { formatDecimal, formatUsd, MAX_USD, NANO_PER_USD, parseDecimal, parseUsd } from './usd.ts';

describe('formatUsd', () => {
  test.each([
    [0n, '0'],
    [1n, '0.000000001'],
    [435n, '0.000000435'],
    [1_500_000_000n, '1.5'],
    [100_000_000_000n, '100'],
    [-1_250_000_000n, '-1.25'],
    [-1n, '-0.000000001'],
    [9_007_199_254_740_993_000_000_001n, '9007199254740993.000000001'],
  ])('%p is %p', (nano, text) => {
    expect(formatUsd(nano)).toBe(text);
  });

  test('what it writes is read back to the digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_USD * NANO_PER_USD }), (nano) => {
        expect(parseUsd(formatUsd(nano))).toBe(nano);
      }),
    );
  });
});

test('a decimal of any fineness is read back as it was written', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.integer({ min: 1, max: 18 }), (units, places) => {
      expect(parseDecimal(formatDecimal(units, places), places)).toBe(units);
    }),
  );
  expect([formatDecimal(435n, 3), formatDecimal(1_000n, 3), formatDecimal(0n, 3)]).toEqual(['0.435', '1', '0']);
});

describe('parseUsd', () => {
  test.each([
    ['100', 100_000_000_000n],
    ['0.1', 100_000_000n],
    [0.1, 100_000_000n],
    [' 12.50 ', 12_500_000_000n],
    ['0.0000000010000', 1n],
    [1e-7, 100n],
    [1.5e-7, 150n],
    [0, 0n],
    [0.3, 300_000_000n],
  ])('reads %p', (value, nano) => {
    expect(parseUsd(value)).toBe(nano);
  });

  test.each([
    ['', 'is not a decimal number'],
    ['12,50', 'is not a decimal number'],
    ['1e3', 'is not a decimal number'],
    ['.5', 'is not a decimal number'],
    ['0x10', 'is not a decimal number'],
    ['٣', 'is not a decimal number'],
    ['9'.repeat(65), 'is not a decimal number'],
    [Number.NaN, 'is not a decimal number'],
    [Number.POSITIVE_INFINITY, 'is not a decimal number'],
    [1e21, 'is not a decimal number'],
    ['-1', 'must not be negative'],
    [-0.5, 'must not be negative'],
    ['0.0000000001', 'more than 9 decimal places'],
    [1e-10, 'more than 9 decimal places'],
    ['1000000000.000000001', 'is over 1000000000 USD'],
    [null, 'must be a string or a number'],
    [true, 'must be a string or a number'],
    [{}, 'must be a string or a number'],
  ])('refuses %p', (value, problem) => {
    let caught: unknown;
    try {
      parseUsd(value, 'quota');
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(GatewayError);
    const error = caught as GatewayError;
    expect(error.code).toBe('invalid_param');
    expect(error.details.param).toBe('quota');
    expect(error.message).toStartWith('quota ');
    expect(error.message).toContain(problem);
  });
});
