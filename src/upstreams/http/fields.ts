/** What ends a line of a head, and of a chunk's. */
export const CR = 0x0d;
export const LF = 0x0a;

/**
 * The fields of a head, found but not taken out of its text: of a dozen that come, two or three are asked for. A name that
 * came several times has its values joined by `, `. Character by character: expressions and pieces took most of a head's time.
 */
export class Fields {
  readonly #text: string;
  /** Of each field: where its name begins and ends, where its value begins and ends. */
  readonly #bounds: number[] = [];

  /** Of a head that has none. */
  static readonly NONE = new Fields('');

  private constructor(text: string) {
    this.#text = text;
  }

  /** From `from` to the blank line; undefined where a line is no field. `names`: what a name may be made of. */
  static read(text: string, from: number, names = LENIENT): Fields | undefined {
    const fields = new Fields(text);
    let at = from;
    for (;;) {
      const lineEnd = text.indexOf('\n', at);
      const first = text.charCodeAt(at);
      if (lineEnd <= at || (first === CR && lineEnd === at + 1)) return fields;
      const colon = nameEnd(text, at, lineEnd, names);
      if (colon < 0) return undefined;
      let valueStart = colon + 1;
      let valueEnd = lineEnd;
      while (valueStart < valueEnd && isSpace(text.charCodeAt(valueStart))) valueStart++;
      while (valueEnd > valueStart && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd--;
      fields.#bounds.push(at, colon, valueStart, valueEnd);
      at = lineEnd + 1;
    }
  }

  /** Name in any case. */
  get(name: string): string | null {
    let value: string | null = null;
    const bounds = this.#bounds;
    for (let i = 0; i < bounds.length; i += 4) {
      if (!isNamed(this.#text, bounds[i]!, bounds[i + 1]!, name)) continue;
      const one = this.#text.slice(bounds[i + 2], bounds[i + 3]);
      value = joined(value, one);
    }
    return value;
  }

  /** Each name once, in lower case, in the order in which they came. */
  entries(): [name: string, value: string][] {
    const values = new Map<string, string>();
    const bounds = this.#bounds;
    for (let i = 0; i < bounds.length; i += 4) {
      const name = this.#text.slice(bounds[i], bounds[i + 1]).toLowerCase();
      const one = this.#text.slice(bounds[i + 2], bounds[i + 3]);
      values.set(name, joined(values.get(name) ?? null, one));
    }
    return [...values];
  }
}

const joined = (before: string | null, value: string): string => (before === null ? value : `${before}, ${value}`);

/** Whether the name in the text is this one, whatever its case. */
function isNamed(text: string, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    if (lowerCase(text.charCodeAt(start + i)) !== lowerCase(name.charCodeAt(i))) return false;
  }
  return true;
}

const lowerCase = (c: number): number => (c >= 0x41 && c <= 0x5a ? c | 0x20 : c);

/** By character, 1 where a name may have it. */
type NameCharacters = Uint8Array;

/** What servers get away with: all but spaces and the colon. */
const LENIENT: NameCharacters = new Uint8Array(256).map((_, c) => (c === 0x3a || isSpace(c) ? 0 : 1));

/** A token's characters (RFC 9110, 5.6.2): some readers take others for spaces, or leave them out. */
export const TOKEN: NameCharacters = new Uint8Array(256).map((_, c) =>
  /[!#$%&'*+\-.^`|~\w]/.test(String.fromCharCode(c)) ? 1 : 0,
);

/** Where the colon after a field's name is; -1 where there is no name, or more than a name. */
function nameEnd(text: string, from: number, to: number, names: NameCharacters): number {
  let at = from;
  while (at < to && names[text.charCodeAt(at)] === 1) at++;
  return at > from && text.charCodeAt(at) === 0x3a ? at : -1;
}

function isSpace(c: number): boolean {
  return c === 0x20 || c === 0x09 || c === CR;
}

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
