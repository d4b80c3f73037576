import { GatewayError } from '../errors/catalogue.ts';
import { isObject, type JsonObject } from './json.ts';

/** Checks of request fields: null and absent pass, anything else of the wrong kind is a 400 that names field and cure. */
export function checkFields(body: JsonObject, checks: Record<string, FieldCheck>, prefix = ''): void {
  for (const name in checks) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    const complaint = checks[name]!(value);
    if (complaint !== undefined) refuse(prefix + name, complaint);
  }
}

/** What the value must be, when it is not that. */
export type FieldCheck = (value: unknown) => string | undefined;

export function refuse(param: string, complaint: string): never {
  throw new GatewayError('invalid_param', `\`${param}\` ${complaint}.`, { param });
}

export const aBoolean: FieldCheck = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
export const aString: FieldCheck = (value) => (typeof value === 'string' ? undefined : 'must be a string');
export const anObject: FieldCheck = (value) => (isObject(value) ? undefined : 'must be an object');
export const anArray: FieldCheck = (value) => (Array.isArray(value) ? undefined : 'must be an array');

export const anArrayOfObjects: FieldCheck = (value) =>
  Array.isArray(value) && value.every(isObject) ? undefined : 'must be an array of objects';

export const aStringOrStrings: FieldCheck = (value) =>
  typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    ? undefined
    : 'must be a string or an array of strings';

export const strings: FieldCheck = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? undefined : 'must be an array of strings';

export const aStringOrObject: FieldCheck = (value) =>
  typeof value === 'string' || isObject(value) ? undefined : 'must be a string or an object';

export const aStringOrArray: FieldCheck = (value) =>
  typeof value === 'string' || Array.isArray(value) ? undefined : 'must be a string or an array';

/** A finite number within bounds, both included. */
export const aNumber =
  (low: number, high: number): FieldCheck =>
  (value) =>
    typeof value === 'number' && value >= low && value <= high ? undefined : `must be a number from ${low} to ${high}`;

export const aCount =
  (low: number, high: number): FieldCheck =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high
      ? undefined
      : `must be a whole number ${high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`}`;

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
