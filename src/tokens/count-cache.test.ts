import { expect, test } from 'bun:test';
import { CountCache } from './count-cache.ts';

test('knows what it was told, also of texts that differ in one character', () => {
  const cache = new CountCache();
  cache.set('', 0);
  cache.set('中文 and 🙂', 5);
  cache.set('a'.repeat(100_000), 7);
  expect([cache.get(''), cache.get('中文 and 🙂'), cache.get('a'.repeat(100_000))]).toEqual([0, 5, 7]);
  expect([cache.get('中文 and 🙃'), cache.get('a'.repeat(100_001)), cache.get(' ')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('is bounded, and keeps what is asked for again and again', () => {
  const cache = new CountCache();
  cache.set('system prompt', 3);
  for (let i = 0; i < 200_000; i++) {
    cache.set(`turn ${i}`, 1);
    if (i % 1_000 === 0) expect(cache.get('system prompt')).toBe(3);
  }
  expect(cache.size).toBeLessThanOrEqual(40_000);
  expect(cache.get('turn 0')).toBeUndefined();
  expect(cache.get('turn 199999')).toBe(1);
});
