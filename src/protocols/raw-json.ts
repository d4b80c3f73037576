import { rawElements, rawMembers } from './json-text.ts';
import type { JsonText } from './neutral.ts';

/**
 * A value of a JSON text as it was written, beside its parsed form: what must survive byte for byte (schemas, tool input)
 * is cut out of the text. Scans only what is asked for, and each level once, by whatever way it is asked for.
 */
export class RawJson {
  readonly #read: () => JsonText;
  #text: JsonText | undefined;
  #texts: Map<string, JsonText> | undefined;
  #elements: JsonText[] | undefined;
  #members: Map<string, RawJson> | undefined;

  constructor(text: JsonText | (() => JsonText)) {
    this.#read = typeof text === 'string' ? () => text : text;
  }

  get text(): JsonText {
    this.#text ??= this.#read();
    return this.#text;
  }

  /** The member of an object; `null` when there is none. Of a key that occurs twice, the last, as `JSON.parse` has it. */
  get(key: string): RawJson {
    this.#members ??= new Map();
    const known = this.#members.get(key);
    if (known !== undefined) return known;
    const member = new RawJson(() => {
      this.#texts ??= rawMembers(this.text);
      return this.#texts.get(key) ?? 'null';
    });
    this.#members.set(key, member);
    return member;
  }

  /** The element of an array; `null` when there is none. */
  at(index: number): RawJson {
    return new RawJson(() => {
      this.#elements ??= rawElements(this.text);
      return this.#elements[index] ?? 'null';
    });
  }
}
