import { expect, test } from 'bun:test';
import { firstModel } from './first-model.ts';

const MODELS = [
  { id: 'a', state: 'not served' as const },
  { id: 'b', state: 'served' as const },
  { id: 'c', state: 'served' as const },
];
const FLAGSHIP = { id: 'deepseek-v4-pro', state: 'simulated' as const };
const GROUPS = [
  { id: 'default', models: null },
  { id: 'narrow', models: ['a', 'c'] },
];
const key = (group_id: string, ...models: string[]) => ({ group_id, models });

test('the first request names a model that the key’s group and its own list reach, and that is served', () => {
  expect(firstModel(key('default'), MODELS, GROUPS)).toBe('b');
  expect(firstModel(key('default', 'a', 'c'), MODELS, GROUPS)).toBe('c');
  expect(firstModel(key('narrow'), MODELS, GROUPS)).toBe('c');
  expect(firstModel(key('narrow', 'c', 'b'), MODELS, GROUPS)).toBe('c');
});

test('the flagship comes first where it is reached', () => {
  expect(firstModel(key('default'), [...MODELS, FLAGSHIP], GROUPS)).toBe(FLAGSHIP.id);
  expect(firstModel(key('narrow'), [...MODELS, FLAGSHIP], GROUPS)).toBe('c');
});

test('where nothing that it reaches is served, or while that is not known, it is at least one of its own', () => {
  expect(firstModel(key('narrow', 'a'), MODELS, GROUPS)).toBe('a');
  expect(firstModel(key('narrow', 'c'), [], [])).toBe('c');
});
