import { describe, expect, test } from 'bun:test';
// The package does not export it by name.
import { transformJSONSchema } from '../../../node_modules/@anthropic-ai/sdk/lib/transform-json-schema.js';
import { translateRequest } from '../golden/harness.ts';
import { targetNamed } from '../golden/targets.ts';
import type { JsonObject } from '../json.ts';
import { Notes } from '../wire.ts';
import { closedSchema } from './output-schema.ts';

function closed(schema: string | object): { text: string; schema: JsonObject; changed: string[] } {
  const notes = new Notes();
  const text = closedSchema(typeof schema === 'string' ? schema : JSON.stringify(schema), notes);
  return { text, schema: JSON.parse(text) as JsonObject, changed: [...notes.changed] };
}

const object = (properties: object, more: object = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});

describe('what Anthropic takes of a schema is what its own client sends', () => {
  test.each([
    ['bounds of a number', object({ a: { type: 'integer', minimum: 1, maximum: 9, multipleOf: 2 } })],
    ['lengths of a text', object({ a: { type: 'string', description: 'A', minLength: 1, maxLength: 3 } })],
    ['a pattern', object({ a: { type: 'string', pattern: '^a$' } })],
    ['a format', object({ a: { type: 'string', format: 'date' }, b: { type: 'string', format: 'cuid' } })],
    ['a list', object({ a: { type: 'array', items: { type: 'string', maxLength: 2 }, minItems: 1, maxItems: 3 } })],
    ['a long list', object({ a: { type: 'array', items: { type: 'string' }, minItems: 2 } })],
    ['a choice', object({ a: { oneOf: [{ type: 'string' }, object({ b: { type: 'number', minimum: 0 } })] } })],
    ['a default', object({ a: { type: 'string', title: 'T', default: 'x', examples: ['y'] } })],
    ['a dialect', object({ a: { type: 'string' } }, { $schema: 'https://json-schema.org/draft/2020-12/schema' })],
    ['an open object', object({ a: object({}, { additionalProperties: true, minProperties: 1 }) })],
    ['a map', object({ a: { type: 'object', properties: {}, additionalProperties: { type: 'string' } } })],
    ['a reference', { ...object({ a: { $ref: '#/$defs/x', description: 'A' } }), $defs: { x: object({}) } }],
    ['a definition', { ...object({ a: { $ref: '#/$defs/x' } }), $defs: { x: { type: 'string', minLength: 1 } } }],
    ['properties named like keywords', object({ minimum: { type: 'string' }, oneOf: { type: 'string' } })],
    [
      'values',
      object({ a: { enum: ['x', null] }, b: { const: 1 }, c: { type: ['string', 'null'], enum: ['x', null] } }),
    ],
    ['values that are objects', object({ a: { type: 'object', properties: {}, enum: [{}] } })],
    ['all of several', object({ a: { allOf: [object({ b: { type: 'string', minLength: 1 } })] } })],
  ])('%s', (_name, schema) => expect(closed(schema).schema).toEqual(transformJSONSchema(schema) as JsonObject));
});

test('the rest is as it was written, and what was moved is listed', () => {
  const schema = `{ "type":"object","properties":{"2":{"maximum":12345678901234567890, "type":"number"}, "1":{"type":"string"}} }`;
  const { text, changed } = closed(schema);
  expect(text).toBe(
    `{ "type":"object","properties":{"2":{"type":"number","description":"{maximum: 12345678901234567890}"}, "1":{"type":"string"}},"additionalProperties":false }`,
  );
  expect(changed).toEqual(['additionalProperties', 'maximum']);
  const fits = JSON.stringify(object({ a: { type: 'string', enum: ['x'] }, b: { type: ['string', 'null'] } }));
  expect(closed(fits)).toMatchObject({ text: fits, changed: [] });
});

test('an object that may be null is closed, and keeps its properties', () => {
  const { schema } = closed({ type: ['object', 'null'], properties: { a: { type: 'string' } } });
  expect(schema).toEqual({
    type: ['object', 'null'],
    properties: { a: { type: 'string' } },
    additionalProperties: false,
  });
});

const fn = (name: string, more: object) => ({ type: 'function', function: { name, ...more } });
const withTools = (tools: object[]) => ({ model: 'm', messages: [{ role: 'user', content: 'x' }], tools });

test('a strict tool’s schema is closed, also where there is none; that of another one is as it came', () => {
  const parameters = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } };
  const request = withTools([
    fn('a', { strict: true, parameters }),
    fn('b', { parameters }),
    fn('c', { strict: true }),
    fn('d', { strict: true, parameters: {} }),
  ]);
  const { body, changed } = translateRequest(request, targetNamed('claude-any'));
  expect((body.tools as JsonObject[]).map((tool) => tool.input_schema)).toEqual([
    {
      type: 'object',
      properties: { n: { type: 'integer', description: '{minimum: 1}' } },
      additionalProperties: false,
    },
    parameters,
    { type: 'object', properties: {}, additionalProperties: false },
    { type: 'object', additionalProperties: false },
  ]);
  expect(changed).toEqual(['additionalProperties', 'minimum']);
});

test('as many strict tools go up as are taken; the others go without', () => {
  const tools = Array.from({ length: 22 }, (_, i) => fn(`t${i}`, { strict: i !== 1, parameters: object({}) }));
  const { body, changed } = translateRequest(withTools(tools), targetNamed('claude-any'));
  const strict = (body.tools as JsonObject[]).map((tool) => tool.strict);
  expect(strict.filter((value) => value === true)).toHaveLength(20);
  expect(strict.at(-1)).toBeUndefined();
  expect(changed).toEqual(['strict']);
});

test('keywords are the client’s words: listed for it, and no log has them', () => {
  const notes = new Notes();
  closedSchema('{"type":"object","properties":{},"additionalProperties":false,"Bob Smith":1}', notes);
  expect([[...notes.changed], notes.loggable()]).toEqual([['Bob Smith'], ['+1']]);
});
