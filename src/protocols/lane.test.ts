import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { TextTap } from './lane.ts';
import { TextPieces } from './text-pieces.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Short deltas, hundreds of them, and a few long ones: over many pieces, cut anywhere. */
const someTexts = fc.array(
  fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 }), fc.constant('中'.repeat(700))),
  { maxLength: 300 },
);

test('a tap gives back all that was added, in order', () => {
  fc.assert(
    fc.property(someTexts, (texts) => {
      const tap = new TextTap();
      for (const text of texts) {
        const bytes = encode(`:${JSON.stringify(text)},`);
        tap.add(bytes, 1, bytes.length - 1);
      }
      expect(tap.text()).toBe(texts.join(''));
    }),
  );
});

test('pieces give back all that was added, in order and as often as asked', () => {
  fc.assert(
    fc.property(someTexts, (texts) => {
      const pieces = new TextPieces();
      for (const text of texts) pieces.add(text);
      expect([pieces.text(), pieces.text()]).toEqual([texts.join(''), texts.join('')]);
    }),
  );
});
