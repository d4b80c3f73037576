import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { catalogue } from '../../src/errors/catalogue.ts';
import { loadCatalog } from '../../src/models/catalog.ts';
import { CONTENT_SECURITY_POLICY } from '../../src/site/docs/shelf/content.ts';
import { cleanUp, serving, workingFolder } from '../support/gateway-process.ts';

let url: string;
/** Path → HTML of every page that the overview leads to. */
const pages = new Map<string, string>();

beforeAll(async () => {
  ({ url } = await serving(await workingFolder()));
  const waiting = ['/docs'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (pages.has(path)) continue;
    const response = await get(path);
    expect([path, response.status, response.headers.get('content-type')]).toEqual([
      path,
      200,
      'text/html; charset=utf-8',
    ]);
    const html = await response.text();
    pages.set(path, html);
    for (const href of links(html)) {
      const target = href.replace(/#.*$/, '');
      if (/^\/docs(\/|$)/.test(target) && !/\.(md|css|js|svg)$/.test(target)) waiting.push(target);
    }
  }
});
afterAll(cleanUp);

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}${path}`, { headers, redirect: 'manual', decompress: false });

/** What a page links to and loads. */
const links = (html: string): string[] =>
  [...html.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, address = '']) => address.replaceAll('&amp;', '&'));

describe('the documentation', () => {
  test('has the pages that it should', () => {
    const guides = [
      'quickstart',
      'authentication',
      'streaming',
      'tools-and-reasoning',
      'errors',
      'limits-and-billing',
      'clients',
    ];
    const models = loadCatalog().cards.map(({ id }) => `/docs/models/${id}`);
    const wanted = [
      '/docs',
      '/docs/models',
      '/docs/pricing',
      '/docs/api',
      ...models,
      ...['claude-code', 'opencode', 'cline', 'cursor'].map((name) => `/docs/clients/${name}`),
      ...guides.map((name) => `/docs/guides/${name}`),
    ];
    expect(wanted.filter((path) => !pages.has(path))).toEqual([]);
  });

  test('is where / leads', async () => {
    const response = await get('/');
    expect([response.status, response.headers.get('location')]).toEqual([302, '/docs']);
    expect((await fetch(url, { method: 'HEAD', redirect: 'manual' })).status).toBe(200);
  });

  test('links to nothing that is not there, and to no other host', async () => {
    const wrong: string[] = [];
    const known = new Map<string, number>();
    for (const [path, html] of pages) {
      for (const href of links(html)) {
        const { origin, pathname, hash } = new URL(href, `${url}${path}`);
        if (origin !== url) wrong.push(`${path}: ${href}`);
        else if (pathname === path || pages.has(pathname)) {
          const target = pages.get(pathname) ?? html;
          if (hash !== '' && !target.includes(` id="${hash.slice(1)}"`)) wrong.push(`${path}: ${href}`);
        } else {
          if (!known.has(pathname)) known.set(pathname, (await get(pathname)).status);
          if (known.get(pathname) !== 200) wrong.push(`${path}: ${href}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(known.size).toBeGreaterThan(pages.size);
  });

  test('says its own address in every example', () => {
    const hosts = [...pages.values()].flatMap((html) => html.match(/https?:\/\/[\w.:-]+/g) ?? []);
    expect([...new Set(hosts)].filter((host) => host !== url && host !== 'https://opencode.ai')).toEqual([]);
  });

  test('says that a group may have a factor wherever it says what tokens cost', () => {
    for (const path of ['/docs/pricing', '/docs/guides/limits-and-billing']) {
      expect([path, pages.get(path)]).toEqual([path, expect.stringMatching(/factor/)]);
    }
  });

  test('has every page as Markdown, with the same headings', async () => {
    for (const [path, html] of pages) {
      const response = await get(`${path}.md`);
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        200,
        'text/markdown; charset=utf-8',
      ]);
      const markdown = await response.text();
      expect([path, markdown.match(/^## /gm)?.length ?? 0]).toEqual([path, html.match(/<h2 id=/g)?.length ?? 0]);
      expect(markdown).not.toMatch(/<\/?(p|code|a|h\d|table)\b/);
    }
  });

  test('answers with Markdown to those who prefer it', async () => {
    const agent = await get('/docs/pricing', { accept: 'text/markdown, text/html, */*' });
    expect(agent.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(agent.headers.get('vary')).toBe('accept, accept-encoding');
    const browser = await get('/docs/pricing', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(browser.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  test('lists every page in llms.txt', async () => {
    const response = await get('/llms.txt');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const text = await response.text();
    for (const path of pages.keys()) expect(text).toContain(`(${url}${path}.md)`);
  });

  test('has a title, a description and one main heading on every page', () => {
    for (const [path, html] of pages) {
      expect([path, html.match(/<h1>/g)?.length, /<html lang="en">/.test(html)]).toEqual([path, 1, true]);
      expect(html).toMatch(/<meta name="description" content="[^"]{20,}">/);
    }
    const titles = [...pages.values()].map((html) => /<title>(.*)<\/title>/.exec(html)?.[1]);
    expect(new Set(titles).size).toBe(titles.length);
  });

  test('names every error of the catalogue', () => {
    const page = pages.get('/docs/guides/errors') ?? '';
    for (const name of Object.keys(catalogue)) expect(page).toMatch(new RegExp(`<tr[^>]* id="${name}">`));
  });

  test('leads from other names of a model to its page', async () => {
    const from = async (path: string) => (await get(path)).headers.get('location');
    expect(await from('/docs/models/gpt-5.4')).toBe('/docs/models/gpt-5-4');
    expect(await from('/docs/models/gpt-5.4.md')).toBe('/docs/models/gpt-5-4.md');
    expect(await from('/docs/models/deepseek-reasoner')).toBe('/docs/models/deepseek-v4-pro');
    expect(await from('/docs/models/')).toBe('/docs/models');
  });

  test('tells people in HTML and programs in JSON that a page is not there', async () => {
    const person = await get('/docs/nothing', { accept: 'text/html' });
    expect([person.status, person.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    const html = await person.text();
    expect(html).toContain('<title>Not found · ByteSpike</title>');
    // It is no page of its own: nothing is to be found at its address.
    expect(html).not.toMatch(/rel="(canonical|alternate|prev|next)"/);
    const program = await get('/docs/nothing');
    expect([program.status, program.headers.get('content-type')]).toEqual([404, 'application/json']);
    expect((await get('/docs/models/%E0%A4%A')).status).toBe(404);
  });

  test('is only read', async () => {
    const response = await fetch(`${url}/docs`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(405);
    expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed' } });
  });
});

describe('its answers', () => {
  test('let a page load nothing but our own files', async () => {
    for (const path of ['/docs', '/docs.md', '/llms.txt', '/openapi.json']) {
      const { headers } = await get(path);
      expect(headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-request-id')).toMatch(/^req_/);
    }
    for (const path of ['/api/pricing', '/healthz', '/v1/balance', '/console']) {
      expect((await get(path)).headers.get('x-content-type-options')).toBe('nosniff');
    }
    for (const html of pages.values()) {
      expect(html).not.toMatch(/<style|<script(?! src="\/)| style=| on\w+=/);
    }
  });

  test('are not sent again to those who have them', async () => {
    const first = await get('/docs/models/deepseek-v4-pro');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"\w+"$/);
    const second = await get('/docs/models/deepseek-v4-pro', { 'if-none-match': `"other", W/${etag}` });
    expect([second.status, await second.text(), second.headers.get('etag')]).toEqual([304, '', etag]);
    expect((await get('/docs/models/deepseek-v4-pro', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('are compressed where that is accepted', async () => {
    const plain = await (await get('/docs')).text();
    const brotli = await get('/docs', { 'accept-encoding': 'gzip, deflate, br' });
    expect(brotli.headers.get('content-encoding')).toBe('br');
    expect(brotliDecompressSync(await brotli.bytes()).toString()).toBe(plain);
    const gzip = await get('/docs', { 'accept-encoding': 'gzip, br;q=0' });
    expect(gzip.headers.get('content-encoding')).toBe('gzip');
    expect(gunzipSync(await gzip.bytes()).toString()).toBe(plain);
    expect(gzip.headers.get('etag')).not.toBe(brotli.headers.get('etag'));
    const head = await fetch(`${url}/docs`, {
      method: 'HEAD',
      headers: { 'accept-encoding': 'br' },
      decompress: false,
    });
    expect([head.headers.get('content-length'), (await head.bytes()).length]).toEqual([
      brotli.headers.get('content-length'),
      0,
    ]);
  });

  test('may be kept for ever where the address names the version', async () => {
    const assets = new Set([...pages.values()].flatMap(links).filter((href) => href.startsWith('/docs/assets/')));
    expect(assets.size).toBe(4);
    for (const asset of assets) {
      const { status, headers } = await get(asset);
      expect([asset, status, headers.get('cache-control')]).toEqual([
        asset,
        200,
        'public, max-age=31536000, immutable',
      ]);
    }
    expect((await get('/docs/assets/docs.0.css')).status).toBe(404);
    expect((await get('/docs')).headers.get('cache-control')).toBe('no-cache');
  });
});

test('guides say what holds here', async () => {
  const guide = async (path: string) => (await get(`/docs/${path}.md`)).text();
  expect(await guide('guides/streaming')).toContain('beside the finish reason');
  expect(await guide('clients/claude-code')).toContain('which no model here has: it is refused by name');
  expect(await guide('clients/claude-code')).toContain('403: an IP rule of the key');
  expect(await guide('guides/authentication')).toContain('simulated=include');
  expect(await guide('guides/limits-and-billing')).toContain('sums of usage leave it out');
  expect(await guide('guides/authentication')).toContain('The first admin token is `BYTESPIKE_ADMIN_TOKEN` where');
});

test('the API reference says of every field of a model’s requests and answers what it means', async () => {
  const markdown = await (await get('/docs/api.md')).text();
  const section = markdown.slice(markdown.indexOf('## Inference'), markdown.indexOf('## Models'));
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(50);
  expect(rows.filter((row) => /\| +\|$/.test(row))).toEqual([]);
});

test('the API reference says what is taken where a query leaves something out', async () => {
  const markdown = await (await get('/docs/api.md')).text();
  const limits = markdown.split('\n').filter((line) => line.startsWith('| `limit` |'));
  expect(limits.length).toBe(6);
  for (const line of limits) expect(line).toMatch(/integer from 1 to 1000; \d+ unless given/);
});
