import { expect, spyOn, test } from 'bun:test';
import { GatheredBytes } from './gathered-bytes.ts';

test('gives all bytes in their order, whatever pieces they came in', () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
  for (const lengths of [[100_000], [1], [3, 5_000], [5_000, 4_096, 1], [16_384], [16_383, 2]]) {
    const gathered = new GatheredBytes();
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const end = Math.min(bytes.length, at + lengths[i % lengths.length]!);
      gathered.add(bytes, at, end);
      at = end;
      expect(gathered.size).toBe(at);
    }
    expect(Buffer.compare(gathered.take(), bytes)).toBe(0);
    expect([gathered.size, gathered.take().length]).toEqual([0, 0]);
  }
});

test('what comes whole is not copied', () => {
  const bytes = new Uint8Array(100);
  const gathered = new GatheredBytes();
  gathered.add(bytes, 10, 90);
  expect(gathered.take().buffer).toBe(bytes.buffer);
});

test('a megabyte in pieces of one byte takes about a megabyte', () => {
  const byte = new Uint8Array(1);
  const gathered = new GatheredBytes();
  const views = spyOn(byte, 'subarray');
  for (let i = 0; i < 2 ** 20; i++) gathered.add(byte, 0, 1);
  expect(views.mock.calls.length).toBeLessThan(2);
  expect(gathered.take()).toHaveLength(2 ** 20);
});
