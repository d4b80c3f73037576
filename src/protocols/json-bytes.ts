/**
 * A cursor over JSON bytes for the frames of a stream: looks at the few members that matter and steps over the rest
 * without building values. Malformed bytes end a walk early; they never throw.
 */

import { encode } from './utf8.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Sees a member of an object: its key without quotes, and its value. `self` is what the walk was given for it. */
export type MemberVisitor<Self> = (
  self: Self,
  keyStart: number,
  keyEnd: number,
  valueStart: number,
  valueEnd: number,
) => void;

/** Sees an element of an array. */
export type ElementVisitor<Self> = (self: Self, valueStart: number, valueEnd: number) => void;

/**
 * Visits each member of the object at `at`; keys are given by their bounds without quotes. Returns the offset past it, or
 * one beyond `end` where it does not close before that.
 * `self` is handed on to the visitor, so that a stream needs no closures of its own.
 * A key that is written with escapes stands without them while it is visited: keys are compared as they stand.
 */
export function walkObject<Self>(
  bytes: Uint8Array,
  at: number,
  end: number,
  visit: MemberVisitor<Self>,
  self: Self,
): number {
  if (bytes[at] !== OPEN_BRACE) return end + 1;
  let i = skipSpace(bytes, at + 1, end);
  while (i < end && bytes[i] === QUOTE) {
    const plainEnd = plainKeyEnd(bytes, i, end);
    const keyEnd = plainEnd === ESCAPED ? stringEnd(bytes, i, end) : plainEnd;
    const colon = skipSpace(bytes, keyEnd, end);
    if (bytes[colon] !== COLON) return end + 1;
    const valueStart = skipSpace(bytes, colon + 1, end);
    const valueEnd = skipValue(bytes, valueStart, end);
    if (plainEnd === ESCAPED) visitEscaped(bytes, i, keyEnd, valueStart, valueEnd, visit, self);
    else visit(self, i + 1, keyEnd - 1, valueStart, valueEnd);
    i = skipSpace(bytes, valueEnd, end);
    if (bytes[i] !== COMMA) break;
    i = skipSpace(bytes, i + 1, end);
  }
  return i < end && bytes[i] === CLOSE_BRACE ? i + 1 : end + 1;
}

/** Visits each element of the array at `at`. */
export function walkArray<Self>(
  bytes: Uint8Array,
  at: number,
  end: number,
  visit: ElementVisitor<Self>,
  self: Self,
): void {
  if (bytes[at] !== OPEN_BRACKET) return;
  let i = skipSpace(bytes, at + 1, end);
  while (i < end && bytes[i] !== CLOSE_BRACKET) {
    const valueEnd = skipValue(bytes, i, end);
    if (valueEnd === i) return;
    visit(self, i, valueEnd);
    i = skipSpace(bytes, valueEnd, end);
    if (bytes[i] !== COMMA) return;
    i = skipSpace(bytes, i + 1, end);
  }
}

/** Visits each string in the value from `at` to `end`, however deep it lies, with its key: in an array an empty one. */
export function walkStrings<Self>(
  bytes: Uint8Array,
  at: number,
  end: number,
  visit: MemberVisitor<Self>,
  self: Self,
): void {
  let keyStart = at;
  let keyEnd = at;
  let i = at;
  while (i < end) {
    const c = bytes[i];
    if (c !== QUOTE) {
      if (c === OPEN_BRACKET || c === CLOSE_BRACKET || c === CLOSE_BRACE) keyEnd = keyStart;
      i++;
      continue;
    }
    const stringStart = i;
    i = stringEnd(bytes, stringStart, end);
    if (bytes[skipSpace(bytes, i, end)] === COLON) {
      keyStart = stringStart + 1;
      keyEnd = i - 1;
    } else {
      visit(self, keyStart, keyEnd, stringStart, i);
      keyEnd = keyStart;
    }
  }
}

/** True when bytes [start, end) are the ASCII text `word`. */
export function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** True when the value at `start` is a string with at least one character, an object or array with something in it. */
export function hasContent(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (first === QUOTE) return end - start > 2;
  if (first === OPEN_BRACE || first === OPEN_BRACKET) {
    const inside = skipSpace(bytes, start + 1, end);
    return bytes[inside] !== CLOSE_BRACE && bytes[inside] !== CLOSE_BRACKET;
  }
  return false;
}

/** What kind of value stands at `start`, by its first byte. */
export const isNull = (bytes: Uint8Array, start: number): boolean => bytes[start] === 0x6e;
export const isString = (bytes: Uint8Array, start: number): boolean => bytes[start] === QUOTE;
export const isObject = (bytes: Uint8Array, start: number): boolean => bytes[start] === OPEN_BRACE;
export const isArray = (bytes: Uint8Array, start: number): boolean => bytes[start] === OPEN_BRACKET;

/** Offset of the first byte from `at` on that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const c = bytes[i];
    if (c !== SPACE && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
    i++;
  }
  return i;
}

/** Offset past the string that opens at `at`. */
function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at + 1;
  while (i < end) {
    const c = bytes[i];
    if (c === QUOTE) return i + 1;
    i += c === BACKSLASH ? 2 : 1;
  }
  return end;
}

/** In place of the offset past a key: it has escapes. */
const ESCAPED = -1;

/** Offset past the key that opens at `at`; costs what `stringEnd` costs. */
function plainKeyEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at + 1;
  while (i < end) {
    const c = bytes[i];
    if (c === QUOTE) return i + 1;
    if (c === BACKSLASH) return ESCAPED;
    i++;
  }
  return end;
}

/**
 * Visits the member whose key, from `at` to `keyEnd`, has escapes: it stands there with no more of them than it must have
 * for so long, and then as it was written, for that is what leaves.
 */
function visitEscaped<Self>(
  bytes: Uint8Array,
  at: number,
  keyEnd: number,
  valueStart: number,
  valueEnd: number,
  visit: MemberVisitor<Self>,
  self: Self,
): void {
  // Not `slice`: that of a Buffer is no copy.
  const written = Uint8Array.from(bytes.subarray(at, keyEnd));
  const plain = unescaped(written);
  bytes.set(plain, at);
  try {
    visit(self, at + 1, at + plain.length - 1, valueStart, valueEnd);
  } finally {
    bytes.set(written, at);
  }
}

/** The key, with its quotes, with no more escapes than it must have; as it is where it is no JSON. */
function unescaped(key: Uint8Array): Uint8Array {
  try {
    const plain = encode(JSON.stringify(JSON.parse(decoder.decode(key))));
    return plain.length > key.length ? key : plain;
  } catch {
    return key;
  }
}

const decoder = new TextDecoder();

/** Offset past the value at `at`. Depth is counted, not recursed: no nesting can exhaust the stack. */
function skipValue(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === QUOTE) return stringEnd(bytes, at, end);
  let i = at;
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    while (i < end) {
      const c = bytes[i]!;
      if (c === COMMA || c === CLOSE_BRACE || c === CLOSE_BRACKET || c <= 0x20) break;
      i++;
    }
    return i;
  }
  let depth = 0;
  while (i < end) {
    const c = bytes[i];
    if (c === QUOTE) {
      i = stringEnd(bytes, i, end);
      continue;
    }
    if (c === OPEN_BRACE || c === OPEN_BRACKET) depth++;
    else if ((c === CLOSE_BRACE || c === CLOSE_BRACKET) && --depth === 0) return i + 1;
    i++;
  }
  return end;
}
