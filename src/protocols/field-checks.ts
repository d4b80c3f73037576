import { type TSchema, Type } from '@sinclair/typebox';
import { GatewayError } from '../errors/catalogue.ts';
import { isObject, type JsonObject } from './json.ts';

/** Checks of request fields: null and absent pass, anything else of the wrong kind is a 400 that names field and cure. */
export function checkFields(body: JsonObject, checks: Record<string, FieldCheck>): void {
  for (const name in body) {
    const value = body[name];
    if (value === undefined || value === null || !Object.hasOwn(checks, name)) continue;
    const complaint = checks[name]!(value);
    if (complaint !== undefined) refuse(name, complaint);
  }
}

/**
 * Tells what the value must be, when it is not that. `schema` says the same to programs: the description of the API is
 * made from it.
 */
export interface FieldCheck {
  (value: unknown): string | undefined;
  readonly schema: TSchema;
}

export function refuse(param: string, complaint: string): never {
  throw new GatewayError('invalid_param', `\`${param}\` ${complaint}.`, { param });
}

const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string');
const anyObject = Type.Object({}, { additionalProperties: true });
const someStrings = Type.Array(Type.String());

/** For what is checked where it is read, or may be anything. */
export const anything = check(Type.Unknown(), 'may be anything', () => true);
export const aBoolean = check(Type.Boolean(), 'must be true or false', (value) => typeof value === 'boolean');
export const aString = check(Type.String(), 'must be a string', (value) => typeof value === 'string');
export const anObject = check(anyObject, 'must be an object', isObject);
export const anArray = check(Type.Array(Type.Unknown()), 'must be an array', Array.isArray);

export const anArrayOfObjects = check(
  Type.Array(anyObject),
  'must be an array of objects',
  (value) => Array.isArray(value) && value.every(isObject),
);

export const aStringOrStrings = check(
  Type.Union([Type.String(), someStrings]),
  'must be a string or an array of strings',
  (value) => typeof value === 'string' || isStrings(value),
);

export const strings = check(someStrings, 'must be an array of strings', isStrings);

export const aStringOrObject = check(
  Type.Union([Type.String(), anyObject]),
  'must be a string or an object',
  (value) => typeof value === 'string' || isObject(value),
);

export const aStringOrArray = check(
  Type.Union([Type.String(), Type.Array(Type.Unknown())]),
  'must be a string or an array',
  (value) => typeof value === 'string' || Array.isArray(value),
);

/** A finite number within bounds, both included. */
export const aNumber = (low: number, high: number): FieldCheck =>
  check(
    Type.Number({ minimum: low, maximum: high }),
    `must be a number from ${low} to ${high}`,
    (value) => typeof value === 'number' && value >= low && value <= high,
  );

/** A whole number; for those of which some servers take -1 for their default. */
export const anInteger = check(Type.Integer(), 'must be a whole number', Number.isInteger);

/** A whole number within bounds, both included; without `high` however large: the model’s limit lowers what is too much. */
export const aCount = (low: number, high = Number.POSITIVE_INFINITY): FieldCheck => {
  const bounded = high !== Number.POSITIVE_INFINITY;
  return check(
    Type.Integer({ minimum: low, ...(bounded && { maximum: high }) }),
    `must be a whole number ${bounded ? `from ${low} to ${high}` : `of at least ${low}`}`,
    (value) => Number.isInteger(value) && (value as number) >= low && (value as number) <= high,
  );
};

function check(schema: TSchema, complaint: string, fits: (value: unknown) => boolean): FieldCheck {
  return Object.assign((value: unknown) => (fits(value) ? undefined : complaint), { schema });
}

/** `messages`: there, not empty, each an object with a role of `roles`, content of a kind that can be read. */
export function checkMessages(body: JsonObject, roles: readonly string[], contentMayBeMissing: boolean): void {
  const { messages } = body;
  if (messages === undefined) refuse('messages', 'is missing: send an array of messages');
  if (!Array.isArray(messages)) refuse('messages', 'must be an array of messages');
  if (messages.length === 0) refuse('messages', 'is empty: send at least one message');
  for (let i = 0; i < messages.length; i++) {
    const message: unknown = messages[i];
    if (!isObject(message)) refuse(`messages[${i}]`, 'must be an object with `role` and `content`');
    const { role, content } = message;
    if (typeof role !== 'string') refuse(`messages[${i}].role`, `is missing: send one of ${roles.join(', ')}`);
    if (!roles.includes(role)) refuse(`messages[${i}].role`, `must be one of ${roles.join(', ')}`);
    if (content === undefined || content === null) {
      if (!contentMayBeMissing) refuse(`messages[${i}].content`, 'is missing: send a string or an array of blocks');
      continue;
    }
    if (typeof content === 'string') continue;
    if (!Array.isArray(content)) refuse(`messages[${i}].content`, 'must be a string or an array');
    for (let j = 0; j < content.length; j++) {
      const part: unknown = content[j];
      if (!isObject(part) || typeof part.type !== 'string') {
        refuse(`messages[${i}].content[${j}]`, 'must be an object with a `type`');
      }
      if (part.type === 'text' && typeof part.text !== 'string') {
        refuse(`messages[${i}].content[${j}].text`, 'must be a string');
      }
    }
  }
}
