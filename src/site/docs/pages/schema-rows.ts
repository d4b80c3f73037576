import type { TSchema } from '@sinclair/typebox';

/** Deepest level of fields that a table shows, so that it stays a table. */
const DEEPEST = 3;

/**
 * Rows `field, type, meaning` of a JSON Schema of an object; empty for any other. Fields of fields follow their own as
 * `choices[].message.content`.
 */
export function schemaRows(schema: TSchema, prefix = '', depth = 1): string[][] {
  const properties: Record<string, TSchema> = schema.properties ?? {};
  const required: string[] = schema.required ?? [];
  return Object.entries(properties).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const row = [
      `\`${path}\`${required.includes(name) ? ' (required)' : ''}`,
      `${typeText(property)}${property.default === undefined ? '' : `; ${property.default} unless given`}`,
      meaning(property),
    ];
    if (depth >= DEEPEST) return [row];
    const inner = property.type === 'array' ? property.items : property;
    const below = inner === undefined ? [] : schemaRows(inner, `${path}${inner === property ? '.' : '[].'}`, depth + 1);
    return [row, ...below];
  });
}

/** Where a value may be null, what is said of the other one. */
const meaning = ({ description, anyOf = [] }: TSchema): string =>
  description ?? anyOf.map((option: TSchema) => option.description).find((text?: string) => text !== undefined) ?? '';

/** `integer from 1 to 128`, `string or null`, `list of objects`, `one of shrink, refuse`. */
export function typeText(schema: TSchema): string {
  if (Array.isArray(schema.enum)) return choice(schema.enum);
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (Array.isArray(schema.anyOf)) {
    const options: TSchema[] = schema.anyOf;
    const constants = options.map((option) => option.const);
    if (constants.every((constant) => constant !== undefined)) return choice(constants);
    return [...new Set(options.map(typeText))].join(' or ');
  }
  if (schema.type === 'array') return `list of ${plural(typeText(schema.items ?? {}))}`;
  if (schema.type === 'integer' || schema.type === 'number') return `${schema.type}${bounds(schema)}`;
  return schema.type ?? 'anything';
}

const choice = (values: readonly unknown[]): string => `one of ${values.map((value) => `\`${value}\``).join(', ')}`;

const plural = (text: string): string => (/^(string|object|integer|number|boolean)$/.test(text) ? `${text}s` : text);

function bounds({ minimum, maximum }: TSchema): string {
  if (maximum === undefined) return minimum === undefined ? '' : ` from ${minimum}`;
  return minimum === undefined ? ` up to ${maximum}` : ` from ${minimum} to ${maximum}`;
}
