import { GatewayError } from '../errors/catalogue.ts';

/** The query of a list, read by name; what is not known is refused, so that a misspelt filter does not show everything. */
export class Query {
  readonly #params: URLSearchParams;

  /** Throws `invalid_param` for a name that is not allowed or given twice. */
  constructor(url: URL, allowed: readonly string[]) {
    this.#params = url.searchParams;
    for (const name of new Set(this.#params.keys())) {
      if (!allowed.includes(name)) throw wrong(name, `is no filter here. Allowed: ${allowed.join(', ')}`);
      if (this.#params.getAll(name).length > 1) throw wrong(name, 'is given more than once');
    }
  }

  has(name: string): boolean {
    return this.text(name) !== undefined;
  }

  /** Undefined when it is missing or empty. */
  text(name: string): string | undefined {
    return this.#params.get(name) || undefined;
  }

  oneOf<const T extends string>(name: string, values: readonly T[]): T | undefined {
    const text = this.text(name);
    const found = values.find((value) => value === text);
    if (text !== undefined && found === undefined) throw wrong(name, `must be one of: ${values.join(', ')}`);
    return found;
  }

  /** Several of the values, separated by commas. */
  listOf<const T extends string>(name: string, values: readonly T[]): T[] {
    const texts = this.text(name)?.split(',') ?? [];
    return texts.map((text) => {
      const found = values.find((value) => value === text.trim());
      if (found === undefined) throw wrong(name, `must be one or several of: ${values.join(', ')}`);
      return found;
    });
  }

  flag(name: string): boolean | undefined {
    const text = this.oneOf(name, ['true', 'false', '1', '0']);
    return text === undefined ? undefined : text === 'true' || text === '1';
  }

  limit(standard: number, most: number): number {
    const text = this.text('limit');
    if (text === undefined) return standard;
    const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    if (value < 1 || value > most) throw wrong('limit', `must be a whole number from 1 to ${most}`);
    return value;
  }

  /** `next_cursor` of the page before. */
  cursor(): string | undefined {
    const text = this.text('cursor');
    if (text !== undefined && !/^\d{1,18}$/.test(text))
      throw wrong('cursor', 'must be the next_cursor of a page before');
    return text;
  }

  /** Unix ms, from ISO 8601, Unix seconds or, with 12 digits and more, Unix ms. */
  instant(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const ms = toMs(text);
    if (!Number.isFinite(ms)) {
      throw wrong(name, 'must be a time such as 2026-05-21, 2026-05-21T14:00:00Z or Unix seconds');
    }
    return Math.floor(ms);
  }
}

function toMs(text: string): number {
  if (/^\d{12,14}$/.test(text)) return Number(text);
  return /^\d{1,11}(\.\d+)?$/.test(text) ? Number(text) * 1000 : isoToMs(text);
}

function isoToMs(text: string): number {
  // Without a zone it is UTC, as everything here.
  const [, date, time, zone] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text) ?? [];
  if (date === undefined || !isDay(date)) return Number.NaN;
  return Date.parse(`${date}T${time ?? '00:00'}${zone ?? 'Z'}`);
}

/** The platform takes the 30th of February for the 2nd of March. */
function isDay(date: string): boolean {
  const ms = Date.parse(`${date}T00:00Z`);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(date);
}

function wrong(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_param', `${param} ${problem}.`, { param });
}
