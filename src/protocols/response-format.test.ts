import { expect, test } from 'bun:test';
import { fitsStrictMode } from './response-format.ts';

const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };

test('strict mode takes objects that are closed and require all they have, all the way down', () => {
  expect(fitsStrictMode(closed)).toBe(true);
  expect(fitsStrictMode({ ...closed, properties: { a: { type: 'array', items: closed } } })).toBe(true);
  expect(fitsStrictMode({ ...closed, required: [] })).toBe(false);
  expect(fitsStrictMode({ type: 'object', properties: { a: {} }, required: ['a'] })).toBe(false);
  expect(fitsStrictMode({ anyOf: [closed, { ...closed, additionalProperties: true }] })).toBe(false);
});
