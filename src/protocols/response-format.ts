import { GatewayError } from '../errors/catalogue.ts';
import { jsonSchemaInstruction } from './added-text.ts';
import { fieldName } from './field-names.ts';
import type { NeutralRequest, NeutralResponseFormat } from './neutral.ts';
import type { Notes, Target } from './wire.ts';

/** What the upstream is asked for, and the words that go to the end of the system prompt where it has no such mode. */
export interface SettledFormat {
  format: NeutralResponseFormat | undefined;
  instruction: string | undefined;
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
    const param = `${fieldName('format', request.client)}${request.client === 'messages' ? '' : '.json_schema.strict'}`;
    throw new GatewayError(
      'unsupported_parameter',
      `\`${param}\` cannot be promised on ${request.model}: its upstream has no schema-constrained output. Send \`strict: false\` to have the schema put into the prompt, or use a model with the json_schema capability.`,
      { param },
    );
  }
  notes.emulated.add('json_schema');
  return { format: jsonObject, instruction: jsonSchemaInstruction(wanted.schema, wanted.name, wanted.description) };
}

/**
 * True when OpenAI's strict mode takes the schema as it is: every object lists all its properties as required and allows no
 * others. A schema that does not would be refused, so it is sent as a wish.
 */
export function fitsStrictMode(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(fitsStrictMode);
  if (typeof schema !== 'object' || schema === null) return true;
  const { properties, required, additionalProperties } = schema as Record<string, unknown>;
  if (typeof properties === 'object' && properties !== null) {
    const names = Object.keys(properties);
    if (additionalProperties !== false) return false;
    if (!Array.isArray(required) || names.some((name) => !required.includes(name))) return false;
  }
  return Object.values(schema).every(fitsStrictMode);
}
