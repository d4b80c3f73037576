import type { DocPage } from '../structure/document.ts';
import { type Entry, neighbours, type Section } from '../structure/navigation.ts';
import { blocksHtml, inlineHtml } from './blocks.ts';
import { type Html, html } from './html.ts';
import { type InlineParser, plainText } from './inline.ts';

interface LayoutContext {
  sections: readonly Section[];
  inline: InlineParser;
  /** Addresses of the files that pages load. */
  assets: { css: string; js: string; theme: string; icon: string };
  publicUrl: string;
  version: string;
}

/** A page as a whole HTML document. It has no style and no script of its own: the policy of the site forbids them. */
export function pageHtml(page: DocPage, context: LayoutContext): string {
  const { sections, inline, assets, publicUrl } = context;
  const description = plainText(inline(page.summary));
  const listed = sections.some(({ entries }) => entries.some(({ path }) => path === page.path));
  const title = page.path === '/docs' ? `${page.title} documentation` : `${page.title} · ByteSpike`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<meta name="description" content="${description}">
${
  listed
    ? html`<link rel="canonical" href="${publicUrl}${page.path}">
<link rel="alternate" type="text/markdown" href="${page.path}.md">`
    : html`<meta name="robots" content="noindex">`
}
<link rel="icon" type="image/svg+xml" href="${assets.icon}">
<script src="${assets.theme}"></script>
<link rel="stylesheet" href="${assets.css}">
<script src="${assets.js}" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
${header(page.path)}
<div class="frame${page.wide && ' wide'}">
${sidebar(sections, page.path)}
<main id="content" tabindex="-1">
<article>
<h1>${page.title}</h1>
<p class="lead">${inlineHtml(page.summary, inline)}</p>
${blocksHtml(page.blocks, inline)}
</article>
${listed && pager(sections, page.path)}
${footer(listed ? page : undefined, context)}
</main>
${page.wide !== true && contents(page, inline)}
</div>
</body>
</html>
`.text;
}

function header(path: string): Html {
  const link = (href: string, label: string): Html =>
    html`<a href="${href}"${href === path && html` aria-current="page"`}>${label}</a>`;
  return html`<header class="top">
<button class="menu" type="button" popovertarget="navigation">Menu</button>
<a class="brand" href="/docs"><svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true"><path d="M18 2 6 18h8l-2 12 14-18h-9z" fill="currentColor"/></svg>ByteSpike</a>
<nav class="links" aria-label="Site">${link('/docs/guides/quickstart', 'Quickstart')}${link('/docs/models', 'Models')}${link('/docs/pricing', 'Pricing')}${link('/docs/api', 'API')}${link('/console', 'Console')}</nav>
</header>`;
}

/** On a narrow screen it opens over the page, without a script; on a wide one it stands beside it. */
function sidebar(sections: readonly Section[], path: string): Html {
  const item = ({ path: href, label }: Entry): Html =>
    html`<li><a href="${href}"${href === path && html` aria-current="page"`}>${label}</a></li>\n`;
  return html`<nav class="side" id="navigation" popover aria-label="Documentation">
${sections.map(({ title, entries }) => html`<h2>${title}</h2>\n<ul>\n${entries.map(item)}</ul>\n`)}</nav>`;
}

function contents(page: DocPage, inline: InlineParser): Html | undefined {
  const headings = page.blocks.flatMap((block) => (block.kind === 'heading' && block.level === 2 ? [block] : []));
  if (headings.length < 2) return undefined;
  const items = headings.map(({ id, text }) => html`<li><a href="#${id}">${plainText(inline(text))}</a></li>\n`);
  return html`<nav class="contents" aria-label="On this page">
<h2>On this page</h2>
<ul>
${items}</ul>
</nav>`;
}

function pager(sections: readonly Section[], path: string): Html {
  const { previous, next } = neighbours(sections, path);
  return html`<nav class="pager" aria-label="Previous and next page">
${previous && html`<a class="previous" rel="prev" href="${previous.path}"><span>Previous</span>${previous.label}</a>`}
${next && html`<a class="next" rel="next" href="${next.path}"><span>Next</span>${next.label}</a>`}
</nav>`;
}

/** Without a page: it is none of the documentation's own. */
function footer(page: DocPage | undefined, { version }: LayoutContext): Html {
  return html`<footer>
<p>${page && html`<a href="${page.path}.md">This page as Markdown</a> · `}<a href="/llms.txt">llms.txt</a> · <a href="/openapi.json">OpenAPI</a> · ByteSpike ${version}</p>
</footer>`;
}
