/** What ends a line of a head, and of a chunk's. */
export const CR = 0x0d;
export const LF = 0x0a;

/**
 * The fields of a head from `from` to its blank line; undefined where a line is none. Names in lower case; a name that came
 * several times has its values joined by `, `. Character by character: expressions and pieces took most of a head's time.
 */
export function readFields(text: string, from: number): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  let at = from;
  for (;;) {
    const lineEnd = text.indexOf('\n', at);
    const first = text.charCodeAt(at);
    if (lineEnd <= at || (first === CR && lineEnd === at + 1)) return fields;
    const colon = nameEnd(text, at, lineEnd);
    if (colon < 0) return undefined;
    const name = text.slice(at, colon).toLowerCase();
    let valueStart = colon + 1;
    let valueEnd = lineEnd;
    while (valueStart < valueEnd && isSpace(text.charCodeAt(valueStart))) valueStart++;
    while (valueEnd > valueStart && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd--;
    const value = text.slice(valueStart, valueEnd);
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
    at = lineEnd + 1;
  }
}

/** Where the colon after a field's name is; -1 where there is no name, or a space in it. */
function nameEnd(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const c = text.charCodeAt(at);
    if (c === 0x3a && at > from) return at;
    if (c === 0x3a || isSpace(c)) break;
  }
  return -1;
}

const isSpace = (c: number): boolean => c === 0x20 || c === 0x09 || c === CR;

/** True where a value would break out of its line. A loop: on strings as short as these it is faster than an expression. */
export function breaksLine(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c === 0x0d || c === 0x0a || c === 0) return true;
  }
  return false;
}

const latin1Slice = Buffer.prototype.latin1Slice as (this: Uint8Array, start: number, end: number) => string;

/** Bytes of a head as text, each one a character. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return latin1Slice.call(bytes, from, to);
}
