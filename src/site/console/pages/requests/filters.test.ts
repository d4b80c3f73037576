import { expect, test } from 'bun:test';
import { NO_FILTERS, readFilters, requestsPath, sinceOf } from './filters.ts';

test('filters stand in the address and are read from it', () => {
  const filters = { ...NO_FILTERS, key: 'key_a', outcome: 'failed' as const, period: '24h' as const };
  const path = requestsPath(filters);
  expect(path).toBe('/requests?key=key_a&outcome=failed&period=24h');
  expect(readFilters(new URLSearchParams(path.split('?')[1]))).toEqual(filters);
  expect(requestsPath({})).toBe('/requests');
});

test('what no control offers narrows nothing', () => {
  expect(readFilters(new URLSearchParams('outcome=exploded&period=9y'))).toEqual(NO_FILTERS);
});

test('a period is counted back from now', () => {
  expect([sinceOf('', 10_000_000), sinceOf('1h', 10_000_000)]).toEqual([0, 6_400_000]);
});
