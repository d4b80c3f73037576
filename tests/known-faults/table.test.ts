import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownFaults } from './table.ts';

const ROOT = join(import.meta.dir, '../..');

/** How many ids each group of the list has. */
const GROUPS = { A: 22, B: 20, C: 9, D: 43, E: 22, F: 29, G: 19, H: 15, I: 12, J: 6, K: 6 };

const allIds = Object.entries(GROUPS).flatMap(([group, count]) =>
  Array.from({ length: count }, (_, i) => `${group}${String(i + 1).padStart(2, '0')}`),
);

test('every known fault is in the table, and nothing else', () => {
  expect(allIds).toHaveLength(203);
  expect(Object.keys(knownFaults).sort()).toEqual(allIds.sort());
});

for (const [id, held] of Object.entries(knownFaults)) {
  test(`${id} is held by a test that exists, or cannot happen`, () => {
    if (typeof held === 'string') {
      expect(held.length).toBeGreaterThan(20);
      return;
    }
    const path = join(ROOT, held.file);
    expect([held.file, existsSync(path)]).toEqual([held.file, true]);
    const named = held.file.endsWith('.json') ? /"about": "[^"]*"/ : /(?:test|describe)\(|^\s*\[?\s*['`]/;
    const lines = readFileSync(path, 'utf8').split('\n');
    const hit = lines.some((line) => line.includes(held.test) && (named.test(line) || line.trim().startsWith('*')));
    expect([held.test, hit]).toEqual([held.test, true]);
  });
}
