import { expect, test } from 'bun:test';
import { costParts, times } from './cost-parts.ts';

const row = {
  input_tokens: 1_000,
  cache_read_tokens: 64,
  cache_write_tokens: 0,
  cache_write_1h_tokens: 0,
  output_tokens: 30,
  reasoning_tokens: 10,
  price: {
    input: '0.435',
    cache_read: '0.003625',
    cache_write_5m: '0.435',
    cache_write_1h: '0.435',
    output: '0.87',
    multiplier: '1',
  },
};

test('a product of decimals keeps every digit', () => {
  expect([times('0.1', '0.2'), times('3', '4'), times('0', '0.435'), times('1.5', '2')]).toEqual([
    '0.02',
    '12',
    '0',
    '3',
  ]);
  expect(times('9007199254740993', '0.000000000001')).toBe('9007.199254740993');
});

test('each bucket has its tokens, its price and its part of the cost', () => {
  expect(costParts(row)).toEqual([
    { name: 'Input', tokens: 1_000, perMillion: '0.435', amount: '0.000435' },
    { name: 'Cache read', tokens: 64, perMillion: '0.003625', amount: '0.000000232' },
    { name: 'Output', tokens: 20, perMillion: '0.87', amount: '0.0000174' },
    { name: 'Reasoning', tokens: 10, perMillion: '0.87', amount: '0.0000087' },
  ]);
});

test('cache writes are told by how long they live', () => {
  const written = costParts({ ...row, cache_write_tokens: 30, cache_write_1h_tokens: 10 });
  expect(written.filter(({ name }) => name.startsWith('Cache write')).map(({ tokens }) => tokens)).toEqual([20, 10]);
});

test('without a price there are tokens and no amounts', () => {
  expect(costParts({ ...row, price: null })[0]).toEqual({
    name: 'Input',
    tokens: 1_000,
    perMillion: undefined,
    amount: undefined,
  });
});
