import { describe, expect, test } from 'bun:test';
import { readAction, readArguments, wholeNumber } from './arguments.ts';
import { UsageError } from './command.ts';

const complaint = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('expected a complaint');
};

describe('options', () => {
  const table = { name: 'value', models: 'list', json: 'flag' } as const;

  test('values, lists and flags', () => {
    const args = ['--name', 'a b', '--models', 'x, y,', '--models=z', '--json', 'ID'];
    expect(readArguments(args, table, ['ID'])).toEqual({
      options: { name: 'a b', models: ['x', 'y', 'z'], json: true },
      positionals: ['ID'],
    });
    expect(readArguments([], table).options).toEqual({});
  });

  test('complaints name what is wrong', () => {
    expect(complaint(() => readArguments(['--nmae', 'x'], table))).toBe(
      'there is no option --nmae, did you mean --name?',
    );
    expect(complaint(() => readArguments(['--name'], table))).toContain('--name');
    expect(complaint(() => readArguments(['--json=1'], table))).toContain('--json');
    expect(complaint(() => readArguments(['--name', '-5'], table))).toBe(
      '--name has no value; one that begins with a dash is written --name=-…',
    );
    expect(complaint(() => readArguments(['--name', '--json'], table))).toContain('--name has no value');
    for (const list of ['', ' , ']) {
      expect(complaint(() => readArguments(['--models', 'x', '--models', list], table))).toBe('--models has no value');
    }
    for (const args of [['--name', ''], ['--name= ']]) {
      expect(complaint(() => readArguments(args, table))).toBe('--name has no value');
    }
    expect(readArguments(['--note', ''], { note: 'text' }).options).toEqual({ note: '' });
    expect(complaint(() => readArguments([], table, ['ID', 'NOTE?']))).toBe('ID is missing');
    expect(complaint(() => readArguments([''], table, ['ID', 'NOTE?']))).toBe('ID is empty');
    expect(complaint(() => readArguments(['a', 'b', 'c'], table, ['ID', 'NOTE?']))).toBe('"c" is too much');
    expect(complaint(() => wholeNumber('rpm', '1.5'))).toBe('--rpm wants a whole number, not "1.5"');
  });

  test('what follows two dashes is no option', () => {
    expect(readArguments(['--', '-5'], table, ['USD']).positionals).toEqual(['-5']);
  });
});

test('actions', () => {
  const actions = ['list', 'create'] as const;
  expect(readAction(['create', '--json'], actions)).toEqual({ action: 'create', rest: ['--json'] });
  expect(readAction(['--json'], actions, 'list')).toEqual({ action: 'list', rest: ['--json'] });
  expect(readAction([], actions, 'list')).toEqual({ action: 'list', rest: [] });
  expect(complaint(() => readAction([], actions))).toBe('an action is missing (list, create)');
  expect(complaint(() => readAction(['lsit'], actions, 'list'))).toBe('there is no action "lsit", did you mean list?');
});
