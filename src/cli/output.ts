import type { Page } from './admin-call.ts';
import type { Io } from './io.ts';
import { type Column, details, printable, table } from './table.ts';

/** A row of an answer; only what is printed is looked at. */
export type Row = Record<string, unknown>;

/** What `--json` prints. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Columns of fields, titled by their names with blanks for underscores. */
export function columns(...fields: (string | { field: string; title?: string; right?: boolean })[]): Column<Row>[] {
  return fields.map((given) => {
    const {
      field,
      title = field.replaceAll('_', ' '),
      right = false,
    } = typeof given === 'string' ? { field: given } : given;
    return { title, value: (row) => scalar(row[field]), right };
  });
}

/** A column of figures. */
export function figure(field: string, title?: string) {
  return { field, right: true, ...(title === undefined ? {} : { title }) };
}

export function printPage(io: Io, page: Page<Row>, shape: Column<Row>[], asJson: boolean | undefined): void {
  io.out(asJson ? json(page) : table(page.data, shape));
  if (!asJson && page.next_cursor) io.err(`more with --cursor ${page.next_cursor}\n`);
}

export function printRow(io: Io, row: Row, asJson: boolean | undefined): void {
  io.out(asJson ? json(row) : details(Object.entries(row)));
}

/** The secret alone goes to stdout, so that a script can take it; what it belongs to stands on stderr. */
export function printSecret(io: Io, what: string, secret: unknown): void {
  io.err(`${printable(what)}; shown this once, stored hashed:\n`);
  io.out(`${String(secret)}\n`);
}

function scalar(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
