import { asArray, asObject, isObject, type JsonObject, parseJson } from '../protocols/json.ts';
import { schemaValue } from './schema-value.ts';
import { lastUserText, newResults, type SimRequest } from './sim-request.ts';
import { listFor, subjectsOf } from './subjects.ts';
import { excerpt } from './words.ts';

/** Longest text in which a schema or an example is looked for. */
const MAX_SEARCH = 200_000;

/**
 * The answer in JSON mode: it satisfies the schema that the prompt holds, or has the form of the example in it, or is
 * the JSON that a tool returned; else an object with the answer in one member.
 */
export function jsonAnswer(request: SimRequest, plain: () => string): string {
  const text = lastUserText(request);
  const subjects = subjectsOf(text);
  const hints = {
    text,
    stringFor: (name: string, schema: JsonObject) => listFor(name, schema, subjects)[0] ?? excerpt(text, 80),
  };
  const [result] = newResults(request).flatMap((turn) => asObject(parseJson(turn.text)) ?? []);
  if (result !== undefined) return JSON.stringify(result, null, 2);
  for (const turn of request.turns.toReversed()) {
    if (turn.role !== 'system' && turn.role !== 'user') continue;
    for (const found of objectsIn(turn.text)) {
      const value = isSchema(found) ? schemaValue(schemaOf(found), hints) : found;
      if (isObject(value)) return JSON.stringify(value, null, 2);
    }
  }
  return JSON.stringify({ answer: plain() }, null, 2);
}

/** JSON objects written out in a text, outermost ones, the first few. */
function* objectsIn(text: string): Generator<JsonObject> {
  const searched = text.slice(0, MAX_SEARCH);
  let from = searched.indexOf('{');
  for (let tries = 0; from >= 0 && tries < 50; tries++) {
    const end = closingBrace(searched, from);
    const object = end < 0 ? undefined : asObject(parseJson(searched.slice(from, end + 1)));
    if (object !== undefined) yield object;
    from = searched.indexOf('{', object === undefined ? from + 1 : end + 1);
  }
}

/** Offset of the brace that closes the one at `start`, -1 when there is none. */
function closingBrace(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return i;
  }
  return -1;
}

const isSchema = (object: JsonObject): boolean =>
  isObject(object.properties) || asArray(object.anyOf).length > 0 || '$ref' in object || isObject(object.schema);

/** Schemas come bare or wrapped as `{name, schema}`. */
const schemaOf = (object: JsonObject): unknown => (isObject(object.schema) ? object.schema : object);
