/** What `--json` prints. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** A field of an answer as text; undefined where there is none. */
export function text(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
