import { rawElements, rawMembers } from './json-scan.ts';
import type { JsonText } from './neutral.ts';

/**
 * A value of a JSON text as it was written, beside its parsed form: what must survive byte for byte (schemas, tool input)
 * is cut out of the text. Scans only what is asked for, and each level once, by whatever way it is asked for.
 */
export class RawJson {
  /** The text, or where it is found once it is asked for. */
  #text: JsonText | undefined;
  readonly #parent: RawJson | undefined;
  readonly #place: string | number;
  #texts: Map<string, JsonText> | undefined;
  #elements: JsonText[] | undefined;
  #members: Map<string, RawJson> | undefined;

  constructor(text: JsonText | undefined, parent?: RawJson, place: string | number = '') {
    this.#text = text;
    this.#parent = parent;
    this.#place = place;
  }

  get text(): JsonText {
    this.#text ??= this.#parent === undefined ? 'null' : this.#parent.#textAt(this.#place);
    return this.#text;
  }

  /** The member of an object; `null` when there is none. Of a key that occurs twice, the last, as `JSON.parse` has it. */
  get(key: string): RawJson {
    this.#members ??= new Map();
    let member = this.#members.get(key);
    if (member === undefined) {
      member = new RawJson(undefined, this, key);
      this.#members.set(key, member);
    }
    return member;
  }

  /** The element of an array; `null` when there is none. */
  at(index: number): RawJson {
    return new RawJson(undefined, this, index);
  }

  #textAt(place: string | number): JsonText {
    if (typeof place === 'number') {
      this.#elements ??= rawElements(this.text);
      return this.#elements[place] ?? 'null';
    }
    this.#texts ??= rawMembers(this.text);
    return this.#texts.get(place) ?? 'null';
  }
}
