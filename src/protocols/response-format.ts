import { GatewayError } from '../errors/catalogue.ts';
import { jsonSchemaInstruction } from './added-text.ts';
import { asArray, asObject, isObject, type JsonObject } from './json.ts';
import type { NeutralRequest, NeutralResponseFormat } from './neutral.ts';
import type { Notes, Target } from './wire.ts';

/** What the upstream is asked for, and the words that go to the end of the system prompt where it has no such mode. */
interface SettledFormat {
  format: NeutralResponseFormat | undefined;
  instruction: string | undefined;
}

/** Only Chat Completions has the field. */
export function noStrictSchema(model: string): GatewayError {
  const param = 'response_format.json_schema.strict';
  return new GatewayError(
    'unsupported_parameter',
    `\`${param}\` cannot be promised on ${model}: its upstream has no schema-constrained output. Leave \`strict\` out to have the schema put into the prompt, make the schema the parameters of a tool that the model is to call, or use a model with the json_schema capability.`,
    { param },
  );
}

/**
 * JSON output at this upstream: as asked where it has the mode, else by an instruction, with `json_object` where there is at
 * least that. `has`: what the upstream's protocol can express. Throws `unsupported_parameter` when a strict schema would
 * have to be emulated.
 */
export function settleFormat(
  request: NeutralRequest,
  target: Target,
  has: { jsonObject: boolean; jsonSchema: boolean },
  notes: Notes,
): SettledFormat {
  const wanted = request.responseFormat;
  if (wanted === undefined) return { format: undefined, instruction: undefined };
  const { capabilities } = target.card;
  const jsonObject: NeutralResponseFormat | undefined =
    has.jsonObject && capabilities.includes('json_object') ? { type: 'json_object' } : undefined;
  if (wanted.type === 'json_object') {
    if (jsonObject !== undefined) return { format: wanted, instruction: undefined };
    notes.emulated.add('json_object');
    return { format: undefined, instruction: jsonSchemaInstruction('{"type":"object"}') };
  }
  const native =
    has.jsonSchema && capabilities.includes('json_schema') && !target.route.refuses.includes('json-schema');
  if (native) return { format: wanted, instruction: undefined };
  // A model that has it comes here only where the simulator answers for it, which keeps to any schema.
  if (wanted.strict === true && !(capabilities.includes('json_schema') && has.jsonSchema)) {
    throw noStrictSchema(request.model);
  }
  notes.emulated.add('json_schema');
  return { format: jsonObject, instruction: jsonSchemaInstruction(wanted.schema, wanted.name, wanted.description) };
}

/** Keywords whose value is a map of names to schemas. */
const MAPS = ['properties', '$defs', 'definitions'];
/** One of these says what a value is: without any, strict mode refuses the schema. */
const TYPING = ['type', 'anyOf', '$ref', 'enum', 'const'];
/** Keywords with schemas in them that strict mode has no place for. */
const UNFIT = [
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
  'propertyNames',
  'unevaluatedProperties',
  'prefixItems',
  'contains',
  'unevaluatedItems',
];

/**
 * True when OpenAI's strict mode takes the schema as it is: an object at the root, and every object, all the way down, lists
 * all its properties as required and allows no others. A schema that does not would be refused, so it is sent as a wish.
 */
export function fitsStrictMode(schema: unknown): boolean {
  return asObject(schema)?.type === 'object' && fits(schema);
}

function fits(schema: unknown): boolean {
  if (!isObject(schema) || UNFIT.some((keyword) => schema[keyword] !== undefined)) return false;
  if (!TYPING.some((keyword) => schema[keyword] !== undefined)) return false;
  const { type, properties, items, anyOf } = schema;
  const isOfObjects = type === 'object' || asArray(type).includes('object') || properties !== undefined;
  if (isOfObjects && !isClosed(schema)) return false;
  const named = MAPS.flatMap((keyword) => Object.values(asObject(schema[keyword]) ?? {}));
  return [...named, ...asArray(anyOf), ...(items === undefined ? [] : [items])].every(fits);
}

function isClosed({ properties, required, additionalProperties }: JsonObject): boolean {
  if (additionalProperties !== false || !Array.isArray(required)) return false;
  const listed = new Set(required);
  return Object.keys(asObject(properties) ?? {}).every((name) => listed.has(name));
}
