import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { patternValue } from './pattern-value.ts';

test.each([
  '^[A-Z]{3}-\\d{4}$',
  '^\\+?[1-9]\\d{1,14}$',
  '^(?:red|green|blue)$',
  '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$',
  '^#[0-9a-fA-F]{6}$',
  '^(?<year>\\d{4})/(?<month>0[1-9]|1[0-2])$',
  '^\\p{Lu}\\p{L}*$',
  '^[\\]\\\\]x?$',
  '^v\\d+(\\.\\d+)*(-[a-z]+)?$',
  '^(?!x)abc$',
  '^\\u0041\\x42\\.$',
  'contains',
  '',
])('%s', (pattern) => {
  expect(patternValue(pattern)).toMatch(new RegExp(pattern, 'u'));
});

test('a text of the length asked for, where the pattern allows it', () => {
  expect(patternValue('^[a-z]+$', 12)).toMatch(/^[a-z]{12,}$/);
  expect(patternValue('^a{2,5}$', 50)).toBe('aaaaa');
});

test('a pattern of any nesting is matched, or at least read to its end', () => {
  const atom = fc.constantFrom('a', 'é', '\\d', '\\w', '[a-f]', '[^xyz]', '.', '\\.', '\\s');
  const quantified = fc
    .tuple(atom, fc.constantFrom('', '?', '*', '+', '{2}', '{1,3}', '{0,}', '+?'))
    .map((pair) => pair.join(''));
  const sequence = fc.array(quantified, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
  const group = fc
    .tuple(fc.array(sequence, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '?', '{2}'))
    .map(([alternatives, quantifier]) => `(${alternatives.join('|')})${quantifier}`);
  fc.assert(
    fc.property(fc.array(fc.oneof(sequence, group), { maxLength: 4 }), (parts) => {
      const pattern = `^${parts.join('')}$`;
      expect(patternValue(pattern)).toMatch(new RegExp(pattern, 'u'));
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'()[]{}|\\*+?^$.a1,-') }), (text) => void patternValue(text)),
  );
});

test('nested quantifiers do not multiply without end, and a character that there is not is another', () => {
  expect(patternValue('(((((a{100}){100}){100}){100}){100})').length).toBeLessThan(20_000);
  expect(patternValue('\\u{ffffffff}')).toBe('a');
});
