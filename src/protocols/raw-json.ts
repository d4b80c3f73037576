import { longValues, OPEN_BRACE, OPEN_BRACKET, skipSpace, skipValue, walkElements, walkMembers } from './json-scan.ts';
import type { JsonText } from './neutral.ts';

interface Bounds {
  start: number;
  end: number;
}

const NOWHERE: Bounds = { start: -1, end: -1 };
/** Levels that are looked through as they are; below them the whole text was looked through once before. */
const SHALLOW = 8;

/** A text that values are cut out of. */
class Source {
  readonly text: JsonText;
  #long: ReadonlyMap<number, number> | undefined;

  constructor(text: JsonText) {
    this.text = text;
  }

  /** Past the value at `start`, in a level so deep: to step over its values for each level takes levels times the length. */
  endOf(start: number, depth: number): number {
    if (depth < SHALLOW) return skipValue(this.text, start);
    this.#long ??= longValues(this.text);
    return this.#long.get(start) ?? skipValue(this.text, start);
  }
}

/**
 * A value of a JSON text as it was written, beside its parsed form: what must survive byte for byte (schemas, tool input)
 * is cut out of the text. Scans only what is asked for, and each level once, by whatever way it is asked for.
 */
export class RawJson {
  readonly #source: Source;
  readonly #parent: RawJson | undefined;
  readonly #place: string | number;
  readonly #depth: number;
  /** Where it is, once it is asked for. */
  #bounds: Bounds | undefined;
  #values: Map<string, Bounds> | undefined;
  #elements: Bounds[] | undefined;
  #members: Map<string, RawJson> | undefined;

  constructor(text: JsonText | RawJson, place: string | number = '') {
    const isText = typeof text === 'string';
    this.#source = isText ? new Source(text) : text.#source;
    this.#parent = isText ? undefined : text;
    this.#place = place;
    this.#depth = isText ? 0 : text.#depth + 1;
    if (isText) this.#bounds = { start: skipSpace(text, 0), end: text.length };
  }

  get text(): JsonText {
    const { start, end } = this.#found;
    return start < 0 ? 'null' : this.#source.text.slice(start, end);
  }

  /** The member of an object; `null` when there is none. Of a key that occurs twice, the last, as `JSON.parse` has it. */
  get(key: string): RawJson {
    this.#members ??= new Map();
    let member = this.#members.get(key);
    if (member === undefined) {
      member = new RawJson(this, key);
      this.#members.set(key, member);
    }
    return member;
  }

  /** The element of an array; `null` when there is none. */
  at(index: number): RawJson {
    return new RawJson(this, index);
  }

  get #found(): Bounds {
    this.#bounds ??= this.#parent!.#boundsAt(this.#place);
    return this.#bounds;
  }

  #boundsAt(place: string | number): Bounds {
    if (typeof place === 'number') {
      this.#elements ??= this.#scanElements();
      return this.#elements[place] ?? NOWHERE;
    }
    this.#values ??= this.#scanMembers();
    return this.#values.get(place) ?? NOWHERE;
  }

  #scanElements(): Bounds[] {
    const elements: Bounds[] = [];
    const { start } = this.#found;
    if (this.#source.text.charCodeAt(start) !== OPEN_BRACKET) return elements;
    walkElements(this.#source.text, start, (at) => {
      const end = this.#source.endOf(at, this.#depth);
      elements.push({ start: at, end });
      return end;
    });
    return elements;
  }

  #scanMembers(): Map<string, Bounds> {
    const members = new Map<string, Bounds>();
    const { start } = this.#found;
    if (this.#source.text.charCodeAt(start) !== OPEN_BRACE) return members;
    walkMembers(this.#source.text, start, (key, _keyStart, at) => {
      const end = this.#source.endOf(at, this.#depth);
      members.set(key, { start: at, end });
      return end;
    });
    return members;
  }
}
