import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { StopMatcher } from './stop-matcher.ts';

const unit = fc.constantFrom('a', 'b', '\n');

test('shows what stands before the first stop sequence, however the text is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit, maxLength: 4 }), { maxLength: 12 }),
      fc.array(fc.string({ unit, minLength: 1, maxLength: 4 }), { maxLength: 3 }),
      (pieces, stops) => {
        const text = pieces.join('');
        const ends = stops.flatMap((stop) => (text.includes(stop) ? [text.indexOf(stop)] : []));
        const matcher = new StopMatcher(stops);
        let shown = '';
        for (const piece of pieces) {
          shown += matcher.push(piece);
          if (matcher.matched !== undefined) break;
        }
        if (ends.length === 0) expect(shown + matcher.held).toBe(text);
        else {
          expect(matcher.matched).toBeDefined();
          expect(text.startsWith(shown + matcher.matched)).toBe(true);
        }
      },
    ),
  );
});

test('holds back only what may begin a stop sequence', () => {
  const matcher = new StopMatcher(['\n\nUser:']);
  expect(matcher.push('One')).toBe('One');
  expect(matcher.push('.\n')).toBe('.');
  expect(matcher.push('Two')).toBe('\nTwo');
  expect(matcher.push('\n\nUser: x')).toBe('');
  expect(matcher.matched).toBe('\n\nUser:');
});
