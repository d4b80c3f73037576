import { CJK, CLASS, classOf, LETTER, MARK, NEWLINE, NUMBER, OTHER, PUNCTUATION, SPACE } from './character-classes.ts';

/** Called with each piece as offsets in UTF-16 units. */
type OnPiece = (start: number, end: number) => void;

/**
 * Cuts text into the pieces that BPE may not merge across: the three nested splits of the tokenizer's definition
 * (numbers by three digits; runs of Han and kana; then words, punctuation and white space) as one linear scan.
 * The regular expressions that it stands for are in the test, which compares the two on random text.
 */
export function preTokenize(text: string, onPiece: OnPiece, from = 0, to = text.length): void {
  let position = from;
  while (position < to) {
    const kind = kindAt(text, position);
    if (kind === NUMBER) {
      const end = numberEnd(text, position, to);
      onPiece(position, end);
      position = end;
    } else {
      let end = next(text, position);
      while (end < to && kindAt(text, end) === kind) end = next(text, end);
      splitSegment(text, position, end, onPiece);
      position = end;
    }
  }
}

/** Segments are runs of one kind: numbers, Han and kana, everything else. */
function kindAt(text: string, index: number): number {
  const cls = classAt(text, index);
  if ((cls & CLASS) === NUMBER) return NUMBER;
  return cls & CJK;
}

function numberEnd(text: string, start: number, to: number): number {
  let end = start;
  for (let digits = 0; digits < 3 && end < to && kindAt(text, end) === NUMBER; digits++) end = next(text, end);
  return end;
}

function splitSegment(text: string, from: number, to: number, onPiece: OnPiece): void {
  let position = from;
  /** Start of a run that no rule matches: such a run is one piece. */
  let unmatched = -1;
  while (position < to) {
    const end = matchEnd(text, position, to);
    if (end === position) {
      if (unmatched < 0) unmatched = position;
      position = next(text, position);
      continue;
    }
    if (unmatched >= 0) onPiece(unmatched, position);
    unmatched = -1;
    onPiece(position, end);
    position = end;
  }
  if (unmatched >= 0) onPiece(unmatched, to);
}

/** End of the piece that starts at `start`, or `start` when no rule matches there. Rules in the definition's order. */
function matchEnd(text: string, start: number, to: number): number {
  const cls = classAt(text, start) & CLASS;
  const after = next(text, start);
  const unit = text.charCodeAt(start);

  // [ASCII punctuation][A-Za-z]+
  if (cls === PUNCTUATION && unit < 0x80 && after < to && isAsciiLetter(text.charCodeAt(after))) {
    let end = after + 1;
    while (end < to && isAsciiLetter(text.charCodeAt(end))) end++;
    return end;
  }
  // [^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+
  if (cls === LETTER || cls === MARK) return wordEnd(text, after, to);
  if ((cls === SPACE || cls === OTHER) && after < to && isWord(classAt(text, after) & CLASS)) {
    return wordEnd(text, after, to);
  }
  //  ?[\p{P}\p{S}]+[\r\n]*
  if (cls === PUNCTUATION) return punctuationEnd(text, after, to);
  if (unit === 0x20 && after < to && (classAt(text, after) & CLASS) === PUNCTUATION) {
    return punctuationEnd(text, after, to);
  }
  if (cls === SPACE || cls === NEWLINE) return whiteSpaceEnd(text, start, to);
  return start;
}

function wordEnd(text: string, from: number, to: number): number {
  let end = from;
  while (end < to && isWord(classAt(text, end) & CLASS)) end = next(text, end);
  return end;
}

function punctuationEnd(text: string, from: number, to: number): number {
  let end = from;
  while (end < to && (classAt(text, end) & CLASS) === PUNCTUATION) end = next(text, end);
  while (end < to && (classAt(text, end) & CLASS) === NEWLINE) end++;
  return end;
}

/** `\s*[\r\n]+`, else `\s+(?!\S)`, else `\s+`: up to the last line end of the run; else all but the space before a word. */
function whiteSpaceEnd(text: string, start: number, to: number): number {
  let end = start;
  let afterNewline = -1;
  while (end < to) {
    const cls = classAt(text, end) & CLASS;
    if (cls === NEWLINE) afterNewline = end + 1;
    else if (cls !== SPACE) break;
    end++;
  }
  if (afterNewline >= 0) return afterNewline;
  return end === to || end - start === 1 ? end : end - 1;
}

const isWord = (cls: number): boolean => cls === LETTER || cls === MARK;
const isAsciiLetter = (unit: number): boolean => (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);

function classAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return (unit & 0xf800) === 0xd800 ? classOf(text.codePointAt(index)!) : classOf(unit);
}

/** Index after the code point at `index`. */
function next(text: string, index: number): number {
  if ((text.charCodeAt(index) & 0xfc00) !== 0xd800) return index + 1;
  return (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00 ? index + 2 : index + 1;
}
