import { asArray, asObject, isObject, type JsonObject } from '../protocols/json.ts';
import { patternValue } from './pattern-value.ts';

/** Where values come from: what the prompt says, for a string of that name. Undefined: nothing fits. */
type StringSource = (name: string, schema: JsonObject) => string | undefined;

export interface SchemaHints {
  /** Text that enum values and numbers are looked for in. */
  text: string;
  stringFor: StringSource;
}

/** Recursive schemas end here; nothing optional is made below it. */
const MAX_DEPTH = 12;
const OPTIONAL_DEPTH = 2;
/**
 * Members of schemas and characters that are gone through for one value, a tenth of a second or so: two lines of schema can ask
 * for millions, and other streams wait meanwhile.
 */
const MOST_WORK = 1_000_000;
/** Of each schema that is looked at. */
const WORK_OF_ONE = 100;

/**
 * A value that satisfies a JSON Schema, made of what the prompt offers where it fits: enums, const, required and nested
 * objects, arrays, numbers in their ranges, formats, simple patterns, `$ref`, `anyOf`, `allOf`. Optional properties are
 * given only where the prompt names them. A schema that contradicts itself, or asks for too much, gets some value.
 */
export function schemaValue(schema: unknown, hints: SchemaHints): unknown {
  return new Maker(schema, hints).make(schema, '', 0);
}

class Maker {
  readonly #root: unknown;
  readonly #hints: SchemaHints;
  /** The text in lower case. */
  readonly #lower: string;
  /** Numbers of the prompt that were not used yet. */
  readonly #numbers: number[];
  #left = MOST_WORK;

  constructor(root: unknown, hints: SchemaHints) {
    this.#root = root;
    this.#hints = hints;
    this.#lower = hints.text.toLowerCase();
    this.#numbers = (hints.text.match(/(?<![\w.])-?\d+(?:\.\d+)?(?![\w])/g) ?? []).slice(0, 20).map(Number);
  }

  make(given: unknown, name: string, depth: number): unknown {
    const schema = this.#resolved(given, depth);
    if ('const' in schema) return schema.const;
    if (Array.isArray(schema.enum) && schema.enum.length > 0) return this.#choice(schema.enum, schema.default);
    const variants = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(variants) && variants.length > 0) {
      const { anyOf: _a, oneOf: _o, ...rest } = schema;
      return this.make({ ...rest, ...this.#resolved(firstThatIsNotNull(variants), depth) }, name, depth + 1);
    }
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#array(schema, name, depth);
      case 'integer':
        return this.#number(schema, 1);
      case 'number':
        return this.#number(schema, 0);
      case 'boolean':
        return schema.default ?? true;
      case 'null':
        return null;
      default:
        return this.#string(schema, name);
    }
  }

  /** The schema with `$ref` followed and `allOf` folded in. */
  #resolved(given: unknown, depth: number): JsonObject {
    let schema = asObject(given) ?? {};
    if (!this.#takes(WORK_OF_ONE + sizeOf(schema))) return {};
    if (typeof schema.$ref === 'string') {
      const { $ref, ...rest } = schema;
      const meant = depth < MAX_DEPTH && this.#takes(schema.$ref.length) ? asObject(this.#pointer(schema.$ref)) : {};
      schema = { ...meant, ...rest };
      this.#takes(sizeOf(schema));
    }
    if (!Array.isArray(schema.allOf) || depth >= MAX_DEPTH) return schema;
    const { allOf, ...own } = schema;
    return asArray(allOf)
      .map((part) => this.#resolved(part, depth + 1))
      .reduce<JsonObject>((whole, part) => (this.#takes(sizeOf(whole)) ? merged(whole, part) : whole), own);
  }

  /** False when there is nothing left to do it with. */
  #takes(work: number): boolean {
    this.#left -= work;
    return this.#left > 0;
  }

  #pointer(ref: string): unknown {
    let at: unknown = this.#root;
    for (const step of ref.replace(/^#\/?/, '').split('/')) {
      if (step === '') continue;
      const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
      at = Array.isArray(at) ? at[Number(key)] : asObject(at)?.[key];
    }
    return at;
  }

  #choice(values: unknown[], fallback: unknown): unknown {
    const named = values.find((value) => this.#says(value));
    return named ?? (values.includes(fallback) ? fallback : values[0]);
  }

  #object(schema: JsonObject, depth: number): JsonObject {
    const properties = asObject(schema.properties) ?? {};
    const required = new Set(asArray(schema.required).filter((name) => typeof name === 'string'));
    const value: JsonObject = {};
    for (const [name, property] of Object.entries(properties)) {
      const wanted = required.has(name) || (depth < OPTIONAL_DEPTH && this.#isNamed(name, property));
      if (wanted && depth < MAX_DEPTH) set(value, name, this.make(property, name, depth + 1));
    }
    const others = asObject(schema.additionalProperties) ?? { type: 'string' };
    for (const name of required) if (!Object.hasOwn(value, name)) set(value, name, this.make(others, name, depth + 1));
    for (let i = 1; Object.keys(value).length < Math.min(Number(schema.minProperties ?? 0), 100); i++) {
      const optional = Object.keys(properties).find((name) => !Object.hasOwn(value, name));
      const property = optional === undefined ? others : properties[optional];
      set(value, optional ?? `key${i}`, this.make(property, '', depth + 1));
    }
    return value;
  }

  /** Optional properties that the prompt speaks of: an enum value, or the property's own name. */
  #isNamed(name: string, property: unknown): boolean {
    if (asArray(asObject(property)?.enum).some((value) => this.#says(value))) return true;
    return (
      name.length > 2 &&
      new RegExp(`(?<!\\p{L})${RegExp.escape(name.toLowerCase().replaceAll('_', ' '))}(?!\\p{L})`, 'u').test(
        this.#lower,
      )
    );
  }

  #says(value: unknown): boolean {
    return typeof value === 'string' && value !== '' && this.#lower.includes(value.toLowerCase());
  }

  #array(schema: JsonObject, name: string, depth: number): unknown[] {
    const prefix = asArray(schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : []));
    const least = Math.max(Number(schema.minItems ?? 0), prefix.length);
    const most = Number(schema.maxItems ?? Number.POSITIVE_INFINITY);
    const length = Math.min(Math.max(least, depth < MAX_DEPTH ? 1 : 0), most, 1000);
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) {
      const item = prefix[i] ?? (isObject(schema.items) ? schema.items : {});
      const value = this.make(item, name.replace(/s$/, ''), depth + 1);
      items.push(schema.uniqueItems === true ? this.#unlike(items, value, item) : value);
    }
    return items;
  }

  /** Another value where `value` is there already: the next enum value, the next number, the text with a number. */
  #unlike(items: unknown[], value: unknown, item: unknown): unknown {
    if (!items.includes(value)) return value;
    const values = asArray(asObject(item)?.enum);
    if (values.length > 0) return values.find((other) => !items.includes(other)) ?? value;
    let next = value;
    for (let i = items.length + 1; items.includes(next); i++)
      next = typeof value === 'number' ? value + i - 1 : `${String(value)} ${i}`;
    return next;
  }

  #number(schema: JsonObject, step: 0 | 1): number {
    const multiple = Number(schema.multipleOf ?? step) || 0;
    const smallest = multiple || 1e-3;
    const low = Math.max(numberOr(schema.minimum, -Infinity), numberOr(schema.exclusiveMinimum, -Infinity) + smallest);
    const high = Math.min(numberOr(schema.maximum, Infinity), numberOr(schema.exclusiveMaximum, Infinity) - smallest);
    const fits = (value: number) => value >= low && value <= high && (multiple === 0 || value % multiple === 0);
    const said = this.#numbers.findIndex(fits);
    if (said >= 0) return this.#numbers.splice(said, 1)[0]!;
    if (typeof schema.default === 'number' && fits(schema.default)) return schema.default;
    const near = Math.min(Math.max(1, low), high);
    return multiple === 0 ? near : Math.ceil(near / multiple) * multiple;
  }

  #string(schema: JsonObject, name: string): string {
    const least = Number(schema.minLength ?? 0);
    const most = Number(schema.maxLength ?? Number.POSITIVE_INFINITY);
    if (typeof schema.pattern === 'string') {
      const made = patternValue(schema.pattern, Math.min(least, 1000));
      this.#takes(schema.pattern.length + made.length);
      return made;
    }
    const format = String(schema.format);
    if (Object.hasOwn(formats, format)) return formats[format]!;
    let text =
      this.#hints.stringFor(name, schema) ?? (typeof schema.default === 'string' ? schema.default : name || 'value');
    const enough = Math.min(least, 10_000);
    if (text.length < enough) this.#takes(enough);
    while (text.length < enough) text += ` ${text || 'text'}`;
    return text.length > most ? text.slice(0, most) : text;
  }
}

/** A percent sign that encodes nothing is taken as it is. */
function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** Sets an own property whatever its name: an assignment to `__proto__` would set no property. */
function set(object: JsonObject, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

/** Values of the formats that have a shape. The moment is fixed: the same prompt gives the same call. */
const formats: Record<string, string> = {
  'date-time': '2026-01-15T09:00:00Z',
  date: '2026-01-15',
  time: '09:00:00Z',
  duration: 'PT1H',
  email: 'user@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  'uri-reference': '/',
  uuid: '3f2b8c1e-5d4a-4c6b-9e7f-0a1b2c3d4e5f',
};

function typeOf(schema: JsonObject): unknown {
  const type = Array.isArray(schema.type) ? (schema.type.find((name) => name !== 'null') ?? 'null') : schema.type;
  if (type !== undefined) return type;
  if (schema.properties !== undefined || schema.required !== undefined) return 'object';
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array';
  if (schema.minimum !== undefined || schema.maximum !== undefined || schema.multipleOf !== undefined) return 'number';
  return 'string';
}

function merged(a: JsonObject, b: JsonObject): JsonObject {
  return {
    ...a,
    ...b,
    ...(a.properties || b.properties ? { properties: { ...asObject(a.properties), ...asObject(b.properties) } } : {}),
    ...(a.required || b.required ? { required: [...asArray(a.required), ...asArray(b.required)] } : {}),
  };
}

const sizeOf = (schema: JsonObject): number =>
  Object.keys(schema).length +
  Object.keys(asObject(schema.properties) ?? {}).length +
  asArray(schema.required).length +
  asArray(schema.enum).length;

const firstThatIsNotNull = (variants: unknown[]): unknown =>
  variants.find((variant) => asObject(variant)?.type !== 'null') ?? variants[0];

const numberOr = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback);
