import { expect, test } from 'bun:test';
import { type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { type SchemaHints, schemaValue } from './schema-value.ts';

const hints = (text = ''): SchemaHints => ({ text, stringFor: () => undefined });
const make = (schema: unknown, text?: string) => schemaValue(schema, hints(text));

/** The names that every object inherits are tested on their own: the validator takes an inherited member for a property. */
const propertyName = fc.string({ minLength: 1, maxLength: 8 }).filter((name) => !(name in {}));
const bounds = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 50 }));
const schemas: fc.Arbitrary<TSchema> = fc.letrec<{ any: TSchema }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .tuple(fc.nat(10), fc.nat(20))
      .map(([minLength, more]) => Type.String({ minLength, maxLength: minLength + more })),
    bounds.map(([minimum, more]) => Type.Integer({ minimum, maximum: minimum + more })),
    bounds.map(([low, more]) => Type.Number({ exclusiveMinimum: low, exclusiveMaximum: low + more + 1 })),
    fc.constantFrom(3, 5, 10).map((multipleOf) => Type.Integer({ multipleOf, minimum: 1, maximum: 100 })),
    fc.constantFrom(Type.Boolean(), Type.Null(), Type.Literal('fixed'), Type.Literal(7)),
    fc
      .uniqueArray(fc.string(), { minLength: 1, maxLength: 4 })
      .map((values) => Type.Unsafe({ enum: values, ...union(values) })),
    fc
      .tuple(tie('any'), fc.nat(3), fc.nat(3))
      .map(([items, minItems, more]) => Type.Array(items, { minItems, maxItems: minItems + more })),
    fc
      .dictionary(propertyName, fc.tuple(tie('any'), fc.boolean()), { maxKeys: 4 })
      .map((properties) =>
        Type.Object(
          Object.fromEntries(
            Object.entries(properties).map(([name, [schema, optional]]) => [
              name,
              optional ? Type.Optional(schema) : schema,
            ]),
          ),
          { additionalProperties: false },
        ),
      ),
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((variants) => Type.Union(variants)),
  ),
})).any;

function union(values: string[]): object {
  return Type.Union(values.map((value) => Type.Literal(value)));
}

test('a value satisfies its schema, whatever the schema', () => {
  fc.assert(
    fc.property(schemas, fc.string(), (schema, text) => {
      const plain = JSON.parse(JSON.stringify(schema)) as unknown;
      const value = make(plain, text);
      if (!Value.Check(schema, value)) throw new Error(`${JSON.stringify(value)} for ${JSON.stringify(plain)}`);
    }),
    { numRuns: 500 },
  );
});

test('names that every object inherits are properties like any other', () => {
  const names = ['__proto__', 'constructor', 'toString', 'valueOf'];
  const properties = JSON.parse(`{${names.map((name) => `"${name}": {"type": "integer"}`).join()}}`) as object;
  for (const schema of [
    { type: 'object', properties, required: names },
    { type: 'object', properties, minProperties: names.length },
    { type: 'object', required: names, additionalProperties: { type: 'integer' } },
  ]) {
    expect(Object.entries(make(schema) as object)).toEqual(names.map((name) => [name, 1]));
  }
  for (const format of names) expect(typeof make({ type: 'string', format })).toBe('string');
});

test('the prompt chooses among enums, numbers and optional properties', () => {
  const schema = {
    type: 'object',
    properties: {
      unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
      days: { type: 'integer', minimum: 1, maximum: 14 },
      detailed: { type: 'boolean' },
    },
    required: ['days'],
  };
  expect(make(schema, 'a forecast for 5 days in fahrenheit')).toEqual({ unit: 'fahrenheit', days: 5 });
  expect(make(schema, 'a detailed forecast for 99 days')).toEqual({ days: 1, detailed: true });
});

test('strings come from the source that knows the prompt', () => {
  const source: SchemaHints = { text: '', stringFor: (name) => (name === 'city' ? 'Paris' : undefined) };
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, note: { type: 'string', default: 'none' } },
    required: ['city', 'note'],
  };
  expect(schemaValue(schema, source)).toEqual({ city: 'Paris', note: 'none' });
});

test('references, recursion, allOf, nullable types, unique and prefixed items', () => {
  const tree = {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: { name: { type: 'string' }, next: { $ref: '#/$defs/node' } },
        required: ['name'],
      },
    },
  };
  expect(make(tree)).toEqual({ name: 'name' });
  const endless = { ...tree, $defs: { node: { ...tree.$defs.node, required: ['name', 'next'] } } };
  expect(make(endless)).toHaveProperty('next.next.name');
  expect(make({ allOf: [{ type: 'object', required: ['a'] }, { properties: { a: { const: 1 } } }] })).toEqual({ a: 1 });
  expect(make({ type: ['null', 'integer'], minimum: 4 })).toBe(4);
  expect(make({ anyOf: [{ type: 'null' }, { type: 'boolean' }] })).toBe(true);
  expect(make({ type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 3, uniqueItems: true })).toEqual([
    'a',
    'b',
    'c',
  ]);
  expect(make({ type: 'array', items: { type: 'string' }, minItems: 2, uniqueItems: true })).toHaveLength(2);
  expect(make({ prefixItems: [{ const: 'x' }, { type: 'integer' }] })).toEqual(['x', 1]);
});

test.each<[string, RegExp]>([
  ['date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/],
  ['date', /^\d{4}-\d\d-\d\d$/],
  ['email', /^\S+@\S+\.\w+$/],
  ['uri', /^https:\/\//],
  ['uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ['ipv4', /^(\d+\.){3}\d+$/],
])('format %s', (format, shape) => {
  expect(make({ type: 'string', format })).toMatch(shape);
});

test('nonsense in place of a schema gets some value', () => {
  for (const schema of [
    null,
    7,
    'x',
    [],
    {},
    { type: 'unheard-of' },
    { $ref: '#/nowhere' },
    { type: 'object', required: [7] },
  ]) {
    expect(() => make(schema)).not.toThrow();
  }
});

test('a schema that asks for millions of values gets what can be made at once', () => {
  const names = ['a', 'b', 'c', 'd'];
  const tree = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { $ref: '#' }])),
    required: names,
  };
  const folded = { allOf: names.map(() => ({ $ref: '#' })) };
  const list = { type: 'array', minItems: 1_000 };
  for (const schema of [tree, folded, { ...list, items: { ...list, items: { ...list, items: { type: 'null' } } } }]) {
    expect(JSON.stringify(make(schema)).length).toBeLessThan(1_000_000);
  }
  const unlike = make({ ...list, uniqueItems: true, items: { type: 'string' } }) as string[];
  expect(new Set(unlike).size).toBe(1_000);
  expect(unlike.slice(0, 3)).toEqual(['value', 'value 2', 'value 3']);
});

test('what is long to read or to make counts as much as what is many', () => {
  const many = (items: object) => {
    const list = { type: 'array', minItems: 1_000 };
    return { ...list, items: { ...list, items } };
  };
  for (const long of [{ minLength: 10_000 }, { pattern: '((a{100}){100}){100}' }]) {
    expect(JSON.stringify(make(many({ type: 'string', ...long }))).length).toBeLessThan(2_000_000);
  }
  const led = make({ $defs: { x: { const: 1 } }, ...many({ $ref: `#${'/'.repeat(20_000)}$defs/x` }) }) as number[][];
  expect(led.flat().filter((value) => value === 1).length).toBeLessThan(100);
  const parts = Array.from({ length: 9_000 }, (_, at) => ({ required: [`p${at}`], properties: { [`p${at}`]: {} } }));
  expect(Object.keys(make({ allOf: parts }) as object).length).toBeLessThan(2_000);
});

test('a reference that cannot be decoded leads nowhere', () => {
  expect(make({ type: 'object', properties: { share: { $ref: '#/$defs/100%' } }, required: ['share'] })).toEqual({
    share: 'share',
  });
});
