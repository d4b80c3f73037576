import { expect, test } from 'bun:test';
import { newRequestId } from './request-id.ts';

test('ids are of one form, each another one, and in the order in which they were given out', () => {
  const before = Date.now();
  const ids = Array.from({ length: 100_000 }, newRequestId);
  const after = Date.now();
  for (const id of ids) if (!/^req_[0-9a-f]{32}$/.test(id)) throw new Error(id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
  const time = (id: string): number => Number.parseInt(id.slice(4, 16), 16);
  expect(time(ids[0]!)).toBeGreaterThanOrEqual(before);
  expect(time(ids.at(-1)!)).toBeLessThanOrEqual(after);
});

test('an id does not tell how many there were before it', async () => {
  newRequestId();
  await Bun.sleep(2);
  expect(newRequestId().slice(16, 20)).toBe('0000');
});
