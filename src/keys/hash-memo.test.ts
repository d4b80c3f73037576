import { expect, test } from 'bun:test';
import { HashMemo } from './hash-memo.ts';
import { hashSecret } from './secret.ts';

test('says what hashing says, first and again, over more secrets than it keeps', () => {
  const memo = new HashMemo();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 5_000; i++) {
      const secret = `sk-byts-${i}`;
      if (memo.of(secret) !== hashSecret(secret) || memo.of(secret) !== hashSecret(secret)) throw new Error(secret);
    }
  }
  expect(memo.size).toBeLessThanOrEqual(4_000);
});

test('keeps nothing long', () => {
  const memo = new HashMemo();
  const long = 'x'.repeat(10_000);
  expect(memo.of(long)).toBe(hashSecret(long));
  expect(memo.size).toBe(0);
});
