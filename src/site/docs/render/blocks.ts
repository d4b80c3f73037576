import type { Block, CodeBlock, Language, Tab, TableBlock } from '../structure/document.ts';
import { highlight } from './highlight.ts';
import { type Html, html } from './html.ts';
import { type Inline, type InlineParser, type Meaning, plainText } from './inline.ts';

/** The blocks of a page as HTML. */
export function blocksHtml(blocks: readonly Block[], inline: InlineParser): Html[] {
  // Radio buttons of one set share a name, so every set of a page needs its own.
  let sets = 0;
  return blocks.map((block) => (block.kind === 'tabs' ? tabsHtml(block, ++sets) : blockHtml(block, inline)));
}

/** A line of text with its code, links and emphasis. */
export function inlineHtml(text: string, inline: InlineParser): Html {
  return html`${inline(text).map((piece) => pieceHtml(piece))}`;
}

/** The same for a cell that has to make do with little room. */
function cellHtml(text: string, inline: InlineParser): Html {
  return html`${inline(text).map((piece) => pieceHtml(piece, breakable))}`;
}

function blockHtml(block: Exclude<Block, { kind: 'tabs' }>, inline: InlineParser): Html {
  const line = (text: string): Html => inlineHtml(text, inline);
  switch (block.kind) {
    case 'heading': {
      const label = html`<a class="anchor" href="#${block.id}" aria-label="Link to this section">#</a>`;
      return block.level === 2
        ? html`<h2 id="${block.id}">${line(block.text)} ${label}</h2>\n`
        : html`<h3 id="${block.id}">${line(block.text)} ${label}</h3>\n`;
    }
    case 'paragraph':
      return html`<p>${line(block.text)}</p>\n`;
    case 'list': {
      const items = block.items.map((item) => html`<li>${line(item)}</li>\n`);
      return block.ordered ? html`<ol>\n${items}</ol>\n` : html`<ul>\n${items}</ul>\n`;
    }
    case 'table':
      return tableHtml(block, inline);
    case 'code':
      return codeHtml(block);
    case 'note':
      return html`<aside class="note ${block.tone}" aria-label="${block.tone === 'info' ? 'Note' : 'Warning'}"><p>${line(block.text)}</p></aside>\n`;
    case 'tiles':
      return html`<ul class="tiles">\n${block.tiles.map(
        ({ title, href, text }) => html`<li><a href="${href}"><strong>${title}</strong></a><p>${line(text)}</p></li>\n`,
      )}</ul>\n`;
    case 'figures':
      return html`<dl class="figures">\n${block.figures.map(
        ({ name, value, unit }) =>
          html`<div><dt>${name}</dt><dd><strong>${value}</strong> <span>${unit}</span></dd></div>\n`,
      )}</dl>\n`;
  }
}

/** It scrolls by itself where it is wider than the page, also by keyboard. */
function tableHtml({ caption, columns, rows, sortable, narrow }: TableBlock, inline: InlineParser): Html {
  const side = (index: number, cell = ''): Html | undefined => {
    if (columns[index]?.align === 'end') return html` class="end"`;
    // A date is not broken at its strokes.
    return /^\d{4}-\d{2}-\d{2}$/.test(cell) ? html` class="date"` : undefined;
  };
  const stacked = narrow === 'stack';
  // Browsers forget what a table is when its cells are laid out as blocks, so it is said again.
  const role = (name: string): Html | undefined => (stacked ? html` role="${name}"` : undefined);
  const label = (index: number): Html | undefined =>
    stacked ? html` data-label="${plainText(inline(columns[index]?.head ?? ''))}"` : undefined;
  const heads = columns.map(
    ({ head }, index) => html`<th scope="col"${role('columnheader')}${side(index)}>${inlineHtml(head, inline)}</th>`,
  );
  const body = rows.map(({ id, cells }) => {
    const all = cells.map((cell, index) => {
      return index === 0
        ? html`<th scope="row"${role('rowheader')}${side(index, cell)}>${inlineHtml(cell, inline)}</th>`
        : html`<td${role('cell')}${label(index)}${side(index, cell)}>${cellHtml(cell, inline)}</td>`;
    });
    return html`<tr${role('row')}${id === undefined ? undefined : html` id="${id}"`}>${all}</tr>\n`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table${role('table')}${stacked && html` class="stack"`}${sortable && html` data-sortable`}><caption>${caption}</caption>
<thead${role('rowgroup')}><tr${role('row')}>${heads}</tr></thead>
<tbody${role('rowgroup')}>
${body}</tbody></table></div>\n`;
}

/** The copy button is the script's: without it there is none that does nothing. */
function codeHtml({ language, code, title }: CodeBlock): Html {
  return html`<figure class="code"><figcaption>${title ?? LANGUAGE_NAMES[language]}</figcaption><pre tabindex="0" data-language="${language}"><code>${highlight(code, language)}</code></pre></figure>\n`;
}

const LANGUAGE_NAMES: Record<Language, string> = {
  sh: 'Shell',
  python: 'Python',
  typescript: 'TypeScript',
  json: 'JSON',
  text: 'Text',
};

/** Radio buttons choose the panel by CSS alone. */
function tabsHtml({ label, tabs }: { label: string; tabs: Tab[] }, set: number): Html {
  const controls = tabs.map(({ label: name }, index) => {
    const id = `tab-${set}-${index + 1}`;
    return html`<input type="radio" name="tabs-${set}" id="${id}" value="${name}"${index === 0 && html` checked`}><label for="${id}">${name}</label>\n`;
  });
  const panels = tabs.map(({ code }) => html`<div class="panel">${codeHtml(code)}</div>\n`);
  return html`<div class="tabs" role="group" aria-label="${label}">\n${controls}${panels}</div>\n`;
}

function pieceHtml(piece: Inline, codeText: (text: string) => Html | Html[] = (text) => html`${text}`): Html {
  switch (piece.kind) {
    case 'text':
      return html`${piece.text}`;
    case 'code':
      return html`<code>${codeText(piece.text)}</code>`;
    case 'strong':
      return html`<strong>${piece.text}</strong>`;
    case 'link':
      return html`<a href="${piece.href}">${piece.text}</a>`;
    case 'mark':
      return html`<span class="mark ${MARK_CLASSES[piece.means]}"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="${MARK_PATHS[piece.means]}"/></svg><span class="unseen">${piece.means}</span></span>`;
  }
}

/** Drawn, because not every machine has a font with them. */
const MARK_PATHS: Record<Meaning, string> = {
  Yes: 'M3 8.5 6.5 12 13 4.5',
  'In part': 'M3 8h10',
  No: 'M4 4l8 8M12 4l-8 8',
};
const MARK_CLASSES: Record<Meaning, string> = { Yes: 'yes', 'In part': 'part', No: 'no' };

/** Names up to this stay in one piece. Characters. */
const SHORT = 20;

/** Long names may be broken where people would: after a stroke or a dot, and between words. */
function breakable(text: string): Html[] {
  if (text.length <= SHORT) return [html`${text}`];
  return text
    .split(/(?<=[/_]|[a-z\]]\.)(?=\w)/)
    .flatMap((part, index) => (index === 0 ? [html`${part}`] : [html`<wbr>${part}`]));
}
