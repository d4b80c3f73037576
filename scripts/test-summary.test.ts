import { expect, test } from 'bun:test';
import { failureReader, summarize } from './test-summary.ts';

const report = (...figures: string[]) =>
  `(pass) a\n\n ${figures.join('\n ')}\n 5 expect() calls\nRan 9 tests across 2 files. [1.00ms]\n`;

test('a good run', () => {
  expect(summarize(report('9 pass', '0 fail'), 0)).toEqual({ line: '9 passed, 0 failed', ok: true });
});

test('skipped and to do are told', () => {
  expect(summarize(report('6 pass', '2 skip', '1 todo', '0 fail'), 0).line).toBe('6 passed, 0 failed, 3 skipped');
});

test('failures and files that do not load', () => {
  expect(summarize(report('6 pass', '3 fail', '1 error'), 1)).toEqual({ line: '6 passed, 3 failed', ok: false });
  expect(summarize(report('6 pass', '0 fail', '1 error'), 1)).toEqual({ line: '6 passed, 1 failed', ok: false });
});

test('colours around the figures', () => {
  expect(summarize(report('\x1b[32m9 pass\x1b[0m', '\x1b[2m0 fail\x1b[0m'), 0).line).toBe('9 passed, 0 failed');
});

test('figures that a test printed do not count', () => {
  expect(summarize(`100 pass\n${'x\n'.repeat(20)}${report('9 pass', '0 fail')}`, 0).line).toBe('9 passed, 0 failed');
});

test('a run without an end has failed, whatever its exit code', () => {
  expect(summarize('(pass) a\n', 137)).toEqual({ line: '0 passed, 1 failed', ok: false });
  expect(summarize('(pass) a\n', 0)).toEqual({ line: '0 passed, 1 failed', ok: false });
});

test('what is said of each failed test is kept, without the list of names at the end', () => {
  const reader = failureReader();
  const said = [
    '(pass) a',
    '',
    '12 | expect(1).toBe(2)',
    'error: expect(received).toBe(expected)',
    '\x1b[31m(fail)\x1b[0m b > c',
  ];
  for (const line of [...said, '(pass) d', '(skip) e', '', '1 tests failed:', '(fail) b > c']) reader.line(line);
  expect(reader.failures()).toEqual([said.slice(2).join('\n')]);
});

test('of a failure with much to say the end is kept', () => {
  const reader = failureReader();
  for (let line = 0; line < 100; line++) reader.line(`line ${line}`);
  reader.line('(fail) a');
  expect(reader.failures()[0]).toEndWith('line 99\n(fail) a');
  expect(reader.failures()[0]).not.toContain('line 40\n');
});
