/**
 * Finds values in JSON text, as they were written. The scanner trusts nothing but bounds: on malformed text it stops early,
 * and `JSON.parse` is the judge of validity.
 */

/** One member of an object, its bounds as string offsets. */
export interface Member {
  /** Unescaped. */
  key: string;
  /** Offset of the key's opening quote. */
  keyStart: number;
  valueStart: number;
  valueEnd: number;
}

/** The outermost object of a text. */
export interface TopLevel {
  /** In their order; a key that occurs twice is there twice. */
  members: readonly Member[];
  /** True when something nests deeper than allowed: do not parse. */
  tooDeep: boolean;
}

/** Leads from the outermost value, by object keys and array indexes. */
export type Path = readonly (string | number)[];

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Deepest nesting accepted from clients: far above any tool schema, far below what a recursive walk can take. */
const MAX_DEPTH = 200;
/** No text nests as deep. */
const UNBOUNDED = 0x7fffffff;

/** Members of the outermost object. `members` is empty when the text is no object. */
export function scanTopLevel(text: string, maxDepth = MAX_DEPTH): TopLevel {
  const members = membersAt(text, skipSpace(text, 0), maxDepth);
  return members === undefined ? { members: [], tooDeep: true } : { members, tooDeep: false };
}

/** Keys that occur more than once. */
export function duplicateKeys({ members }: TopLevel): string[] {
  const seen = new Set<string>();
  const duplicates: string[] = [];
  for (const { key } of members) {
    if (seen.has(key)) duplicates.push(key);
    seen.add(key);
  }
  return duplicates;
}

/** The text of the value at `path`, exactly as written; undefined when it is not there. Last of duplicate keys. */
export function rawAt(text: string, path: Path): string | undefined {
  let at = skipSpace(text, 0);
  let end = -1;
  for (const step of path) {
    let found = -1;
    if (typeof step === 'string') {
      for (const { key, valueStart, valueEnd } of membersOf(text, at)) {
        if (key !== step) continue;
        found = valueStart;
        end = valueEnd;
      }
    } else {
      let index = 0;
      eachElement(text, at, (start, stop) => {
        if (index++ !== step) return true;
        found = start;
        end = stop;
        return false;
      });
    }
    if (found < 0) return undefined;
    at = found;
  }
  return text.slice(at, end < 0 ? skipValue(text, at) : end);
}

/** Texts of an array's elements, each exactly as written. Empty for anything but an array. */
export function rawElements(text: string): string[] {
  const elements: string[] = [];
  eachElement(text, skipSpace(text, 0), (start, end) => {
    elements.push(text.slice(start, end));
    return true;
  });
  return elements;
}

/** Texts of an object's member values by key, each exactly as written. */
export function rawMembers(text: string): Map<string, string> {
  const members = membersOf(text, skipSpace(text, 0));
  return new Map(members.map(({ key, valueStart, valueEnd }) => [key, text.slice(valueStart, valueEnd)]));
}

/** Members of the object at `at`, however deep they nest: an upstream's answer has no bound. */
export function membersOf(text: string, at: number): Member[] {
  return membersAt(text, at, UNBOUNDED) ?? [];
}

/** Members of the object at `at`, none for anything else; undefined when nesting went past `maxDepth`. */
function membersAt(text: string, at: number, maxDepth: number): Member[] | undefined {
  const members: Member[] = [];
  if (text.charCodeAt(at) !== OPEN_BRACE) return skipValue(text, at, maxDepth) < 0 ? undefined : members;
  let tooDeep = false;
  walkMembers(text, at, (key, keyStart, valueStart) => {
    const valueEnd = skipValue(text, valueStart, maxDepth - 1);
    if (valueEnd < 0) tooDeep = true;
    else members.push({ key, keyStart, valueStart, valueEnd });
    return valueEnd;
  });
  return tooDeep ? undefined : members;
}

/**
 * Calls `visit` with each member of the object at `at`: it returns the offset past the member's value, below zero to stop.
 * Returns the offset past the object, or where it stopped.
 */
export function walkMembers(
  text: string,
  at: number,
  visit: (key: string, keyStart: number, valueStart: number) => number,
): number {
  let i = skipSpace(text, at + 1);
  while (i < text.length && text.charCodeAt(i) === QUOTE) {
    const keyStart = i;
    const keyEnd = stringEnd(text, i);
    i = skipSpace(text, keyEnd);
    if (text.charCodeAt(i) !== COLON) break;
    const valueEnd = visit(keyOf(text, keyStart, keyEnd), keyStart, skipSpace(text, i + 1));
    if (valueEnd < 0) return i;
    i = skipSpace(text, valueEnd);
    if (text.charCodeAt(i) !== COMMA) break;
    i = skipSpace(text, i + 1);
  }
  return text.charCodeAt(i) === CLOSE_BRACE ? i + 1 : i;
}

/** The same of an array's elements. */
export function walkElements(text: string, at: number, visit: (start: number) => number): number {
  let i = skipSpace(text, at + 1);
  while (i < text.length && text.charCodeAt(i) !== CLOSE_BRACKET) {
    const end = visit(i);
    if (end <= i) return i;
    i = skipSpace(text, end);
    if (text.charCodeAt(i) !== COMMA) break;
    i = skipSpace(text, i + 1);
  }
  return text.charCodeAt(i) === CLOSE_BRACKET ? i + 1 : i;
}

/** Calls `visit` with the bounds of each element of the array at `at`, until it returns false. */
function eachElement(text: string, at: number, visit: (start: number, end: number) => boolean): void {
  if (text.charCodeAt(at) !== OPEN_BRACKET) return;
  walkElements(text, at, (start) => {
    const end = skipValue(text, start);
    return end > start && visit(start, end) ? end : -1;
  });
}

function keyOf(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(text.slice(start, end)) as string;
  } catch {
    return raw;
  }
}

/** Offset of the first character from `at` on that is no white space. */
export function skipSpace(text: string, at: number): number {
  let i = at;
  for (;;) {
    const c = text.charCodeAt(i);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i;
    i++;
  }
}

/** Offset just past the string that opens at `at`. */
export function stringEnd(text: string, at: number): number {
  let i = at + 1;
  for (;;) {
    const quote = text.indexOf('"', i);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++;
    if ((slashes & 1) === 0) return quote + 1;
    i = quote + 1;
  }
}

/** Offset just past the value at `at`; -1 when it nests deeper than `maxDepth`. */
export function skipValue(text: string, at: number, maxDepth = UNBOUNDED): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return stringEnd(text, at);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    let i = at;
    while (i < text.length) {
      const c = text.charCodeAt(i);
      if (c === COMMA || c === CLOSE_BRACE || c === CLOSE_BRACKET || c <= 0x20) break;
      i++;
    }
    return i;
  }
  let depth = 0;
  let i = at;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      i = stringEnd(text, i);
      continue;
    }
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (++depth > maxDepth) return -1;
    } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
      if (--depth === 0) return i + 1;
    }
    i++;
  }
  return i;
}

/** What is shorter is as quickly stepped over. */
const LONG = 128;

/** Where the long objects and arrays of a text end, by where they begin: whoever reads it level by level steps over them. */
export function longValues(text: string): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (let i = 0; i < text.length; ) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      i = stringEnd(text, i);
      continue;
    }
    i++;
    if (c === OPEN_BRACE || c === OPEN_BRACKET) open.push(i - 1);
    else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
      const start = open.pop();
      if (start !== undefined && i - start >= LONG) ends.set(start, i);
    }
  }
  return ends;
}
