import { resolve } from 'node:path';

/** What a log line says about an error. */
type ErrorFields = {
  error?: string;
  error_code?: string;
  /** Innermost positions in our own source, `src/pipeline/relay.ts:120 relay`. */
  at?: string;
  cause?: string;
};

const ROOT = `${resolve(import.meta.dir, '..', '..')}/`;
const MAX_POSITIONS = 6;

/**
 * Class, code and positions of an error. The message is left out: parsers quote what they read, upstreams quote the
 * request, and neither belongs in a log.
 */
export function errorFields(error: unknown): ErrorFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const fields: ErrorFields = { error: className(error) };
  const code = codeOf(error);
  const at = positions(error);
  if (code !== undefined) fields.error_code = code;
  if (at !== '') fields.at = at;
  const cause = causeOf(error);
  if (cause !== undefined) fields.cause = cause;
  return fields;
}

/** Class and code of what caused an error, `ConnectionFailed ECONNREFUSED`. */
export function causeOf({ cause }: Error): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const code = codeOf(cause);
  return code === undefined ? className(cause) : `${className(cause)} ${code}`;
}

function className(error: Error): string {
  return /^[\w$]{1,64}$/.test(error.name) ? error.name : 'Error';
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  if (typeof code === 'number') return String(code);
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : undefined;
}

function positions(error: Error): string {
  const stack = error.stack ?? '';
  // A message may itself hold lines that look like frames.
  const start = stack.indexOf(error.message);
  const frames = start < 0 ? stack : stack.slice(start + error.message.length);
  return frames
    .split('\n')
    .flatMap((line) => {
      const frame = /^\s+at (?:(?<name>[\w$.<> ]{1,80}) \()?(?<file>\/[^():]+):(?<line>\d+):\d+\)?$/.exec(line)?.groups;
      if (!frame?.file?.startsWith(ROOT) || frame.file.includes('/node_modules/')) return [];
      return `${frame.file.slice(ROOT.length)}:${frame.line}${frame.name ? ` ${frame.name}` : ''}`;
    })
    .slice(0, MAX_POSITIONS)
    .join(' < ');
}
