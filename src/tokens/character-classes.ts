/** Classes that the pre-tokenizer tells apart. Exclusive but for `CJK`, which is a flag on top of another class. */
export const OTHER = 0;
export const LETTER = 1;
export const MARK = 2;
export const NUMBER = 3;
/** Punctuation and symbols. */
export const PUNCTUATION = 4;
export const SPACE = 5;
/** CR and LF alone: other line ends are plain white space to the tokenizer. */
export const NEWLINE = 6;
export const CLASS = 0x07;
export const CJK = 0x08;

const PAGE_BITS = 8;
const pages: (Uint8Array | undefined)[] = new Array(0x110000 >> PAGE_BITS);

/** Class of a code point, with the CJK flag. Pages of 256 are made when first met: nothing is paid at start. */
export function classOf(codePoint: number): number {
  const page = pages[codePoint >> PAGE_BITS] ?? makePage(codePoint >> PAGE_BITS);
  return page[codePoint & 0xff]!;
}

function makePage(number: number): Uint8Array {
  const page = new Uint8Array(1 << PAGE_BITS);
  const first = number << PAGE_BITS;
  for (let i = 0; i < page.length; i++) page[i] = classify(first + i);
  pages[number] = page;
  return page;
}

function classify(codePoint: number): number {
  // A lone surrogate becomes U+FFFD in UTF-8, and U+FFFD is a symbol.
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return PUNCTUATION;
  const char = String.fromCodePoint(codePoint);
  return general(char) | (/[一-龥぀-ゟ゠-ヿ]/u.test(char) ? CJK : 0);
}

function general(char: string): number {
  if (char === '\r' || char === '\n') return NEWLINE;
  if (/\p{L}/u.test(char)) return LETTER;
  if (/\p{M}/u.test(char)) return MARK;
  if (/\p{N}/u.test(char)) return NUMBER;
  if (/[\p{P}\p{S}]/u.test(char)) return PUNCTUATION;
  // The reference's `\s` is the Unicode property: it has U+0085 and lacks U+FEFF, the reverse of JavaScript's.
  return /\p{White_Space}/u.test(char) ? SPACE : OTHER;
}
