import { type OpenApiOptions, openApiDocument, operations } from '../../openapi/openapi-document.ts';
import { nextPriceChange } from '../pages/prices.ts';
import { inlineParser } from '../render/inline.ts';
import { pageHtml } from '../render/layout.ts';
import { pageMarkdown } from '../render/markdown.ts';
import type { DocPage } from '../structure/document.ts';
import { navigation } from '../structure/navigation.ts';
import { modelPaths, type SiteContext } from '../structure/site-context.ts';
import { type Assets, loadAssets } from './assets.ts';
import { type Content, content } from './content.ts';
import { llmsTxt } from './llms-txt.ts';

/** Pages of one state of the site, each rendered at its first use and kept. */
export interface Library {
  /** Undefined: no such page. */
  html: (path: string) => Content | undefined;
  markdown: (path: string) => Content | undefined;
  llmsTxt: () => Content;
  openApi: () => Content;
  missing: () => Content;
  assets: Assets;
  /** Unix ms from which prices are others; undefined when none is planned. */
  until: number | undefined;
}

type LibraryOptions = Omit<SiteContext, 'operations'> & Pick<OpenApiOptions, 'management'>;

export async function createLibrary(options: LibraryOptions): Promise<Library> {
  const modelIds = options.catalog.cards.map(({ id }) => id);
  const context: SiteContext = { ...options, operations: operations({ ...options, modelIds }) };
  const sections = navigation(context);
  const entries = new Map(sections.flatMap((section) => section.entries).map((entry) => [entry.path, entry]));
  const inline = inlineParser(modelPaths(context));
  const assets = await loadAssets();
  const { publicUrl, version } = context;
  const asHtml = (page: DocPage): Content =>
    content(pageHtml(page, { sections, inline, assets, publicUrl, version }), 'text/html; charset=utf-8');
  const asMarkdown = (page: DocPage): Content =>
    content(pageMarkdown(page, { inline, publicUrl }), 'text/markdown; charset=utf-8');
  const kept = new Map<string, Content>();
  const keep = (name: string, make: () => Content): Content => {
    const known = kept.get(name) ?? make();
    kept.set(name, known);
    return known;
  };
  const find = (path: string, form: string, render: (page: DocPage) => Content): Content | undefined => {
    const entry = entries.get(path);
    return entry && keep(`${form} ${path}`, () => render(entry.build()));
  };
  return {
    html: (path) => find(path, 'html', asHtml),
    markdown: (path) => find(path, 'markdown', asMarkdown),
    llmsTxt: () => keep('llms.txt', () => content(llmsTxt(sections, publicUrl, inline), 'text/plain; charset=utf-8')),
    openApi: () =>
      keep('openapi.json', () =>
        content(JSON.stringify(openApiDocument({ ...options, modelIds })), 'application/json'),
      ),
    missing: () => keep('missing', () => asHtml(MISSING)),
    assets,
    until: nextPriceChange(context.catalog.cards, context.nowMs),
  };
}

const MISSING: DocPage = {
  path: '/docs/not-found',
  title: 'Not found',
  summary: 'There is no page at this address.',
  blocks: [
    {
      kind: 'paragraph',
      text: 'The [overview](/docs) leads to every page, and the [table of models](/docs/models) to every model.',
    },
  ],
};
