import { parseArgs } from 'node:util';
import { nearest } from '../config/nearest.ts';
import { UsageError } from './command.ts';

/**
 * `value`: takes one; `text`: one that may be empty, such as a note, or the cursor before the first page; `flag`: takes none;
 * `list`: takes values with commas, one at least, and may be repeated.
 */
type OptionKind = 'value' | 'text' | 'flag' | 'list';

type OptionTable = Readonly<Record<string, OptionKind>>;

export type OptionValues<T extends OptionTable> = {
  [Name in keyof T]?: T[Name] extends 'flag' ? boolean : T[Name] extends 'list' ? string[] : string;
};

interface Arguments<T extends OptionTable> {
  options: OptionValues<T>;
  positionals: string[];
}

/**
 * Reads a command line. `names` are the positionals in order; one that ends in `?` may be missing.
 * Throws `UsageError`, which names the option.
 */
export function readArguments<const T extends OptionTable>(
  args: string[],
  table: T,
  names: string[] = [],
): Arguments<T> {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, kind]) => [
      name,
      kind === 'flag' ? ({ type: 'boolean' } as const) : ({ type: 'string', multiple: kind === 'list' } as const),
    ]),
  );
  const { values, positionals } = parse(args, options);
  const needed = names.filter((name) => !name.endsWith('?'));
  if (positionals.length < needed.length) throw new UsageError(`${needed[positionals.length]} is missing`);
  if (positionals.length > names.length)
    throw new UsageError(`${JSON.stringify(positionals[names.length])} is too much`);
  const empty = positionals.indexOf('');
  if (empty >= 0) throw new UsageError(`${names[empty]!.replace('?', '')} is empty`);
  const read = Object.entries(values).map(([name, value]) => {
    if (Array.isArray(value)) return [name, value.flatMap((list) => splitList(name, String(list)))];
    if (table[name] === 'value') refuseNothing(name, String(value).trim() === '');
    return [name, value];
  });
  return { options: Object.fromEntries(read) as OptionValues<T>, positionals };
}

/** The first positional, one of a command's actions, and what follows it. Without any: the fallback. */
export function readAction<const A extends string>(
  args: string[],
  actions: readonly A[],
  fallback?: A,
): { action: A; rest: string[] } {
  const [first, ...rest] = args;
  if (fallback !== undefined && (first === undefined || first.startsWith('-'))) return { action: fallback, rest: args };
  const action = actions.find((candidate) => candidate === first);
  if (action !== undefined) return { action, rest };
  const near = first === undefined ? undefined : nearest(first, actions);
  const found = first === undefined ? 'an action is missing' : `there is no action ${JSON.stringify(first)}`;
  throw new UsageError(`${found}${near ? `, did you mean ${near}?` : ` (${actions.join(', ')})`}`);
}

/** A whole number of an option. */
export function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new UsageError(`--${name} wants a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

type ParseOptions = Record<string, { type: 'string' | 'boolean'; multiple?: boolean }>;

function parse(args: string[], options: ParseOptions) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const unknown = /Unknown option '(-[^']*)'/.exec((error as Error).message)?.[1];
    if (unknown !== undefined) {
      const near = nearest(unknown.replace(/^-+/, ''), Object.keys(options));
      throw new UsageError(`there is no option ${unknown}${near ? `, did you mean --${near}?` : ''}`);
    }
    const ambiguous = /^Option '(--[^']*)' argument is ambiguous/.exec((error as Error).message)?.[1];
    if (ambiguous !== undefined) {
      throw new UsageError(`${ambiguous} has no value; one that begins with a dash is written ${ambiguous}=-…`);
    }
    throw new UsageError((error as Error).message.split(/[.\n]/)[0]!.trim());
  }
}

/** It comes of a shell's variable that is not set, and must neither lift a limit nor lead to another folder. */
function refuseNothing(name: string, isNothing: boolean): void {
  if (isNothing) throw new UsageError(`--${name} has no value`);
}

function splitList(name: string, list: string): string[] {
  const parts = list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  refuseNothing(name, parts.length === 0);
  return parts;
}
