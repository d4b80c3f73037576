import { basename } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { Errors, type ValueError, ValueErrorType } from '@sinclair/typebox/errors';
import { type Document, isNode, isScalar, type Node, parseDocument, visit } from 'yaml';
import { ConfigError, quote } from './config-error.ts';
import { nearest } from './nearest.ts';
import { settings, structuredFields } from './settings.ts';
import { vendorFields } from './vendor-accounts.ts';
import { type StructuredPart, structuredSchema } from './yaml-schema.ts';

/** bytespike.yaml, parsed; its structured part checked. */
export interface ConfigFile {
  /** Absolute. */
  path: string;
  structured: StructuredPart;
  /** A scalar field as text, a list of scalars joined by commas; undefined when absent. Throws for anything else. */
  scalar: (name: string) => string | undefined;
  /** How a message names a field of this file. */
  label: (field: string) => string;
}

const scalarFields = [...Object.values(settings).map((setting) => setting.field), ...vendorFields];
/** Whole numbers lose nothing as numbers, and may be spelled like any: `6e4`, `8787.0`. */
const wholeNumbers = Object.values(settings).flatMap(({ field, fallback }) =>
  typeof fallback === 'number' ? field : [],
);
/** Fields that hold decimals. */
const decimals = ['prices', settings.bootstrapCreditUsd.field];

/** Throws `ConfigError` with the field's path for bad YAML, an unknown field or a wrong shape. */
export function parseConfigFile(path: string, text: string): ConfigFile {
  const name = basename(path);
  const label = (field: string) => `${name}: ${field}`;
  const root = parseMap(name, text);
  const structured: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(root)) {
    if ((structuredFields as readonly string[]).includes(field)) {
      if (value !== null) structured[field] = value;
    } else if (!scalarFields.includes(field)) {
      throw unknownField(label(field), field, [...scalarFields, ...structuredFields]);
    }
  }
  const wrong = Errors(structuredSchema, structured).First();
  if (wrong !== undefined) throw explain(name, wrong);
  return {
    path,
    structured: structured as StructuredPart,
    label,
    scalar: (field) => scalarText(root[field], label(field), LISTS.includes(field)),
  };
}

function parseMap(name: string, text: string): Record<string, unknown> {
  const document = parseDocument(text, { prettyErrors: true, stringKeys: true });
  const problem = document.errors[0];
  if (problem !== undefined) throw badYaml(name, problem);
  for (const field of [...scalarFields, 'prices']) {
    const node = document.has(field) && !wholeNumbers.includes(field) ? document.get(field, true) : undefined;
    if (isNode(node)) keepAsWritten(node, decimals.includes(field) ? plainDecimal : (text) => text);
  }
  const root = toPlain(name, document);
  if (root === null || root === undefined) return {};
  if (typeof root !== 'object' || Array.isArray(root)) {
    throw new ConfigError(name, 'does not hold a map', 'lines such as port: 8787');
  }
  return root as Record<string, unknown>;
}

/** Not as a number would have it, which loses digits of an amount, and zeros of a secret or a path. */
function keepAsWritten(part: Node, spelled: (text: string) => string): void {
  visit(part, (key, node) => {
    if (key === 'key' || !isScalar(node)) return;
    const text = typeof node.value === 'number' ? node.source : node.value;
    if (typeof text === 'string') node.value = spelled(text);
  });
}

/** `.5`, `1.`, `+1` and `007` the way the catalog has decimals; anything else as it is. */
function plainDecimal(text: string): string {
  const [, whole = '', fraction = ''] = /^\+?(\d*)(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole === '' && fraction === '') return text;
  return `${whole.replace(/^0+(?=\d)/, '') || '0'}${fraction && `.${fraction}`}`;
}

/** Throws `ConfigError` for what only shows when aliases are followed. */
function toPlain(name: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw badYaml(name, error as Error);
  }
}

/** The lines below the first one quote the file. */
function badYaml(name: string, { message }: Error): ConfigError {
  return new ConfigError(name, message.split('\n')[0]!.replace(/:$/, ''), 'YAML 1.2');
}

/** Fields of which there may be several, as a list or with commas. */
const LISTS: readonly string[] = ['trusted_proxies', 'cors_origins'];

function scalarText(value: unknown, label: string, mayBeList: boolean): string | undefined {
  if (value === undefined || value === null) return undefined;
  const items = mayBeList && Array.isArray(value) ? value : [value];
  if (items.some((item) => typeof item === 'object')) {
    throw new ConfigError(
      label,
      Array.isArray(value) && !mayBeList ? 'is a list' : 'is a map or a nested list',
      mayBeList ? 'one value, or a list of values' : 'one value',
    );
  }
  return items.map(String).join(',').trim();
}

function explain(name: string, error: ValueError): ConfigError {
  const field = `${name}: ${fieldPath(error.path)}`;
  if (error.type === ValueErrorType.ObjectAdditionalProperties) {
    const known = Object.keys((error.schema as TSchema & { properties?: object }).properties ?? {});
    return unknownField(field, fieldPath(error.path).split('.').at(-1)!, known);
  }
  const schema = error.schema as TSchema;
  const problem = error.type === ValueErrorType.ObjectRequiredProperty ? 'is missing' : `is ${describe(error)}`;
  return new ConfigError(field, problem, schema.description ?? error.message);
}

/** What stands there, in words. A credential that was pasted in is a secret and is not repeated. */
function describe({ path, value }: ValueError): string {
  if (path.endsWith('/credential')) return 'no reference to a variable';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  return quote(String(value));
}

function unknownField(label: string, field: string, known: string[]): ConfigError {
  const near = nearest(field, known);
  const problem = near === undefined ? 'is not known here' : `is not known here, did you mean ${near}?`;
  return new ConfigError(label, problem, known.join(', '));
}

/** `/upstreams/0/base_url` → `upstreams[0].base_url`. */
function fieldPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '');
}
