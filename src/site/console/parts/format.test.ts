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

test('what was spent is rounded up, what is left down, and in neither case to nothing', () => {
  const shown = (decimal: string) => [shortUsd(decimal), shortUsd(decimal, 'down'), shortUsd(decimal, 'nearest')];
  expect(shown('99.999')).toEqual(['$100.00', '$99.99', '$100.00']);
  expect(shown('0.999996')).toEqual(['$1.00', '$0.9999', '$1.00']);
  expect(shown('0.0099999')).toEqual(['$0.0100', '$0.009999', '$0.0100']);
  expect(shown('-1.001')).toEqual(['−$1.01', '−$1.01', '−$1.00']);
  expect(shown('0.30000000000000004')[2]).toBe('$0.3000');
  expect([fineUsd('0.0000004'), fineUsd('0'), fineUsd('12.3456789')]).toEqual([
    '<$0.000001',
    '$0.000000',
    '$12.345678',
  ]);
});

test('durations take the next unit where rounding reaches it', () => {
  expect([9.96, 999.6, 59_996, 119_700].map(duration)).toEqual(['10 ms', '1.00 s', '1 min 0 s', '2 min 0 s']);
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
  expect([999_499, 999_500, 999_499_999, 999_500_000].map(shortCount)).toEqual(['999K', '1M', '999M', '1B']);
  expect([duration(0.02), duration(2.5), duration(146.4), duration(1_234), duration(83_000)]).toEqual([
    '<0.1 ms',
    '2.5 ms',
    '146 ms',
    '1.23 s',
    '1 min 23 s',
  ]);
  expect([percent(0.0842), percent(0.787)]).toEqual(['8.4%', '79%']);
});
