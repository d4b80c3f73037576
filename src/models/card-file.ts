import type { TSchema } from '@sinclair/typebox';
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors';
import { Value } from '@sinclair/typebox/value';
import type { Card } from './card.ts';
import { cardSchema } from './card-schema.ts';

/** Reads YAML; throws an Error whose message is fit for the operator. */
export type YamlParser = (text: string) => unknown;

/**
 * One card from the text of its file. `file` is the name that problems are reported under.
 * A card that breaks the schema comes back as problems: file, field path, what is wrong, what is allowed.
 */
export function readCard(file: string, text: string, parse: YamlParser): { card: Card } | { problems: string[] } {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    return { problems: [`${file}: is not YAML: ${error instanceof Error ? firstLine(error.message) : 'unreadable'}`] };
  }
  if (Value.Check(cardSchema, value)) return { card: value };
  const byField = new Map<string, string>();
  for (const error of Value.Errors(cardSchema, value)) {
    // A missing field is reported twice, the second time as undefined of the wrong type: the first says it better.
    if (!byField.has(error.path)) byField.set(error.path, problem(error));
  }
  return { problems: [...byField].map(([path, what]) => `${file}: ${fieldPath(path)}${what}`) };
}

function problem({ type, schema, value }: ValueError): string {
  if (type === ValueErrorType.ObjectAdditionalProperties) return `is not a known field; allowed is ${allowed(schema)}`;
  if (type === ValueErrorType.ObjectRequiredProperty) return `is missing; give ${allowed(schema)}`;
  // YAML reads 0.435 as a float, and a float is no money: the quotes are what is missing.
  const unquoted = typeof value === 'number' && schema.type === 'string' ? ' without quotes' : '';
  return `is ${shown(value)}${unquoted}; allowed is ${allowed(schema)}`;
}

function allowed(schema: TSchema): string {
  return schema.description ?? 'what the other cards have there';
}

/** `/prices/0/input` → `prices[0].input `. */
function fieldPath(pointer: string): string {
  if (pointer === '') return 'the card ';
  const path = pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((left, key) => (/^\d+$/.test(key) ? `${left}[${key}]` : left === '' ? key : `${left}.${key}`), '');
  return `${path} `;
}

function shown(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  const json = JSON.stringify(value) ?? 'undefined';
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}

const firstLine = (message: string): string => (message.split('\n')[0] ?? message).replace(/:$/, '');
