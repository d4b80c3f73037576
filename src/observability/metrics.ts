/** A Prometheus registry: counters, gauges, histograms, and their text form (exposition format 0.0.4). */
export interface Metrics {
  counter: <L extends string = never>(name: string, help: string, labels?: readonly L[]) => Counter<L>;
  gauge: <L extends string = never>(name: string, help: string, labels?: readonly L[]) => Gauge<L>;
  /** A gauge that is read at the moment of the scrape. */
  observe: (name: string, help: string, read: () => number) => void;
  /** `bounds` ascend, without +Inf. */
  histogram: <L extends string = never>(
    name: string,
    help: string,
    bounds: number[],
    labels?: readonly L[],
  ) => Histogram<L>;
  expose: () => string;
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Label values must come from small closed sets: each combination is a series for ever. Never a key, a user, a URL. */
type Labels<L extends string> = Readonly<Record<L, string>>;

interface Counter<L extends string> {
  /** `by` is 1 unless given, and never negative. */
  add: (labels: Labels<L>, by?: number) => void;
}

interface Gauge<L extends string> {
  set: (labels: Labels<L>, value: number) => void;
  add: (labels: Labels<L>, by: number) => void;
}

interface Histogram<L extends string> {
  record: (labels: Labels<L>, value: number) => void;
}

interface Family {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  lines: () => string[];
}

/** Throws `TypeError` for a name that Prometheus refuses or that is taken: both are mistakes in our own code. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>();
  const register = (family: Family) => {
    if (!/^[a-z_][a-z0-9_]*$/.test(family.name) || families.has(family.name))
      throw new TypeError(`metric ${family.name}`);
    families.set(family.name, family);
  };

  const scalar = <L extends string>(type: 'counter' | 'gauge', name: string, help: string, labels: readonly L[]) => {
    const series = new Series(labels, () => ({ value: 0 }));
    register({
      name,
      help,
      type,
      lines: () => series.list().map(([key, { value }]) => `${name}${braces(key)} ${text(value)}`),
    });
    return {
      add: (values: Labels<L>, by = 1) => {
        series.of(values).value += by;
      },
      set: (values: Labels<L>, value: number) => {
        series.of(values).value = value;
      },
    };
  };

  return {
    counter: (name, help, labels = []) => scalar('counter', name, help, labels),
    gauge: (name, help, labels = []) => scalar('gauge', name, help, labels),
    observe: (name, help, read) => register({ name, help, type: 'gauge', lines: () => [`${name} ${text(read())}`] }),
    histogram: (name, help, bounds, labels = []) => {
      const series = new Series(labels, () => emptyBuckets(bounds));
      register({
        name,
        help,
        type: 'histogram',
        lines: () => series.list().flatMap(([key, buckets]) => histogramLines(name, key, bounds, buckets)),
      });
      return {
        record: (values, value) => {
          const buckets = series.of(values);
          const index = bounds.findIndex((bound) => value <= bound);
          buckets.counts[index < 0 ? bounds.length : index]! += 1;
          buckets.sum += value;
        },
      };
    },
    expose: () =>
      [...families.values()]
        .flatMap(({ name, help, type, lines }) => [
          `# HELP ${name} ${escapeHelp(help)}`,
          `# TYPE ${name} ${type}`,
          ...lines(),
        ])
        .join('\n')
        .concat('\n'),
  };
}

interface Buckets {
  /** Not cumulative; the last one is +Inf. */
  counts: number[];
  sum: number;
}

function emptyBuckets(bounds: number[]): Buckets {
  return { counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
}

function histogramLines(name: string, key: string, bounds: number[], { counts, sum }: Buckets): string[] {
  let total = 0;
  const lines = counts.map((count, index) => {
    total += count;
    const le = `le="${index < bounds.length ? text(bounds[index]!) : '+Inf'}"`;
    return `${name}_bucket${braces(key === '' ? le : `${key},${le}`)} ${total}`;
  });
  return [...lines, `${name}_sum${braces(key)} ${text(sum)}`, `${name}_count${braces(key)} ${total}`];
}

/** The series of one metric by the values of its labels, a level for each label: to find one makes nothing. */
class Series<L extends string, T> {
  readonly #names: readonly L[];
  readonly #make: () => T;
  readonly #root: Level<T> = new Map();
  readonly #found: { labels: string; value: T }[] = [];

  constructor(names: readonly L[], make: () => T) {
    this.#names = names;
    this.#make = make;
    // Without labels there is one series, and it exists from the start: a rate needs its zero.
    if (names.length === 0) this.of({} as Labels<L>);
  }

  of(values: Labels<L>): T {
    let level = this.#root;
    for (const name of this.#names) {
      let below = level.get(values[name]) as Level<T> | undefined;
      if (below === undefined) {
        below = new Map();
        level.set(values[name], below);
      }
      level = below;
    }
    return (level.get(VALUE) as T | undefined) ?? this.#begin(level, values);
  }

  list(): [labels: string, value: T][] {
    return this.#found.map(({ labels, value }) => [labels, value]);
  }

  #begin(level: Level<T>, values: Labels<L>): T {
    const labels = this.#names.map((name) => `${name}="${escapeValue(values[name])}"`).join(',');
    const value = this.#make();
    level.set(VALUE, value);
    this.#found.push({ labels, value });
    return value;
  }
}

/** Levels by the value of their label; below the last label, the series. */
type Level<T> = Map<string | typeof VALUE, Level<T> | T>;
const VALUE = Symbol('value');

function braces(key: string): string {
  return key === '' ? '' : `{${key}}`;
}

function text(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
