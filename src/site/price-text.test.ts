import { expect, test } from 'bun:test';
import { priceText } from './price-text.ts';

test('a price has the decimals that are given, but two at least', () => {
  expect(['1', '0.5', '15.00', '0.435', '0.004'].map(priceText)).toEqual([
    '$1.00',
    '$0.50',
    '$15.00',
    '$0.435',
    '$0.004',
  ]);
});
