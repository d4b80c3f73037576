import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { preTokenize } from './pre-tokenizer.ts';
import { vocabularyPath } from './vocabulary.ts';

interface Definition {
  pre_tokenizer: { pretokenizers: { type: string; pattern: { Regex: string }; behavior: string }[] };
}
const definition = (await Bun.file(vocabularyPath()).json()) as Definition;
const patterns = definition.pre_tokenizer.pretokenizers
  .filter((step) => step.type === 'Split')
  // Its \s is the Unicode property, unlike JavaScript's. `\-`, `\/` and the like may not be escaped under the u flag.
  .map((step) => step.pattern.Regex.replaceAll('\\s', '\\p{White_Space}').replaceAll('\\S', '\\P{White_Space}'))
  .map((source) => new RegExp(source, 'gu'));

/** The definition taken literally: each pattern splits every piece of the one before; what it skips is a piece too. */
function splitByDefinition(text: string): string[] {
  let pieces = [text];
  for (const pattern of patterns) {
    pieces = pieces.flatMap((piece) => {
      const parts: string[] = [];
      let end = 0;
      for (const match of piece.matchAll(pattern)) {
        parts.push(piece.slice(end, match.index), match[0]);
        end = match.index + match[0].length;
      }
      return [...parts, piece.slice(end)].filter((part) => part !== '');
    });
  }
  return pieces;
}

function split(text: string): string[] {
  const pieces: string[] = [];
  preTokenize(text, (start, end) => pieces.push(text.slice(start, end)));
  return pieces;
}

test('the definition has the three splits that the scan stands for', () => {
  expect(patterns.length).toBe(3);
});

test('the scan cuts where the definition cuts', () => {
  const char = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...' \n\r\t\u0085\u00a0\ufeff019aZé́.,(-"<_你あ・゛😀𠀀\u0000\u200d') },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xd7ff }).map((code) => String.fromCharCode(code)) },
  );
  fc.assert(
    fc.property(fc.string({ unit: char, maxLength: 60 }), (text) => {
      expect(split(text)).toEqual(splitByDefinition(text));
    }),
    { numRuns: 3000 },
  );
});
