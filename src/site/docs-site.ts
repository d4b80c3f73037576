import { methodNotAllowed } from '../errors/catalogue.ts';
import type { Card } from '../models/card.ts';
import type { Catalog } from '../models/catalog.ts';
import { serveContent } from './docs/shelf/content.ts';
import { createLibrary, type Library } from './docs/shelf/library.ts';
import { modelPath } from './docs/structure/site-context.ts';
import type { ManagementRoute } from './openapi/operation.ts';

export interface DocsSiteOptions {
  catalog: Catalog;
  /** Cards that some upstream of this installation serves. */
  served: readonly Card[];
  /** Where this installation is reached, without trailing slash; known once it listens. */
  publicUrl: () => string;
  version: string;
  /** True while the built-in simulator answers for every card. */
  simulated: boolean;
  /** Routes of the management API, for its description. */
  management: () => Promise<readonly ManagementRoute[]>;
  /** Unix ms; the clock by default. */
  now?: () => number;
}

export interface DocsSite {
  /** Undefined: the path is not of this site. Throws GatewayError `method_not_allowed`. */
  handle(arrival: { request: Request; path: string }): Promise<Response | undefined>;
}

/**
 * The documentation: `/docs` and below as HTML, with `.md` as Markdown, `/llms.txt`, `/openapi.json`, and `/` which leads there.
 * Nothing is rendered before it is asked for; what is rendered is kept until prices change.
 */
export function createDocsSite(options: DocsSiteOptions): DocsSite {
  const { catalog, served, publicUrl, version, simulated, management, now = Date.now } = options;
  let current: { url: string; library: Promise<Library>; until: number | undefined } | undefined;

  const library = async (): Promise<Library> => {
    const nowMs = now();
    const url = publicUrl();
    if (current === undefined || current.url !== url || (current.until ?? Number.POSITIVE_INFINITY) <= nowMs) {
      const made = management().then((routes) =>
        createLibrary({ catalog, served, publicUrl: url, version, simulated, nowMs, management: routes }),
      );
      const entry = { url, library: made, until: undefined as number | undefined };
      current = entry;
      // What failed is tried again at the next request.
      entry.until = (
        await made.catch((error) => {
          if (current === entry) current = undefined;
          throw error;
        })
      ).until;
    }
    return current.library;
  };

  return {
    async handle({ request, path }) {
      if (!OURS.test(path)) return undefined;
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        throw methodNotAllowed(['GET']);
      }
      if (path === '/') return redirect('/docs');
      if (path.endsWith('/')) return redirect(withoutSlashes(path));
      const shelf = await library();
      if (path === '/llms.txt') return serveContent(shelf.llmsTxt(), request);
      if (path === '/openapi.json') return serveContent(shelf.openApi(), request);
      const asset = shelf.assets.byPath.get(path);
      if (asset !== undefined) return serveContent(asset, request);
      if (path.endsWith('.md')) {
        const markdown = shelf.markdown(path.slice(0, -'.md'.length));
        if (markdown !== undefined) return serveContent(markdown, request);
      }
      const wanted = request.headers.get('accept') ?? '';
      const page = prefersMarkdown(wanted) ? shelf.markdown(path) : shelf.html(path);
      if (page !== undefined) return serveContent(page, request, { vary: 'accept' });
      const other = otherName(catalog, path);
      if (other !== undefined) return redirect(other);
      return wanted.includes('text/html') ? serveContent(shelf.missing(), request, { status: 404 }) : undefined;
    },
  };
}

const OURS = /^\/(docs(\/|\.md$|$)|llms\.txt$|openapi\.json$|$)/;

/** Without the slashes at its end. No pattern: that would try at each slash of a path of slashes. */
function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end);
}

/** Coding agents ask for Markdown first. */
function prefersMarkdown(accept: string): boolean {
  const markdown = accept.indexOf('text/markdown');
  const html = accept.indexOf('text/html');
  return markdown >= 0 && (html < 0 || markdown < html);
}

/** An alias or a retired name of a model leads to the model's page. */
function otherName(catalog: Catalog, path: string): string | undefined {
  const [, name, ending = ''] = /^\/docs\/models\/([^/]+?)(\.md)?$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  const named = catalog.byName.get(decoded(name).toLowerCase());
  if (named === undefined) return undefined;
  return modelPath(named.kind === 'card' ? named.card.id : named.successor.id) + ending;
}

/** A percent sign that encodes nothing is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-cache' } });
}
