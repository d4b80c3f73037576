import { describe, expect, test } from 'bun:test';
import { fitsStrictMode } from './response-format.ts';

const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
/** The schema as the only property of one that fits. */
const inside = (a: unknown) => ({ ...closed, properties: { a } });

test('strict mode takes objects that are closed and require all they have, all the way down', () => {
  expect(fitsStrictMode(closed)).toBe(true);
  expect(fitsStrictMode({ ...closed, properties: { a: { type: 'array', items: closed } } })).toBe(true);
  expect(fitsStrictMode({ ...closed, required: [] })).toBe(false);
  expect(fitsStrictMode({ type: 'object', properties: { a: {} }, required: ['a'] })).toBe(false);
  expect(fitsStrictMode({ anyOf: [closed, { ...closed, additionalProperties: true }] })).toBe(false);
});

describe('strict mode takes', () => {
  test.each([
    ['an object that may be null', inside({ ...closed, type: ['object', 'null'] })],
    ['one of several schemas', inside({ anyOf: [closed, { type: 'null' }] })],
    ['references and their definitions', { ...inside({ $ref: '#/$defs/x' }), $defs: { x: closed } }],
    ['values that look like schemas', inside({ type: 'string', enum: ['object'], default: { type: 'object' } })],
    [
      'properties named like keywords',
      {
        ...closed,
        properties: { type: { type: 'string' }, not: { type: 'string' }, properties: closed },
        required: ['type', 'not', 'properties'],
      },
    ],
  ])('%s', (_name, schema) => expect(fitsStrictMode(schema)).toBe(true));
});

describe('strict mode refuses', () => {
  test.each([
    ['an object that names no properties', { type: 'object' }],
    ['a map of names to values', { type: 'object', additionalProperties: { type: 'string' } }],
    ['an object within that says no more', inside({ type: 'object' })],
    ['one that may be null', inside({ type: ['object', 'null'] })],
    ['one in a list', inside({ type: 'array', items: { type: 'object' } })],
    ['one in a definition', { ...closed, $defs: { x: { type: 'object' } } }],
    ['a list at the root', { type: 'array', items: closed }],
    ['a choice at the root', { anyOf: [closed] }],
    ['a reference at the root', { $ref: '#/$defs/x', $defs: { x: closed } }],
    ['an object that may be null at the root', { ...closed, type: ['object', 'null'] }],
    ['oneOf', inside({ oneOf: [closed] })],
    ['allOf', inside({ allOf: [closed] })],
    ['not', inside({ not: { type: 'null' } })],
    ['a list of places', inside({ type: 'array', prefixItems: [closed] })],
    ['a property without a schema', inside(true)],
    ['a property of any type', inside({})],
    ['no schema at all', undefined],
  ])('%s', (_name, schema) => expect(fitsStrictMode(schema)).toBe(false));
});
