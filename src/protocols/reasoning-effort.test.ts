import { expect, test } from 'bun:test';
import { allowedEffort, budgetOfEffort, effortOfBudget } from './reasoning-effort.ts';

test('budgets and levels match what agents ask for', () => {
  expect([1024, 4000, 4096, 4097, 10_000, 16_384, 31_999].map(effortOfBudget)).toEqual([
    ...['low', 'low', 'low', 'medium', 'medium', 'medium', 'high'],
  ]);
  for (const effort of ['low', 'medium', 'high']) expect(effortOfBudget(budgetOfEffort(effort))).toBe(effort);
  for (const unknown of ['ultra', 'constructor']) expect(budgetOfEffort(unknown)).toBe(budgetOfEffort('high'));
});

test('a level that the route refuses gives way to the next below, then above, never to none', () => {
  const refuses = [
    'reasoning_effort.max',
    'reasoning_effort.xhigh',
    'reasoning_effort.minimal',
    'reasoning_effort.none',
  ];
  expect(allowedEffort('max', 'reasoning_effort', refuses)).toBe('high');
  expect(allowedEffort('minimal', 'reasoning_effort', refuses)).toBe('low');
  expect(allowedEffort('high', 'reasoning_effort', refuses)).toBe('high');
  expect(allowedEffort('none', 'reasoning_effort', refuses)).toBeUndefined();
});
