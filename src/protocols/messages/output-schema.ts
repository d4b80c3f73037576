import { schemaDescription } from '../added-text.ts';
import { asArray, isObject, type JsonObject, parseJson } from '../json.ts';
import { json } from '../json-build.ts';
import { type Edit, splice } from '../json-text.ts';
import type { JsonText } from '../neutral.ts';
import { RawJson } from '../raw-json.ts';
import type { Notes } from '../wire.ts';

/** Keywords whose value is a map of names to schemas. */
const MAPS = ['properties', '$defs', 'definitions'];
/** Keywords whose value is a schema or a list of them. */
const SCHEMAS = ['items', 'anyOf', 'allOf', 'oneOf'];
/** Definitions stand beside a reference; anything else there is refused. */
const BESIDE_REF = new Set(['$ref', '$defs', 'definitions']);
const FORMATS = new Set('date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '));

/**
 * A schema that an answer or a strict tool's input is held to, as Anthropic takes it: every object closed
 * (`additionalProperties: false`), `oneOf` as `anyOf`, and keywords that it has no place for (bounds, lengths, patterns)
 * told in the description, as its own client does. The rest is as it was written. Facts: transform-json-schema of Anthropic
 * SDK 1.12; it refuses with "For 'integer' type, property 'minimum' is not supported".
 */
export function closedSchema(schema: JsonText, notes: Notes): JsonText {
  const edits: Edit[] = [];
  close(parseJson(schema), new RawJson(schema), [], edits, notes);
  return splice(schema, edits);
}

/** Whether an object in it is a map, of names that the schema does not know: closed, it could only be empty. */
export function hasMap(schema: JsonText | undefined): boolean {
  const seek = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(seek);
    if (!isObject(value)) return false;
    return isObject(value.additionalProperties) || Object.values(value).some(seek);
  };
  return schema !== undefined && seek(parseJson(schema));
}

function close(schema: unknown, raw: RawJson, path: (string | number)[], edits: Edit[], notes: Notes): void {
  if (!isObject(schema)) return;
  const told: [keyword: string, value: JsonText][] = [];
  for (const keyword of Object.keys(schema)) {
    if (takes(keyword, schema)) continue;
    edits.push({ path: [...path, keyword], remove: true });
    // The dialect asks for nothing.
    if (keyword === '$schema') continue;
    notes.addClientName(keyword);
    if (schema.$ref === undefined && keyword !== 'type') told.push([keyword, raw.get(keyword).text]);
  }
  if (told.length > 0) {
    const description = schemaDescription(schema.description, told);
    edits.push({ path: [...path, 'description'], set: json(description) });
  }
  if (isOfObjects(schema) && schema.additionalProperties !== false && schema.$ref === undefined) {
    edits.push({ path: [...path, 'additionalProperties'], set: 'false' });
    notes.changed.add('additionalProperties');
  }
  if (schema.oneOf !== undefined && takes('oneOf', schema)) {
    edits.push({ path: [...path, 'oneOf'], rename: 'anyOf' });
    notes.changed.add('oneOf');
  }
  for (const name of MAPS) {
    const map = schema[name];
    if (!isObject(map) || !takes(name, schema)) continue;
    for (const key of Object.keys(map)) close(map[key], raw.get(name).get(key), [...path, name, key], edits, notes);
  }
  for (const name of SCHEMAS) {
    const value = schema[name];
    if (value === undefined || !takes(name, schema)) continue;
    close(value, raw.get(name), [...path, name], edits, notes);
    for (const [index, item] of asArray(value).entries()) {
      close(item, raw.get(name).at(index), [...path, name, index], edits, notes);
    }
  }
}

/** Whether Anthropic has a place for the keyword, with the value that it has in this schema. */
function takes(keyword: string, schema: JsonObject): boolean {
  if (schema.$ref !== undefined) return BESIDE_REF.has(keyword);
  const value = schema[keyword];
  switch (keyword) {
    case 'title':
    case 'description':
    case '$defs':
    case 'definitions':
      return true;
    case 'type':
      // Values of several types do not match one that is a list; they say themselves what they are.
      return !(Array.isArray(value) && hasValues(schema));
    case 'enum':
      return Array.isArray(value) && value.length > 0 && value.every(isPrimitive);
    case 'const':
      return isPrimitive(value);
    case 'anyOf':
      return Array.isArray(value);
    case 'oneOf':
      return Array.isArray(value) && !Array.isArray(schema.anyOf);
    case 'allOf':
      return Array.isArray(value) && !Array.isArray(schema.anyOf) && !Array.isArray(schema.oneOf);
    case 'properties':
    case 'required':
    case 'additionalProperties':
      return isOfObjects(schema);
    case 'format':
      return isOf('string', schema) && typeof value === 'string' && FORMATS.has(value);
    case 'items':
      return isOf('array', schema) && isObject(value);
    case 'minItems':
      return isOf('array', schema) && (value === 0 || value === 1);
    default:
      return false;
  }
}

const isOf = (type: string, schema: JsonObject): boolean => schema.type === type || asArray(schema.type).includes(type);
const isOfObjects = (schema: JsonObject): boolean => isOf('object', schema) || isObject(schema.properties);
const hasValues = (schema: JsonObject): boolean =>
  (schema.enum !== undefined && takes('enum', schema)) || (schema.const !== undefined && takes('const', schema));
const isPrimitive = (value: unknown): boolean => value === null || typeof value !== 'object';
