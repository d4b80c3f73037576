import { errorFields } from './error-fields.ts';
import { type LogSink, stderrSink } from './log-sink.ts';

type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * Everything that a line may carry, and as what. What is not listed here is not written, so that no prompt, answer,
 * header value or secret reaches a log by accident: something new is added here, in sight of a reviewer.
 */
const fieldTypes = {
  request_id: 'string',
  protocol: 'string',
  model: 'string',
  upstream: 'string',
  upstream_model: 'string',
  status: 'number',
  upstream_status: 'number',
  error_code: 'string',
  // Class and code of an error, never its message.
  cause: 'string',
  api_key_id: 'string',
  stream: 'boolean',
  simulated: 'boolean',
  outcome: 'string',
  input_tokens: 'number',
  cache_read_tokens: 'number',
  cache_write_tokens: 'number',
  output_tokens: 'number',
  reasoning_tokens: 'number',
  usage_source: 'string',
  cost_usd: 'string',
  absorbed_usd: 'string',
  available_usd: 'string',
  ttft_ms: 'number',
  duration_ms: 'number',
  // Names of request fields that were changed or left out.
  changed: 'string',
  url: 'string',
  file: 'string',
  // Name of a setting, an upstream, a migration: never a value.
  name: 'string',
  // Where a setting or a credential came from, `env:DEEPSEEK_API_KEY`.
  origin: 'string',
  // One of our own sentences.
  note: 'string',
  signal: 'string',
  exit_code: 'number',
  pid: 'number',
  version: 'string',
  count: 'number',
} as const satisfies Record<string, keyof FieldTypes>;

interface FieldTypes {
  string: string;
  number: number;
  boolean: boolean;
}

export type LogFields = {
  [Name in keyof typeof fieldTypes]?: FieldTypes[(typeof fieldTypes)[Name]] | undefined;
} & {
  /** Written as class, code and source positions, never with its message, which may quote a client's text. */
  error?: unknown;
};

export interface Logger {
  /** `event` is a fixed name such as `request` or `upstream.refused`, never built from data. */
  debug: (event: string, fields?: LogFields) => void;
  info: (event: string, fields?: LogFields) => void;
  warn: (event: string, fields?: LogFields) => void;
  error: (event: string, fields?: LogFields) => void;
  /** Resolves when everything so far has been handed to the system, or nobody takes it. */
  flush: () => Promise<void>;
  /** The same without the event loop, for the last moment of the process. */
  flushSync: () => void;
}

export interface LoggerOptions {
  level: LogLevel | 'silent';
  /** Lines for people instead of JSON. */
  pretty?: boolean;
  sink?: LogSink;
  /** Unix milliseconds. */
  now?: () => number;
}

const ranks: Record<LogLevel | 'silent', number> = { debug: 10, info: 20, warn: 30, error: 40, silent: 99 };

const MAX_STRING = 300;

/** A logger that writes to stderr: JSON lines, or lines for people when stderr is a terminal. */
export function createLogger(options: LoggerOptions): Logger {
  const sink = options.sink ?? stderrSink();
  const format = (options.pretty ?? process.stderr.isTTY) ? prettyLine : jsonLine;
  const now = options.now ?? Date.now;
  const threshold = ranks[options.level];
  const at = (level: LogLevel) =>
    ranks[level] < threshold
      ? () => {}
      : (event: string, fields: LogFields = {}) => sink.write(format(now(), level, event, fields));
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    flush: () => sink.flush(),
    flushSync: () => sink.flushSync(),
  };
}

/** For tests and for parts that run without a log. */
export const silentLogger: Logger = createLogger({
  level: 'silent',
  sink: { write: () => {}, flush: async () => {}, flushSync: () => {} },
});

type Written = string | number | boolean;

/** What a field may be written as; undefined: it may not. */
function writable(name: string, value: unknown): Written | undefined {
  // Types are checked once more here: a cast elsewhere must not get an object in.
  // What an object inherits is of no such type, so that a name like `constructor` is not written either.
  if (typeof value !== fieldTypes[name as keyof typeof fieldTypes]) return undefined;
  const written = value as Written;
  return typeof written === 'string' && written.length > MAX_STRING ? `${written.slice(0, MAX_STRING)}…` : written;
}

/** The fields that may be written, in their order; last what an error says of itself, which comes once. */
function* fieldsOf(fields: LogFields): Generator<[name: string, value: Written]> {
  const about: Record<string, string | undefined> = fields.error === undefined ? {} : errorFields(fields.error);
  for (const name in fields) {
    const value = name in about ? undefined : writable(name, fields[name as keyof LogFields]);
    if (value !== undefined) yield [name, value];
  }
  for (const [name, value] of Object.entries(about)) if (value !== undefined) yield [name, value];
}

/** The fields are written as one: put together from pieces a line takes longer, and longer again to be joined when it leaves. */
function jsonLine(time: number, level: LogLevel, event: string, fields: LogFields): string {
  const head = `{"time":"${isoTime(time)}","level":"${level}","event":${JSON.stringify(event)}`;
  const rest = JSON.stringify(areWritable(fields) ? fields : Object.fromEntries(fieldsOf(fields)));
  return rest === '{}' ? `${head}}\n` : `${head},${rest.slice(1)}\n`;
}

/** Whether the fields may be written as they are. */
function areWritable(fields: LogFields): boolean {
  // It would be asked in place of the fields.
  if ('toJSON' in fields) return false;
  for (const name in fields) {
    const value = fields[name as keyof LogFields];
    if (value !== undefined && writable(name, value) !== value) return false;
  }
  return true;
}

let isoOf = Number.NaN;
let iso = '';

/** Many lines are of the same millisecond. */
function isoTime(time: number): string {
  if (time !== isoOf) {
    isoOf = time;
    iso = new Date(time).toISOString();
  }
  return iso;
}

const colours: Record<LogLevel, number> = { debug: 90, info: 36, warn: 33, error: 31 };

function prettyLine(time: number, level: LogLevel, event: string, fields: LogFields): string {
  const clock = isoTime(time).slice(11, 23);
  const pairs = Array.from(fieldsOf(fields), ([name, value]) => `\x1b[90m${name}=\x1b[0m${plain(value)}`);
  return `${clock} \x1b[${colours[level]}m${level.padEnd(5)}\x1b[0m ${event} ${pairs.join(' ')}`.trimEnd().concat('\n');
}

/** Quotes what could confuse a reader or steer a terminal. */
function plain(value: unknown): string {
  const text = String(value);
  return /^[\x21-\x7e]+$/.test(text) && !text.includes('"') ? text : JSON.stringify(text);
}
