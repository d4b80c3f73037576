import { expect, test } from 'bun:test';
import { loadCatalog } from './catalog.ts';
import { warnings } from './warnings.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const DEFAULT = { id: 'default', models: undefined, multiplier: '1' };

test('models that are sold below cost are named, with both prices', () => {
  const told = warnings(loadCatalog(), [DEFAULT], now);
  expect(told.map((line) => line.split(' ')[0])).toEqual(['deepseek-v4-flash', 'deepseek-v4-pro']);
  expect(told[1]).toContain(
    'input 0.435 against up to 1.32, cache read 0.004 against up to 0.044, output 0.87 against up to 3.96',
  );
  expect(told[1]).toContain('prices.deepseek-v4-pro in bytespike.yaml');
});

test('a price that covers the dearest hour needs no warning', () => {
  const priced = loadCatalog({
    priceOverrides: { 'deepseek-v4-pro': { input: '1.32', output: '3.96', cache_read: '0.044' } },
  });
  expect(warnings(priced, [DEFAULT], now).some((line) => line.startsWith('deepseek-v4-pro'))).toBe(false);
});

test('what is written to a cache is a price of its own where the upstream has one', () => {
  const told = (prices: Record<string, string>) =>
    warnings(loadCatalog({ priceOverrides: { 'claude-opus-4-8': prices } }), [DEFAULT], now).find((line) =>
      line.startsWith('claude'),
    );
  expect(told({ cache_write_5m: '0.5', cache_write_1h: '1' })).toContain(
    'cache write of 5 minutes 0.5 against up to 6.25, cache write of 1 hour 1 against up to 10',
  );
  expect(told({ cache_write_1h: '9.99' })).toContain(
    'In USD per 1M tokens: cache write of 1 hour 9.99 against up to 10.',
  );
  expect(told({ cache_write_1h: '10' })).toBeUndefined();
});

test('a cost that has not begun, or has ended, does not count', () => {
  // Before 2026-08-16 DeepSeek charged 0.435, 0.87 and 0.003625.
  expect(warnings(loadCatalog(), [DEFAULT], Date.parse('2026-07-01T00:00:00Z'))).toEqual([]);
});

test('a clock before the first price is told', () => {
  expect(warnings(loadCatalog(), [DEFAULT], 0)).toContain(
    'deepseek-v4-pro has no price before 2026-06-01T00:00:00Z; that one is charged until then. Is the clock of this machine right?',
  );
});

test('what counts is the price that a group pays', () => {
  const told = (...groups: Parameters<typeof warnings>[1]) => warnings(loadCatalog(), groups, now);
  // Dearest is the output at the peak: 3.96 against 0.87.
  expect(told({ ...DEFAULT, multiplier: '11' })).toEqual([]);
  expect(told({ ...DEFAULT, multiplier: '10' })).toEqual([
    'deepseek-v4-pro is sold below what its upstream charges to default (10 times its price). Set prices.deepseek-v4-pro in bytespike.yaml, or that multiplier, to change it. In USD per 1M tokens: cache read 0.04 against up to 0.044.',
  ]);
  const friends = { id: 'friends', models: ['claude-haiku-4-5'], multiplier: '0.90' };
  const staff = { ...friends, id: 'staff', multiplier: '0.9' };
  const line = told({ ...DEFAULT, multiplier: '11' }, friends, staff);
  expect(line).toHaveLength(1);
  expect(line[0]).toStartWith(
    'claude-haiku-4-5 is sold below what its upstream charges to friends, staff (0.9 times its price). Set prices.claude-haiku-4-5 in bytespike.yaml, or that multiplier, to change it. In USD per 1M tokens: input 0.9 against up to 1,',
  );
});
