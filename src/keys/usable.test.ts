import { expect, test } from 'bun:test';
import { DEFAULT_ACCOUNT, type Key } from './key.ts';
import { NO_LIMITS } from './key-service.ts';
import { checkUsable } from './usable.ts';

const key: Key = {
  ...NO_LIMITS,
  id: 'key_1',
  name: 'test',
  accountId: DEFAULT_ACCOUNT,
  masked: 'sk-byts-…',
  createdAt: 0,
  updatedAt: 0,
  status: 'active',
};

test('a key opens until the instant at which it expires', () => {
  expect(() => checkUsable(key, 1_000)).not.toThrow();
  expect(() => checkUsable({ ...key, expiresAt: 1_001 }, 1_000)).not.toThrow();
});

test.each([
  ['revoked', { status: 'revoked' }],
  ['disabled', { status: 'disabled' }],
  ['expired', { expiresAt: 1_000 }],
] as const)('whoever holds a key that is %s is told so', (what, changes) => {
  expect(() => checkUsable({ ...key, ...changes }, 1_000)).toThrow(what);
});
