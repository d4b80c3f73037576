import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { sharedTokenizer } from '../tokens/index.ts';
import { answerFromResults, answerTo } from './prose.ts';
import { reasoningFor } from './reasoning.ts';
import type { SimRequest } from './sim-request.ts';

const answer = (prompt: string) => [...answerTo(prompt, 'deepseek-v4-pro')].join('');

test.each([
  ['Say exactly: pong', 'pong'],
  ['Please reply with the word "blue".', 'blue'],
  ['Respond with only OK', 'OK'],
  ['What is 17 * 23?', '17 * 23 = 391'],
  ['10 / 4', '10 / 4 = 2.5'],
  ["How many 'r's are in the word 'strawberry'?", 'The word "strawberry" contains the letter "r" 3 times.'],
])('%s', (prompt, expected) => {
  expect(answer(prompt)).toBe(expected);
});

test('an answer speaks of what was asked, in the language that it was asked in', () => {
  expect(answer('Why do volcanoes erupt in Iceland?')).toContain('volcanoes, erupt and Iceland');
  expect(answer('冰岛的火山为什么会喷发？')).toContain('冰岛的火山');
  expect(answer('Hello')).toContain('simulator');
  expect(answer('')).not.toBe('');
  expect(answer('Why do volcanoes erupt?')).toBe(answer('Why do volcanoes erupt?'));
});

test('as many words as asked for', () => {
  for (const wanted of [1, 30, 500])
    expect(answer(`Write ${wanted} words about cats`).split(/\s+/).length).toBe(wanted);
});

test('every result is in the answer from results', () => {
  const results = ['Paris', 'Oslo'].map((city) => ({
    name: 'weather',
    arguments: `{"city":"${city}"}`,
    text: `${city}: rain`,
  }));
  for (const { text } of results) expect([...answerFromResults(results)].join('')).toContain(text);
});

test('the sentences have together the tokens of the whole, so that they can be counted as they are made', () => {
  const tokenizer = sharedTokenizer();
  const sameTokens = (parts: string[]) =>
    expect(parts.reduce((sum, part) => sum + tokenizer.count(part), 0)).toBe(tokenizer.count(parts.join('')));
  const text = fc.string({ unit: fc.constantFrom(...'ab cd,.\n"「」你好é123 😀') });
  fc.assert(
    fc.property(
      text,
      fc.constantFrom('low', 'high', 'max'),
      fc.array(text, { maxLength: 3 }),
      (asked, effort, results) => {
        sameTokens([...answerTo(asked, 'm')]);
        sameTokens([...answerTo(`Write 90 words about ${asked}`, 'm')]);
        sameTokens([...answerFromResults(results.map((result) => ({ name: 'f', arguments: '{}', text: result })))]);
        const request = {
          turns: [{ role: 'user', text: asked, media: 0 }],
          tools: [],
          effort,
          json: false,
        } as unknown as SimRequest;
        sameTokens([...reasoningFor(request, [{ name: 'f', arguments: asked }])]);
      },
    ),
    { numRuns: 300 },
  );
});

test('reasoning is longer the greater the effort', () => {
  const lengths = (['low', 'high', 'max'] as const).map((effort) => {
    const request = {
      turns: [{ role: 'user', text: 'Why?', media: 0 }],
      tools: [],
      effort,
      json: false,
    } as unknown as SimRequest;
    return [...reasoningFor(request, [])].length;
  });
  expect(lengths).toEqual([2, 6, 14]);
});
