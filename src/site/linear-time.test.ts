import { expect, test } from 'bun:test';
import { cpuMs } from '../../tests/support/cpu-time.ts';
import { codeParts } from './console/pages/playground/code-parts.ts';
import { acceptedEncoding } from './docs/shelf/content.ts';
import { createDocsSite, type DocsSiteOptions } from './docs-site.ts';

// Anybody can send these, and models write them. Squares of such lengths take seconds, in which nobody else is served.
const LONG = 100_000;
const MOST_MS = 2_000;

test('a path of slashes is read once', async () => {
  // What leads elsewhere asks for no page.
  const site = createDocsSite({} as DocsSiteOptions);
  const start = cpuMs();
  const answer = await site.handle({
    request: new Request('http://localhost/docs'),
    path: `/docs${'/'.repeat(LONG)}x//`,
  });
  expect(cpuMs() - start).toBeLessThan(MOST_MS);
  expect(answer?.headers.get('location')).toBe(`/docs${'/'.repeat(LONG)}x`);
});

test('accepted encodings among spaces are read once', () => {
  const start = cpuMs();
  expect(acceptedEncoding(`gzip ; q=0, br${' '.repeat(LONG)}x`)).toBeUndefined();
  expect(acceptedEncoding('identity, br ; q=0.5')).toBe('br');
  expect(cpuMs() - start).toBeLessThan(MOST_MS);
});

test('line ends within an answer are read once', () => {
  const start = cpuMs();
  const text = `a${'\n'.repeat(LONG)}b`;
  expect(codeParts(`\n\n${text}\n`)).toEqual([{ text, code: false }]);
  expect(cpuMs() - start).toBeLessThan(MOST_MS);
});
