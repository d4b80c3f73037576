import { expect, test } from 'bun:test';
import { parseAnswer } from './whole-answer.ts';

test('an answer is a JSON object, with or without space around it', () => {
  expect(parseAnswer(' \n{"a":1}\n')).toEqual({ a: 1 });
});

test.each([
  ['', 'The upstream sent an empty answer.'],
  [' \n', 'The upstream sent an empty answer.'],
  ['<html>', 'The upstream sent something other than JSON.'],
  ['[{}]', 'The upstream sent something other than JSON.'],
  ['null', 'The upstream sent something other than JSON.'],
])('%p is none', (text, message) => {
  expect(() => parseAnswer(text)).toThrow(message);
});
