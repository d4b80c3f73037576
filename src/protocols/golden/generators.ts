import fc from 'fast-check';

/** One answer, whatever the wire: what both sides of a translation must agree on. */
export interface SketchedAnswer {
  reasoning: string;
  text: string;
  calls: { id: string; name: string; input: string }[];
}

/** Texts with what breaks readers of bytes: several bytes a character, pairs of surrogates, quotes, line ends, nothing. */
export const someText = fc.oneof(
  fc.constantFrom(
    '',
    'Hello',
    '你好，世界',
    'a🙂b👩‍👩‍👧',
    '"quoted" \\ and \u2028',
    'line\nline\r\n',
    'data: [DONE]',
    '\u0000\u001f',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);

/** Arguments as models write them: any object, spaced any way. */
export const someInput = fc
  .tuple(
    fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    fc.constantFrom(0, 1),
  )
  .map(([object, indent]) => JSON.stringify(object, null, indent));

export const someAnswer: fc.Arbitrary<SketchedAnswer> = fc.record({
  reasoning: someText,
  text: someText,
  calls: fc
    .array(
      fc.record({ name: fc.constantFrom('get_weather', 'noop', 'run'), input: fc.oneof(someInput, fc.constant('')) }),
      {
        maxLength: 3,
      },
    )
    .map((calls) => calls.map((call, i) => ({ ...call, id: `call_0${i}_x` }))),
});

/** The text in pieces of one to a few characters, never inside of a surrogate pair. */
export function cut(text: string, sizes: readonly number[]): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0, i = 0; at < characters.length; i++) {
    const size = sizes.length === 0 ? characters.length : Math.max(1, sizes[i % sizes.length]!);
    pieces.push(characters.slice(at, at + size).join(''));
    at += size;
  }
  return pieces;
}

export const someCuts = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });
