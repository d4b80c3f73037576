import { asArray, isObject, parseJson } from '../json.ts';
import { type Edit, splice } from '../json-text.ts';
import type { JsonText } from '../neutral.ts';
import type { Notes } from '../wire.ts';

/** Keywords whose value is a map of names to schemas. */
const MAPS = ['properties', '$defs', 'definitions'];
/** Keywords whose value is a schema or a list of them. */
const SCHEMAS = ['items', 'prefixItems', 'anyOf', 'allOf', 'oneOf'];

/**
 * A schema for `output_config.format`, as it was written but for `additionalProperties: false` on every object that says
 * nothing about others: Anthropic refuses a schema without it. What it says itself stays.
 */
export function closedSchema(schema: JsonText, notes: Notes): JsonText {
  const edits: Edit[] = [];
  close(parseJson(schema), [], edits);
  if (edits.length > 0) notes.changed.add('additionalProperties');
  return splice(schema, edits);
}

function close(schema: unknown, path: (string | number)[], edits: Edit[]): void {
  if (!isObject(schema)) return;
  const type = schema.type;
  const isOfObjects = type === 'object' || asArray(type).includes('object') || isObject(schema.properties);
  if (isOfObjects && schema.additionalProperties === undefined) {
    edits.push({ path: [...path, 'additionalProperties'], set: 'false' });
  }
  for (const name of MAPS) {
    const map = schema[name];
    if (isObject(map)) for (const key of Object.keys(map)) close(map[key], [...path, name, key], edits);
  }
  for (const name of SCHEMAS) {
    const value = schema[name];
    close(value, [...path, name], edits);
    for (const [index, item] of asArray(value).entries()) close(item, [...path, name, index], edits);
  }
}
