/** Classes by their letter: a character that belongs to each. */
const ESCAPES: Record<string, string> = {
  d: '1',
  w: 'a',
  s: ' ',
  D: 'a',
  W: '-',
  S: 'a',
  n: '\n',
  t: '\t',
  r: '\r',
  b: '',
  B: '',
};
const MAX_REPEAT = 100;
/** Characters that one quantifier makes: nested ones multiply. */
const MAX_LENGTH = 10_000;
const LAST_CODE_POINT = 0x10ffff;

/**
 * A text that matches a regular expression, made from the pattern alone and never by running it (a tool's pattern may
 * backtrack for years). Reads what schemas use: literals, classes, groups, alternatives, quantifiers, anchors;
 * look-around and back-references are passed over. Open quantifiers repeat until `minLength` is reached.
 */
export function patternValue(pattern: string, minLength = 0): string {
  let text = '';
  for (let more = 0; more <= MAX_REPEAT; more++) {
    const { length } = text;
    text = new PatternReader(pattern, more).alternatives();
    // Nothing in it is open any more where it grows no longer.
    if (text.length >= minLength || (more > 0 && text.length === length)) break;
  }
  return text;
}

class PatternReader {
  readonly #pattern: string;
  /** Repetitions beyond the fewest, where a quantifier is open. */
  readonly #more: number;
  #at = 0;

  constructor(pattern: string, more: number) {
    this.#pattern = pattern;
    this.#more = more;
  }

  /** The first alternative up to `)` or the end; the others are read and dropped. */
  alternatives(): string {
    const first = this.#sequence();
    while (this.#pattern[this.#at] === '|') {
      this.#at++;
      this.#sequence();
    }
    return first;
  }

  #sequence(): string {
    let text = '';
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at]!)) {
      const atom = this.#atom();
      text += atom.repeat(Math.min(this.#repeat(), Math.ceil(MAX_LENGTH / (atom.length || 1))));
    }
    return text;
  }

  #atom(): string {
    const char = this.#pattern[this.#at++]!;
    switch (char) {
      case '^':
      case '$':
        return '';
      case '.':
        return 'a';
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      default:
        return char;
    }
  }

  #group(): string {
    const kind = /^\?(?::|<?[=!]|<[^>]*>)/.exec(this.#pattern.slice(this.#at))?.[0] ?? '';
    this.#at += kind.length;
    const text = this.alternatives();
    this.#at++;
    return /^\?<?[=!]$/.test(kind) ? '' : text;
  }

  /** First character of a class; of a negated one, a common character that is not in it. */
  #class(): string {
    const negated = this.#pattern[this.#at] === '^';
    if (negated) this.#at++;
    const start = this.#at;
    let first: string | undefined;
    while (this.#at < this.#pattern.length && (this.#pattern[this.#at] !== ']' || this.#at === start)) {
      const char = this.#pattern[this.#at++]!;
      const value = char === '\\' ? this.#escape() : char;
      first ??= value;
    }
    const body = this.#pattern.slice(start, this.#at++);
    if (!negated) return first ?? '';
    return [...'a1-_ Z.'].find((char) => !body.includes(char) && !coveredByRange(body, char)) ?? 'é';
  }

  #escape(): string {
    const char = this.#pattern[this.#at++] ?? '';
    if (char === 'u' || char === 'x') {
      const hex = /^(?:\{[0-9a-f]+\}|[0-9a-f]{2,4})/i.exec(this.#pattern.slice(this.#at))?.[0] ?? '';
      this.#at += hex.length;
      const code = Number.parseInt(hex.replace(/[{}]/g, '') || '61', 16);
      return code > LAST_CODE_POINT ? 'a' : String.fromCodePoint(code);
    }
    if (char === 'p' || char === 'P') {
      const name = /^\{([^}]*)\}/.exec(this.#pattern.slice(this.#at));
      this.#at += name?.[0].length ?? 0;
      const property = name?.[1] ?? '';
      return property.startsWith('N') ? '1' : property === 'Lu' ? 'A' : 'a';
    }
    return /[1-9]/.test(char) ? '' : (ESCAPES[char] ?? char);
  }

  #repeat(): number {
    const quantifier = /^(?:[?*+]|\{(\d+)(,?)(\d*)\})[?+]?/.exec(this.#pattern.slice(this.#at));
    if (quantifier === null) return 1;
    this.#at += quantifier[0].length;
    const [, least, comma, most] = quantifier;
    if (least === undefined) {
      if (quantifier[0][0] === '?') return Math.min(this.#more, 1);
      return (quantifier[0][0] === '+' ? 1 : 0) + this.#more;
    }
    const fewest = Math.min(Number(least), MAX_REPEAT);
    if (comma === '') return fewest;
    return Math.min(fewest + this.#more, most === '' ? Number.POSITIVE_INFINITY : Number(most));
  }
}

function coveredByRange(body: string, char: string): boolean {
  if (/\\w/.test(body) && /\w/.test(char)) return true;
  if ((/\\d/.test(body) && /\d/.test(char)) || (/\\s/.test(body) && char === ' ')) return true;
  return [...body.matchAll(/([^\\])-([^\\])/g)].some(([, from, to]) => char >= from! && char <= to!);
}
