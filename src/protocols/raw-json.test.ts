import { expect, spyOn, test } from 'bun:test';
import { RawJson } from './raw-json.ts';

test('cuts values out as they were written', () => {
  const raw = new RawJson('{"a": [1.0, {"b" : "\\u0041"}], "a2": null}');
  expect(raw.get('a').at(0).text).toBe('1.0');
  expect(raw.get('a').at(1).get('b').text).toBe('"\\u0041"');
  expect([raw.get('none').text, raw.get('a').at(2).text, raw.get('a').get('b').text]).toEqual(['null', 'null', 'null']);
});

test('a level is scanned once, however often it is asked for', () => {
  const raw = new RawJson('{"tools":[1,2,3]}');
  const reading = spyOn(String.prototype, 'charCodeAt');
  const reads = [0, 1, 2].map((i) => {
    const before = reading.mock.calls.length;
    expect(raw.get('tools').at(i).text).toBe(String(i + 1));
    return reading.mock.calls.length - before;
  });
  reading.mockRestore();
  expect(reads).toEqual([expect.any(Number), 0, 0]);
  expect(reads[0]).toBeGreaterThan(0);
  expect(raw.get('tools')).toBe(raw.get('tools'));
});

test('what lies far down costs what it costs at the top', () => {
  const reads = (depth: number): number => {
    const inner = `{"b":1.0,"c":[${'1,'.repeat(20_000)}1]}`;
    let raw = new RawJson(`${'{"a":['.repeat(depth)}${inner}${']}'.repeat(depth)}`);
    const reading = spyOn(String.prototype, 'charCodeAt');
    for (let i = 0; i < depth; i++) raw = raw.get('a').at(0);
    expect(raw.get('b').text).toBe('1.0');
    expect(raw.text).toBe(inner);
    const count = reading.mock.calls.length;
    reading.mockRestore();
    return count;
  };
  expect(reads(90)).toBeLessThan(15 * reads(1));
});
