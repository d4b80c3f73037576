import { GatewayError } from '../errors/catalogue.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import type { JsonText, NeutralTool, ToolCallPart } from './neutral.ts';
import { isSpace, PartialJsonObject } from './partial-json.ts';
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

/**
 * A call's arguments on their way out, in pieces as they come: passes them on for as long as they are the beginning of a
 * JSON object, and at the end adds what makes them one. Joined, what leaves is '' or a JSON object; it is what came,
 * character for character, when that was one. What follows an object that has left, other than white space, is left out
 * where it opens nothing new and names no member.
 */
export class ToolInputStream {
  readonly #json = new PartialJsonObject();
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
    return this.#json.complete;
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
    if (!this.#json.begun && isAllSpace(fragment)) {
      this.#lead += fragment;
      return '';
    }
    const text = this.#lead + fragment;
    this.#lead = '';
    const passed = this.#pass(text, text.length - fragment.length);
    if (this.#json.begun) return passed;
    this.#lead = text;
    return '';
  }

  /** What is still due: '' when the object is whole or nothing came at all. */
  end(): string {
    if (this.complete || this.#raw.trim() === '') return '';
    return `${this.#json.toNextMember()}"${RAW}":${JSON.stringify(this.#raw)}}`;
  }

  /** The beginning of `text` that can leave; its first `known` characters have been looked at. */
  #pass(text: string, known: number): string {
    const json = this.#json;
    for (let i = json.skipPlain(text, known); i < text.length; i = json.skipPlain(text, i + 1)) {
      const c = text.charCodeAt(i);
      // The last brace stays here where more follows, so that `_raw` can still be put in front of it.
      const tooSoon = c === CLOSE_BRACE && json.inOutermost && hasMore(text, i + 1);
      if (tooSoon || !json.take(c)) {
        this.#broken = true;
        return text.slice(0, i);
      }
      if (json.complete) return text.slice(0, i + 1) + this.#spaceAfter(text, i + 1);
    }
    return text;
  }

  /** The white space from `at` on that directly follows the object. */
  #spaceAfter(fragment: string, at: number): string {
    if (this.#over) return '';
    let end = at;
    while (end < fragment.length && isSpace(fragment.charCodeAt(end))) end++;
    this.#over = end < fragment.length;
    return fragment.slice(at, end);
  }
}

const CLOSE_BRACE = 0x7d;
const isAllSpace = (text: string): boolean => /^[ \n\r\t]*$/.test(text);

/** Whether anything but closing braces and spaces comes from `at` on. */
function hasMore(text: string, at: number): boolean {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== CLOSE_BRACE && !isSpace(c)) return true;
  }
  return false;
}
