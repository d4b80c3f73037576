import { expect, test } from 'bun:test';
import { details, table } from './table.ts';

test('columns are as wide as their widest cell; figures stand at the right', () => {
  const rows = [
    { name: 'one', cost: '0.5' },
    { name: 'a longer name', cost: '120.25' },
  ];
  expect(
    table(rows, [
      { title: 'name', value: ({ name }) => name },
      { title: 'usd', value: ({ cost }) => cost, right: true },
    ]),
  ).toBe(
    `name              usd
one               0.5
a longer name  120.25
`,
  );
});

test('nothing is said in a word', () => {
  expect(table([], [])).toBe('none\n');
});

test('names cannot steer the terminal', () => {
  expect(details([['name', 'a\x1b[2J\nb']])).toBe('name  a?[2J?b\n');
});

test('a list of things says what they are', () => {
  expect(details([['limits', [{ name: '1d', used: '0' }, null]]])).toBe('limits  {"name":"1d","used":"0"},null\n');
});

test('what is missing is a dash, a list is joined', () => {
  expect(
    details([
      ['models', ['a', 'b']],
      ['none', []],
      ['expires_at', null],
    ]),
  ).toBe('models      a,b\nnone        -\nexpires_at  -\n');
});
