import type { TSchema } from '@sinclair/typebox';

/** Rows `field, type, meaning` of a JSON Schema of an object; empty for any other. */
export function schemaRows(schema: TSchema): string[][] {
  const properties: Record<string, TSchema> = schema.properties ?? {};
  const required: string[] = schema.required ?? [];
  return Object.entries(properties).map(([name, property]) => [
    `\`${name}\`${required.includes(name) ? ' (required)' : ''}`,
    typeText(property),
    property.description ?? '',
  ]);
}

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
  if (minimum === undefined && maximum === undefined) return '';
  if (maximum === undefined) return ` from ${minimum}`;
  return minimum === undefined ? ` up to ${maximum}` : ` from ${minimum} to ${maximum}`;
}
