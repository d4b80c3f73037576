import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { PartialJsonObject } from './partial-json.ts';

/** Takes all that can be taken. Returns it. */
function read(text: string, json = new PartialJsonObject()): string {
  for (let i = 0; i < text.length; i++) if (!json.take(text.charCodeAt(i))) return text.slice(0, i);
  return text;
}

/** With a last member, once it is made ready for one. */
function completed(text: string): string {
  const json = new PartialJsonObject();
  return `${read(text, json)}${json.toNextMember()}"end":0}`;
}

const objectText = fc
  .tuple(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), fc.constantFrom(0, 1, 2))
  .map(([object, indent]) => JSON.stringify(object, null, indent));

describe('the beginning of a JSON object', () => {
  test('is taken character by character, and is whole at its last brace', () => {
    fc.assert(
      fc.property(objectText, (text) => {
        const json = new PartialJsonObject();
        expect(json.begun).toBe(false);
        expect(read(text.slice(0, -1), json)).toBe(text.slice(0, -1));
        expect([json.begun, json.complete, json.inOutermost]).toEqual([true, false, true]);
        expect(json.take(0x7d)).toBe(true);
        expect(json.complete).toBe(true);
        expect(json.take(0x7d)).toBe(false);
      }),
    );
  });

  test('can be made ready for one more member wherever it stops', () => {
    fc.assert(
      fc.property(objectText, fc.nat(), fc.string({ maxLength: 3 }), (text, at, noise) => {
        const stopped = text.slice(0, at % text.length) + noise;
        const json = new PartialJsonObject();
        const taken = read(stopped, json);
        if (json.complete) return;
        const { begun } = json;
        const whole = `${taken}${json.toNextMember()}"end":0}`;
        expect(JSON.parse(whole)).toMatchObject({ end: 0 });
        expect(whole).toStartWith(begun ? taken : `${taken}{`);
      }),
    );
  });

  test.each([
    ['', '{"end":0}'],
    ['{', '{"end":0}'],
    ['{"a":1', '{"a":1,"end":0}'],
    ['{"a":1,', '{"a":1,"end":0}'],
    ['{"a', '{"a":null,"end":0}'],
    ['{"a":[{"b":tr', '{"a":[{"b":true}],"end":0}'],
    ['{"a":"\\u00', '{"a":"\\u0000","end":0}'],
    ['{"a":1.', '{"a":1.0,"end":0}'],
  ])('%p, with a last member, is %s', (text, whole) => {
    expect(completed(text)).toBe(whole);
  });

  test.each([
    ['[', ''],
    ['{"a":01', '{"a":0'],
    ['{"a":1]', '{"a":1'],
    ['{"a":[1}', '{"a":[1'],
    ['{"a":"\\x', '{"a":"\\'],
    ['{"a":"\n', '{"a":"'],
    ['{"a":nul}', '{"a":nul'],
    ['{a', '{'],
  ])('%p is one up to %p', (text, taken) => {
    expect(read(text)).toBe(taken);
  });
});

test('what a string simply contains may be stepped over, to its end, an escape or what it cannot hold', () => {
  for (const [inside, plain] of [
    ['Paris"}', 5],
    ['a\\"b', 1],
    ['a\n', 1],
    ['abc', 3],
  ] as const) {
    const json = new PartialJsonObject();
    read('{"city":"', json);
    expect(json.skipPlain(inside, 0)).toBe(plain);
  }
  const json = new PartialJsonObject();
  expect(json.skipPlain('  {', 0)).toBe(0);
  read('{"a":"\\', json);
  expect(json.skipPlain('nb', 0)).toBe(0);
});
