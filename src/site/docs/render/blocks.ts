import type { Block, CodeBlock, Tab, TableBlock } from '../structure/document.ts';
import { highlight } from './highlight.ts';
import { type Html, html } from './html.ts';
import type { Inline, InlineParser } from './inline.ts';

/** The blocks of a page as HTML. */
export function blocksHtml(blocks: readonly Block[], inline: InlineParser): Html[] {
  // Radio buttons of one set share a name, so every set of a page needs its own.
  let sets = 0;
  return blocks.map((block) => (block.kind === 'tabs' ? tabsHtml(block, ++sets) : blockHtml(block, inline)));
}

/** A line of text with its code, links and emphasis. */
export function inlineHtml(text: string, inline: InlineParser): Html {
  return html`${inline(text).map(pieceHtml)}`;
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
  }
}

/** It scrolls by itself where it is wider than the page, also by keyboard. */
function tableHtml({ caption, columns, rows, sortable }: TableBlock, inline: InlineParser): Html {
  const side = (index: number): Html | undefined => (columns[index]?.align === 'end' ? html` class="end"` : undefined);
  const heads = columns.map(({ head }, index) => html`<th scope="col"${side(index)}>${inlineHtml(head, inline)}</th>`);
  const body = rows.map(({ id, cells }) => {
    const columns = cells.map((cell, index) =>
      index === 0
        ? html`<th scope="row"${side(index)}>${inlineHtml(cell, inline)}</th>`
        : html`<td${side(index)}>${inlineHtml(cell, inline)}</td>`,
    );
    return html`<tr${id === undefined ? undefined : html` id="${id}"`}>${columns}</tr>\n`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table${sortable && html` data-sortable`}><caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody></table></div>\n`;
}

/** The copy button is the script's: without it there is none that does nothing. */
function codeHtml({ language, code, title }: CodeBlock): Html {
  return html`<figure class="code">${title !== undefined && html`<figcaption>${title}</figcaption>`}<pre tabindex="0" data-language="${language}"><code>${highlight(code, language)}</code></pre></figure>\n`;
}

/** Radio buttons choose the panel by CSS alone. */
function tabsHtml({ label, tabs }: { label: string; tabs: Tab[] }, set: number): Html {
  const controls = tabs.map(({ label: name }, index) => {
    const id = `tab-${set}-${index + 1}`;
    return html`<input type="radio" name="tabs-${set}" id="${id}" value="${name}"${index === 0 && html` checked`}><label for="${id}">${name}</label>\n`;
  });
  const panels = tabs.map(({ code }) => html`<div class="panel">${codeHtml(code)}</div>\n`);
  return html`<div class="tabs" role="group" aria-label="${label}">\n${controls}${panels}</div>\n`;
}

function pieceHtml(piece: Inline): Html {
  switch (piece.kind) {
    case 'text':
      return html`${piece.text}`;
    case 'code':
      return html`<code>${piece.text}</code>`;
    case 'strong':
      return html`<strong>${piece.text}</strong>`;
    case 'link':
      return html`<a href="${piece.href}">${piece.text}</a>`;
  }
}
