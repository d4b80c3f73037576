import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { PrefixCache, UNIT } from './prefix-cache.ts';

const ids = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);

test('a prompt that was seen before is found, in whole units', () => {
  const cache = new PrefixCache();
  expect(cache.hits('', ids(300))).toBe(0);
  cache.remember('', ids(300));
  expect(cache.hits('', ids(300))).toBe(256);
  expect(cache.hits('', [...ids(300), 7, 8])).toBe(256);
  expect(cache.hits('', ids(127))).toBe(0);
});

test('a hit is the common prefix, rounded down to units', () => {
  fc.assert(
    fc.property(fc.nat(600), fc.nat(600), fc.nat(600), (common, rest, other) => {
      const cache = new PrefixCache();
      cache.remember('', [...ids(common), ...ids(rest, 10_000)]);
      expect(cache.hits('', [...ids(common), ...ids(other, 20_000)])).toBe(Math.floor(common / UNIT) * UNIT);
    }),
  );
});

test('partitions know nothing of each other', () => {
  const cache = new PrefixCache();
  cache.remember('model\nann', ids(256));
  expect(cache.hits('model\nbob', ids(256))).toBe(0);
  expect(cache.hits('model\nann', ids(256))).toBe(256);
});

test('it stays within its bound and forgets what was longest unused', () => {
  const cache = new PrefixCache(10);
  cache.remember('old', ids(3 * UNIT));
  cache.remember('used', ids(3 * UNIT));
  expect(cache.hits('old', ids(3 * UNIT))).toBe(3 * UNIT);
  cache.remember('new', ids(6 * UNIT));
  expect(cache.size).toBe(10);
  expect(cache.hits('new', ids(6 * UNIT))).toBe(6 * UNIT);
  expect(cache.hits('old', ids(3 * UNIT))).toBe(3 * UNIT);
  expect(cache.hits('used', ids(3 * UNIT))).toBe(0);
});
