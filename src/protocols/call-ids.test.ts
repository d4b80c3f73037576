import { expect, test } from 'bun:test';
import { cpuMs } from '../../tests/support/cpu-time.ts';
import { CallIds } from './call-ids.ts';

test('an id that is new stays, and one that is taken gets the first number that makes it new', () => {
  const ids = new CallIds(['a', 'a_3', 'b']);
  expect(['a', 'a', 'c', 'a_2', 'b', 'a', 'c'].map((id) => ids.unique(id))).toEqual([
    'a_2',
    'a_4',
    'c',
    'a_2_2',
    'b_2',
    'a_5',
    'c_2',
  ]);
});

test('thousands of calls by one id cost what as many others cost', () => {
  const ids = new CallIds();
  const at = cpuMs();
  const given = Array.from({ length: 20_000 }, () => ids.unique('call_0'));
  expect(cpuMs() - at).toBeLessThan(2_000);
  expect(given.at(-1)).toBe('call_0_20000');
});
