import { expect, test } from 'bun:test';
import { duration, fineUsd, percent, shortCount, shortUsd } from './format.ts';

test.each([
  ['0', '$0.00'],
  ['0.0000004', '<$0.000001'],
  ['-0.0000004', '−<$0.000001'],
  ['0.00041', '$0.000410'],
  ['0.001564', '$0.001564'],
  ['0.02', '$0.02'],
  ['0.215', '$0.2150'],
  ['0.5', '$0.50'],
  ['12.5', '$12.50'],
  ['-1234.567', '−$1,234.57'],
])('%s USD is shown as %s', (decimal, text) => {
  expect(shortUsd(decimal)).toBe(text);
});

test('a balance that small charges change is shown to six places', () => {
  expect([fineUsd('389.130264153'), fineUsd('-0.5'), fineUsd('1250')]).toEqual([
    '$389.130264',
    '−$0.500000',
    '$1,250.000000',
  ]);
});

test('counts, durations and shares have three digits or so, and a unit', () => {
  expect([shortCount(9_999), shortCount(65_536), shortCount(1_234_567)]).toEqual(['9,999', '65.5K', '1.23M']);
  expect([duration(0.02), duration(2.5), duration(146.4), duration(1_234), duration(83_000)]).toEqual([
    '<0.1 ms',
    '2.5 ms',
    '146 ms',
    '1.23 s',
    '1 min 23 s',
  ]);
  expect([percent(0.0842), percent(0.787)]).toEqual(['8.4%', '79%']);
});
