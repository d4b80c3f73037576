import { expect, test } from 'bun:test';
import { codeParts } from './code-parts.ts';

const text = (...lines: string[]): string => lines.join('\n');

test('code between fences is told from what is around it', () => {
  expect(codeParts(text('Look:', '', '```ts', 'a', '', 'b', '```', 'Done.'))).toEqual([
    { text: 'Look:', code: false },
    { text: 'a\n\nb', code: true },
    { text: 'Done.', code: false },
  ]);
});

test('a fence that is still open reaches to the end, and a shorter one does not close it', () => {
  expect(codeParts(text('````md', '```', 'x'))).toEqual([{ text: '```\nx', code: true }]);
});

test('text without fences is one piece, as it came', () => {
  expect(codeParts('  a ``` b\n<b>c</b>')).toEqual([{ text: '  a ``` b\n<b>c</b>', code: false }]);
  expect(codeParts('')).toEqual([]);
});
