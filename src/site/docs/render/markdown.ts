import type { Block, CodeBlock, DocPage, TableBlock } from '../structure/document.ts';
import type { Inline, InlineParser } from './inline.ts';

interface MarkdownContext {
  inline: InlineParser;
  /** Where this installation is reached, without trailing slash: a file that is carried off keeps its links. */
  publicUrl: string;
}

/** The page as Markdown (CommonMark with tables). */
export function pageMarkdown(page: DocPage, context: MarkdownContext): string {
  const body = page.blocks.map((block) => blockMarkdown(block, context));
  return `${[`# ${escaped(page.title)}`, line(page.summary, context), ...body].join('\n\n')}\n`;
}

function blockMarkdown(block: Block, context: MarkdownContext): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${line(block.text, context)}`;
    case 'paragraph':
      return line(block.text, context);
    case 'list':
      return block.items
        .map((item, index) => `${block.ordered ? `${index + 1}.` : '-'} ${line(item, context)}`)
        .join('\n');
    case 'table':
      return tableMarkdown(block, context);
    case 'code':
      return codeMarkdown(block);
    case 'tabs':
      return block.tabs.map(({ label, code }) => `**${escaped(label)}**\n\n${codeMarkdown(code)}`).join('\n\n');
    case 'note':
      return `> ${block.tone === 'warning' ? '**Mind:** ' : ''}${line(block.text, context)}`;
    case 'tiles':
      return block.tiles
        .map(({ title, href, text }) => `- [${escaped(title)}](${address(href, context)}): ${line(text, context)}`)
        .join('\n');
    case 'figures':
      return block.figures
        .map(({ name, value, unit }) => `- ${escaped(name)}: ${escaped(`${value} ${unit}`)}`)
        .join('\n');
  }
}

function tableMarkdown({ columns, rows }: TableBlock, context: MarkdownContext): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const cell = (text: string): string => line(text, context).replaceAll('|', '\\|') || ' ';
  return [
    row(columns.map(({ head }) => cell(head))),
    row(columns.map(({ align }) => (align === 'end' ? '--:' : '---'))),
    ...rows.map(({ cells }) => row(cells.map(cell))),
  ].join('\n');
}

/** The fence is longer than any run of backticks inside. */
function codeMarkdown({ language, code, title }: CodeBlock): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const heading = title === undefined ? '' : `${escaped(title)}:\n\n`;
  return `${heading}${fence}${language === 'text' ? '' : language}\n${code}\n${fence}`;
}

function line(text: string, context: MarkdownContext): string {
  return context
    .inline(text)
    .map((piece) => inlineMarkdown(piece, context))
    .join('');
}

function inlineMarkdown(piece: Inline, context: MarkdownContext): string {
  switch (piece.kind) {
    case 'text':
      return escaped(piece.text);
    case 'mark':
      return piece.text;
    case 'code':
      return `\`${piece.text}\``;
    case 'strong':
      return `**${escaped(piece.text)}**`;
    case 'link':
      return `[${escaped(piece.text)}](${address(piece.href, context)})`;
  }
}

/** What would be markup or HTML stays text. */
function escaped(text: string): string {
  return text.replace(/[\\*_`[\]<]/g, (character, at: number) =>
    // An underscore within a word is none in CommonMark, and names of fields read better without the stroke.
    character === '_' && /\w/.test(text[at - 1] ?? '') && /\w/.test(text[at + 1] ?? '') ? character : `\\${character}`,
  );
}

/** Pages of the documentation lead to their Markdown. */
function address(href: string, { publicUrl }: MarkdownContext): string {
  if (!href.startsWith('/')) return href;
  const [path = '', fragment] = href.split('#');
  const page = /^\/docs(\/|$)/.test(path) && !path.endsWith('.md') ? `${path}.md` : path;
  return `${publicUrl}${page}${fragment === undefined ? '' : `#${fragment}`}`;
}
