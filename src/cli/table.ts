/** Rows as aligned columns for people; `--json` gives programs the whole of them. */
export interface Column<Row> {
  title: string;
  value: (row: Row) => string | number | boolean | null | undefined;
  /** Figures stand at the right. */
  right?: boolean;
}

/** Always ends with a newline; an empty list is said in words. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  if (rows.length === 0) return 'none\n';
  const cells = rows.map((row) => columns.map(({ value }) => cell(value(row))));
  const widths = columns.map(({ title }, index) => Math.max(title.length, ...cells.map((line) => line[index]!.length)));
  const format = (line: string[]) =>
    line
      .map((text, index) => (columns[index]!.right ? text.padStart(widths[index]!) : text.padEnd(widths[index]!)))
      .join('  ')
      .trimEnd();
  return `${[columns.map(({ title }) => title), ...cells].map(format).join('\n')}\n`;
}

/** One thing as `name  value` lines. */
export function details(fields: readonly (readonly [name: string, value: unknown])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}`.trimEnd().concat('\n')).join('');
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  const text = Array.isArray(value)
    ? value.map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one))).join(',') || '-'
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
  return printable(text);
}

/** Control characters in names could steer the terminal. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '?');
