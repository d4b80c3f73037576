import { expect, test } from 'bun:test';
import { nameList } from './respond.ts';

test('x-bytespike-changed lists names fit for a header, in order and without indexes, and counts the others', () => {
  expect(nameList(['stop', 'messages[3].name', 'a b', '名', ''])).toBe('stop, messages.name, +3');
  expect(nameList(['n'])).toBe('n');
});

test('names that differ in their indexes alone are one', () => {
  expect(nameList(['tags[0]', 'n', 'tags[1]', 'tags'])).toBe('tags, n');
});

test('a name over 64 characters is counted, not cut to another name', () => {
  expect(nameList(['n', 'z'.repeat(64)])).toBe(`n, ${'z'.repeat(64)}`);
  expect(nameList(['n', 'z'.repeat(65)])).toBe('n, +1');
});

test('the list ends within 1 KB', () => {
  const names = Array.from({ length: 100 }, (_, i) => `name-${i}-${'z'.repeat(50)}`);
  const list = nameList(names);
  expect(list.length).toBeLessThanOrEqual(1024);
  expect(Number(/\+(\d+)$/.exec(list)?.[1]) + list.split(', ').length - 1).toBe(100);
});
