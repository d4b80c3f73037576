import { GatewayError } from '../errors/catalogue.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import { isWholeNumber, type NumberState, numberAfter, numberStart } from './json-number.ts';
import type { JsonText, NeutralTool, ToolCallPart } from './neutral.ts';
import { type ParameterRule, ParameterRules } from './tool-schemas.ts';

/** Member that carries, whole, the arguments of a call that are no JSON object. It is also how a client can tell. */
const RAW = '_raw';

/**
 * A call's arguments as a JSON object. An object passes as it was written, nothing means `{}`. What a model got wrong
 * (about one call in two thousand at DeepSeek is a brace short, 2026-08; some servers write two objects) becomes an object
 * with the whole text in `_raw`.
 */
export function completeToolInput(text: JsonText): JsonText {
  if (text.trim() === '') return '{}';
  if (isObject(parseJson(text))) return text;
  const stream = new ToolInputStream();
  return stream.push(text) + stream.end();
}

/**
 * The same on its way up, in an earlier turn: what is no object goes in `_raw` alone. The model is told what it wrote, once:
 * a prompt with it twice would be longer than the one that was counted.
 */
export function wrapToolInput(text: JsonText): JsonText {
  if (text.trim() === '') return '{}';
  return isObject(parseJson(text)) ? text : `{"${RAW}":${JSON.stringify(text)}}`;
}

/**
 * What the model wrote, of an input that `completeToolInput` may have wrapped and a client gave back: the text in `_raw`,
 * where the other members are just those that its wrapping has. Their values are not compared: clients write them anew, and
 * they may be nested deeper than a recursion reaches.
 *
 * A tool may have a parameter of that name (`rules`: see `rawRules`). Where its schema names one, the input is left alone;
 * where the schema names all parameters, and none of that name, it was wrapped; where the tool may take any, only a text
 * that begins an object was.
 */
export function unwrapToolInput({ name, input }: ToolCallPart, rules: ParameterRules): JsonText {
  if (!input.includes(`"${RAW}"`)) return input;
  const object = parseJson(input);
  if (!isObject(object)) return input;
  const raw = object[RAW];
  if (typeof raw !== 'string') return input;
  if (mayBeParameter(raw, rules.of(name))) return input;
  const wrapped = completeToolInput(raw);
  return wrapped !== raw && haveSameNames(parseJson(wrapped), object) ? raw : input;
}

/** What these tools say of a parameter of that name. */
export const rawRules = (tools: readonly NeutralTool[]): ParameterRules => new ParameterRules(RAW, tools);

/** Whether `_raw` with this text may be a parameter of the tool of which this holds. */
function mayBeParameter(text: string, { takes, mentioned }: ParameterRule): boolean {
  if (takes !== 'perhaps') return takes === 'yes';
  return !text.trimStart().startsWith('{') || mentioned;
}

function haveSameNames(a: unknown, b: JsonObject): boolean {
  const names = isObject(a) ? Object.keys(a) : [];
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name));
}

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
const CLOSE_BRACE = 0x7d;
const LITERALS: Record<string, string> = { t: 'true', f: 'false', n: 'null' };

/**
 * A call's arguments on their way out, in pieces as they come: passes them on for as long as they are the beginning of a
 * JSON object, and at the end adds what makes them one. Joined, what leaves is '' or a JSON object; it is what came,
 * character for character, when that was one. What follows an object that has left, other than white space, is left out
 * where it opens nothing new and names no member.
 */
export class ToolInputStream {
  #expect: Expect = 'object';
  /** Open objects and arrays, outermost first. */
  readonly #open: string[] = [];
  /** Characters of an escape still due: 1 after a backslash, 4…1 inside \uXXXX. */
  #escape: 'none' | 'any' | 4 | 3 | 2 | 1 = 'none';
  /** Letters of `true`, `false`, `null` still due. */
  #literal = '';
  #number: NumberState = 'sign';
  #broken = false;
  #raw = '';
  /** White space in front of the object: whether there is one is known at its brace. */
  #lead = '';
  /** Something other than white space followed the object. */
  #over = false;
  /** The last character of that. */
  #lastAfter = '';

  /** True once the object is whole: only white space that follows can belong to it. */
  get complete(): boolean {
    return this.#expect === 'nothing';
  }

  /**
   * The part of `fragment` that may leave now. Throws `upstream_error` where more input follows an object that has left whole,
   * another one or more members: nothing can be added to it, and a tool must not run with a part of its input.
   */
  push(fragment: string): string {
    if (this.complete) {
      // A slip of the server's, such as a quote and a brace too many or a tag of its own: no input is lost with it.
      const after = this.#lastAfter + fragment;
      if (/[{[]|"\s*:/.test(after)) {
        throw new GatewayError('upstream_error', 'The upstream sent tool input that goes on after its end.');
      }
      this.#lastAfter = after.trimEnd().slice(-1);
      return this.#spaceAfter(fragment, 0);
    }
    this.#raw += fragment;
    if (this.#broken) return '';
    // It may come in any number of pieces, and is not looked through with each.
    if (this.#expect === 'object' && isAllSpace(fragment)) {
      this.#lead += fragment;
      return '';
    }
    const text = this.#lead + fragment;
    this.#lead = '';
    const passed = this.#pass(text, text.length - fragment.length);
    if (this.#open.length > 0 || this.complete) return passed;
    this.#lead = text;
    return '';
  }

  /** The beginning of `text` that can leave; its first `known` characters have been looked at. */
  #pass(fragment: string, known: number): string {
    for (let i = known; i < fragment.length; i++) {
      if ((this.#expect === 'string' || this.#expect === 'key-string') && this.#escape === 'none') {
        i = skipPlain(fragment, i);
        if (i === fragment.length) break;
      }
      // The last brace stays here where more follows, so that `_raw` can still be put in front of it.
      if (this.#endsTooSoon(fragment, i) || !this.#take(fragment.charCodeAt(i))) {
        this.#broken = true;
        return fragment.slice(0, i);
      }
      if (this.complete) return fragment.slice(0, i + 1) + this.#spaceAfter(fragment, i + 1);
    }
    return fragment;
  }

  /** The white space from `at` on that directly follows the object. */
  #spaceAfter(fragment: string, at: number): string {
    if (this.#over) return '';
    let end = at;
    while (end < fragment.length && isSpace(fragment.charCodeAt(end))) end++;
    this.#over = end < fragment.length;
    return fragment.slice(at, end);
  }

  /** Whether a brace at `i` would end the object in front of more than braces and spaces. */
  #endsTooSoon(fragment: string, i: number): boolean {
    if (fragment.charCodeAt(i) !== CLOSE_BRACE || this.#open.length !== 1) return false;
    return this.#expect !== 'string' && this.#expect !== 'key-string' && hasMore(fragment, i + 1);
  }

  /** What is still due: '' when the object is whole or nothing came at all. */
  end(): string {
    if (this.#expect === 'nothing' || this.#raw.trim() === '') return '';
    const raw = `"${RAW}":${JSON.stringify(this.#raw)}}`;
    if (this.#open.length === 0) return `{${raw}`;
    let rest = this.#valueEnd();
    for (let depth = this.#open.length - 1; depth > 0; depth--) {
      if (this.#expect === 'key') rest += '"":null';
      this.#expect = 'comma-or-end';
      rest += this.#open[depth] === '{' ? '}' : ']';
    }
    const first = this.#expect === 'key-or-end' || this.#expect === 'key';
    return `${rest}${first ? '' : ','}${raw}`;
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

  /** One character; false when no JSON object goes on like this. */
  #take(c: number): boolean {
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

const isSpace = (c: number): boolean => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
const isAllSpace = (text: string): boolean => /^[ \n\r\t]*$/.test(text);
const isOneOf = (c: number, chars: string): boolean => chars.includes(String.fromCharCode(c));

/** Whether anything but closing braces and spaces comes from `at` on. */
function hasMore(text: string, at: number): boolean {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== CLOSE_BRACE && !isSpace(c)) return true;
  }
  return false;
}

/** Offset of the next character from `at` on that a string does not simply contain. */
function skipPlain(text: string, at: number): number {
  let i = at;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === QUOTE || c === BACKSLASH || c < 0x20) break;
    i++;
  }
  return i;
}
