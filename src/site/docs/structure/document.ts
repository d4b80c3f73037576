/**
 * A page of the documentation as data: written once, rendered as HTML for people and as Markdown for programs.
 *
 * Texts are lines of a small part of Markdown: `` `code` ``, `**strong**`, `[text](/docs/…)`. Ids of models need no markup:
 * the renderers link them. `✅`, `➖` and `❌` are drawn and spoken. Everything else is plain text, whatever characters it holds (render/inline.ts).
 */
export interface DocPage {
  /** `/docs/models/deepseek-v4-pro`; the Markdown is at the same path with `.md`. */
  path: string;
  title: string;
  /** One or two sentences: the lead of the page, its description for search engines, its line in llms.txt. */
  summary: string;
  /** Its tables need the place where others list their sections. */
  wide?: true;
  blocks: Block[];
}

export type Block =
  | { kind: 'heading'; level: 2 | 3; text: string; id: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'list'; items: string[]; ordered: boolean }
  | TableBlock
  | CodeBlock
  | { kind: 'tabs'; label: string; tabs: Tab[] }
  | { kind: 'note'; tone: 'info' | 'warning'; text: string }
  | { kind: 'tiles'; tiles: Tile[] }
  | { kind: 'figures'; figures: Figure[] };

export interface TableBlock {
  kind: 'table';
  /** What the table shows, for those who do not see it. */
  caption: string;
  columns: Column[];
  rows: Row[];
  /** Columns can be sorted by their heads, where scripts run. */
  sortable: boolean;
  /** On a phone it scrolls by itself, or each row becomes a block of its own. */
  narrow: 'scroll' | 'stack';
}

interface Column {
  head: string;
  align?: 'end';
}

export interface Row {
  /** Anchor of the row, `#deepseek-v4-pro`. */
  id?: string;
  cells: string[];
}

export interface CodeBlock {
  kind: 'code';
  language: Language;
  code: string;
  /** File or protocol that it belongs to. */
  title?: string;
}

export type Language = 'sh' | 'python' | 'typescript' | 'json' | 'text';

export interface Tab {
  label: string;
  code: CodeBlock;
}

interface Tile {
  title: string;
  href: string;
  text: string;
}

/** What is asked first, to be seen at a glance. */
interface Figure {
  name: string;
  value: string;
  unit: string;
}

export const h2 = (text: string, id = slug(text)): Block => ({ kind: 'heading', level: 2, text, id });
export const h3 = (text: string, id = slug(text)): Block => ({ kind: 'heading', level: 3, text, id });
export const p = (text: string): Block => ({ kind: 'paragraph', text });
export const list = (...items: string[]): Block => ({ kind: 'list', items, ordered: false });
export const steps = (...items: string[]): Block => ({ kind: 'list', items, ordered: true });
export const note = (text: string, tone: 'info' | 'warning' = 'info'): Block => ({ kind: 'note', tone, text });
export const tabs = (label: string, ...all: Tab[]): Block => ({ kind: 'tabs', label, tabs: all });

export function code(language: Language, text: string, title?: string): CodeBlock {
  return { kind: 'code', language, code: text, ...(title === undefined ? {} : { title }) };
}

/** Heads that begin with `>` are aligned to the end, for figures. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (string[] | Row)[],
  options: { sortable?: boolean; narrow?: 'scroll' | 'stack' } = {},
): Block {
  return {
    kind: 'table',
    caption,
    columns: heads.map((head) => (head.startsWith('>') ? { head: head.slice(1), align: 'end' } : { head })),
    rows: rows.map((row) => (Array.isArray(row) ? { cells: row } : row)),
    sortable: options.sortable ?? false,
    narrow: options.narrow ?? 'scroll',
  };
}

/** `When not to use` → `when-not-to-use`. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
