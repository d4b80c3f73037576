import { isWholeNumber, type NumberState, numberAfter, numberStart } from './json-number.ts';

/** What may come next in a JSON text. */
type Expect =
  | 'object'
  | 'key-or-end'
  | 'key'
  | 'colon'
  | 'value'
  | 'value-or-end'
  | 'comma-or-end'
  | 'key-string'
  | 'string'
  | 'literal'
  | 'number'
  | 'nothing';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LITERALS: Record<string, string> = { t: 'true', f: 'false', n: 'null' };

/**
 * The beginning of a JSON object, character by character, without its values: how far it is, whether it can go on with what
 * comes, and what would make it whole.
 */
export class PartialJsonObject {
  #expect: Expect = 'object';
  /** Open objects and arrays, outermost first. */
  readonly #open: string[] = [];
  /** Characters of an escape still due: 1 after a backslash, 4…1 inside \uXXXX. */
  #escape: 'none' | 'any' | 4 | 3 | 2 | 1 = 'none';
  /** Letters of `true`, `false`, `null` still due. */
  #literal = '';
  #number: NumberState = 'sign';

  /** Its first brace has come. */
  get begun(): boolean {
    return this.#expect !== 'object';
  }

  /** Its last brace has come. */
  get complete(): boolean {
    return this.#expect === 'nothing';
  }

  /** A brace that comes now would be its last: no other object or array is open, nor a string. */
  get inOutermost(): boolean {
    return this.#open.length === 1 && this.#expect !== 'string' && this.#expect !== 'key-string';
  }

  /**
   * Offset of the next character from `at` on that has to be taken: the insides of a string change nothing up to its end, an
   * escape, or what no string holds.
   */
  skipPlain(text: string, at: number): number {
    if ((this.#expect !== 'string' && this.#expect !== 'key-string') || this.#escape !== 'none') return at;
    let i = at;
    while (i < text.length) {
      const c = text.charCodeAt(i);
      if (c === QUOTE || c === BACKSLASH || c < 0x20) break;
      i++;
    }
    return i;
  }

  /** One character; false when no JSON object goes on like this. */
  take(c: number): boolean {
    switch (this.#expect) {
      case 'string':
      case 'key-string':
        return this.#inString(c);
      case 'literal':
        if (c !== this.#literal.charCodeAt(0)) return false;
        this.#literal = this.#literal.slice(1);
        if (this.#literal === '') this.#expect = 'comma-or-end';
        return true;
      case 'number':
        if (!isSpace(c) && c !== 0x2c && c !== 0x5d && c !== 0x7d) {
          const next = numberAfter(this.#number, c);
          if (next === undefined) return false;
          this.#number = next;
          return true;
        }
        if (!isWholeNumber(this.#number)) return false;
        this.#expect = 'comma-or-end';
        return this.#between(c);
      default:
        return isSpace(c) || this.#between(c);
    }
  }

  /** What makes it a text that one more member can follow: its brace, or the ends of all that is open within, and a comma. */
  toNextMember(): string {
    if (this.#expect === 'object') return '{';
    let rest = this.#valueEnd();
    for (let depth = this.#open.length - 1; depth > 0; depth--) {
      if (this.#expect === 'key') rest += '"":null';
      this.#expect = 'comma-or-end';
      rest += this.#open[depth] === '{' ? '}' : ']';
    }
    const due = this.#expect === 'key-or-end' || this.#expect === 'key';
    return due ? rest : `${rest},`;
  }

  /** Ends the value or key in which the text stopped, so that its object can be closed. */
  #valueEnd(): string {
    let rest = '';
    switch (this.#expect) {
      case 'string':
      case 'key-string':
        if (this.#escape === 'any') rest = '\\';
        else if (this.#escape !== 'none') rest = '0'.repeat(this.#escape);
        rest += this.#expect === 'key-string' ? '":null' : '"';
        break;
      case 'colon':
        rest = ':null';
        break;
      case 'value':
        rest = 'null';
        break;
      case 'literal':
        rest = this.#literal;
        break;
      case 'number':
        rest = isWholeNumber(this.#number) ? '' : '0';
        break;
      default:
        return '';
    }
    this.#expect = 'comma-or-end';
    return rest;
  }

  #inString(c: number): boolean {
    if (this.#escape === 'any') {
      if (c === 0x75) this.#escape = 4;
      else if (isOneOf(c, '"\\/bfnrt')) this.#escape = 'none';
      else return false;
      return true;
    }
    if (this.#escape !== 'none') {
      if (!isOneOf(c, '0123456789abcdefABCDEF')) return false;
      this.#escape = this.#escape === 1 ? 'none' : ((this.#escape - 1) as 3 | 2 | 1);
      return true;
    }
    if (c === BACKSLASH) this.#escape = 'any';
    else if (c === QUOTE) this.#expect = this.#expect === 'string' ? 'comma-or-end' : 'colon';
    else return c >= 0x20;
    return true;
  }

  /** A character outside of strings, numbers and words. */
  #between(c: number): boolean {
    if (isSpace(c)) return true;
    const char = String.fromCharCode(c);
    switch (this.#expect) {
      case 'object':
        return char === '{' && this.#enter(char);
      case 'key-or-end':
        return char === '}' ? this.#leave() : char === '"' && this.#become('key-string');
      case 'key':
        return char === '"' && this.#become('key-string');
      case 'colon':
        return char === ':' && this.#become('value');
      case 'value-or-end':
        return char === ']' ? this.#leave() : this.#value(char);
      case 'value':
        return this.#value(char);
      default: {
        const inObject = this.#open.at(-1) === '{';
        if (char === ',') return this.#become(inObject ? 'key' : 'value');
        return char === (inObject ? '}' : ']') && this.#leave();
      }
    }
  }

  #value(char: string): boolean {
    if (char === '{' || char === '[') return this.#enter(char);
    if (char === '"') return this.#become('string');
    const literal = LITERALS[char];
    if (literal !== undefined) {
      this.#literal = literal.slice(1);
      return this.#become('literal');
    }
    const number = numberStart(char.charCodeAt(0));
    if (number === undefined) return false;
    this.#number = number;
    return this.#become('number');
  }

  #enter(bracket: string): boolean {
    this.#open.push(bracket);
    return this.#become(bracket === '{' ? 'key-or-end' : 'value-or-end');
  }

  #leave(): boolean {
    this.#open.pop();
    return this.#become(this.#open.length === 0 ? 'nothing' : 'comma-or-end');
  }

  #become(expect: Expect): true {
    this.#expect = expect;
    return true;
  }
}

/** Whether JSON takes it for white space. */
export const isSpace = (c: number): boolean => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
const isOneOf = (c: number, chars: string): boolean => chars.includes(String.fromCharCode(c));
