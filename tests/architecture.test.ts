import { describe, expect, test } from 'bun:test';
import { posix } from 'node:path';
import { Glob } from 'bun';

/**
 * Holds the source to its layers by reading its imports. A folder imports from the layers below its own and from its
 * own; folders of one layer from each other too, unless the layer says that they are strangers.
 */
const layers: { folders: string[]; strangers?: boolean }[] = [
  { folders: ['main.ts'] },
  { folders: ['cli'] },
  { folders: ['server'] },
  // The road, what stands beside it, and the simulator know nothing of each other.
  { folders: ['pipeline', 'admin', 'site', 'simulator'], strangers: true },
  { folders: ['upstreams', 'billing', 'keys', 'limits', 'models'] },
  { folders: ['protocols', 'storage', 'tokens'] },
  { folders: ['config', 'observability'] },
  { folders: ['errors', 'version.ts'] },
];

/** Types that every layer may know: the seams between the rooms, and the neutral types of the protocols. */
const seams = [
  'billing/money.ts',
  'models/card.ts',
  'keys/key.ts',
  'config/config.ts',
  'upstreams/upstream.ts',
  'protocols/protocol.ts',
  'protocols/usage.ts',
  'protocols/neutral.ts',
  'protocols/wire.ts',
];

/** Where a vendor's name may stand in code, and why. Everywhere else a card or a setting has to say it. */
const mayNameVendors: [path: RegExp, why: string][] = [
  [/^upstreams\//, 'one file for each vendor, and their list'],
  [/^config\//, "the names of the vendors' variables"],
  [/^simulator\//, 'imitates one of them'],
  [/^tokens\//, "a vendor's vocabulary"],
  [/^(cli|site)\//, 'texts for people'],
  [/^server\/house\.ts$/, 'the vendor that the built-in simulator stands in for'],
  [/^server\/(routes|model-routes)\.ts$/, 'shapes and paths that clients know by the name of their vendor'],
  [/^models\/card-schema\.ts$/, 'an example in a message'],
];

/** Names that stand for a protocol or a header of it, not for a vendor's account. */
const protocolNames =
  /x-anthropic-billing-header|anthropic-(version|beta)|anthropic_messages|openai_chat_completions|\bdeepseek-v3\b/g;

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

interface SourceFile {
  /** Below src/. */
  path: string;
  text: string;
}

const files = await readSources();
const imports = files.filter(({ path }) => !isTest(path)).flatMap(importsOf);

describe('the source', () => {
  test('is found, and so are its imports', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(imports.length).toBeGreaterThan(100);
  });

  test('has every folder in a layer', () => {
    expect(files.filter(({ path }) => layerOf(path) < 0).map(({ path }) => path)).toEqual([]);
  });

  test('imports downwards only', () => {
    expect(imports.filter((found) => !allowed(found)).map(sentence)).toEqual([]);
  });

  test('keeps the protocols apart', () => {
    const protocols = /^protocols\/(chat-completions|messages)\//;
    const crossing = imports.filter(({ from, to }) => {
      const [here, there] = [protocols.exec(from)?.[1], protocols.exec(to)?.[1]];
      return here !== undefined && there !== undefined && here !== there;
    });
    expect(crossing.map(sentence)).toEqual([]);
  });

  test('imports no test', () => {
    expect(imports.filter(({ to }) => isTest(to)).map(sentence)).toEqual([]);
  });

  test('names vendors only where it may', () => {
    const transpiler = new Bun.Transpiler({ loader: 'ts' });
    const naming = files.filter(({ path, text }) => {
      if (isTest(path) || mayNameVendors.some(([pattern]) => pattern.test(path))) return false;
      // What the transpiler leaves is code: comments may name whom they like.
      const code = transpiler.transformSync(text).replaceAll(protocolNames, '');
      return /deepseek|openai|anthropic|gemini/i.test(code);
    });
    expect(naming.map(({ path }) => path)).toEqual([]);
  });
});

describe('the rules themselves', () => {
  const rule = (from: string, to: string, typeOnly = false) => allowed({ from, to, typeOnly });

  test('let the upper see the lower, and not the other way round', () => {
    expect(rule('server/listener.ts', 'pipeline/road.ts')).toBe(true);
    expect(rule('pipeline/road.ts', 'server/listener.ts')).toBe(false);
    expect(rule('protocols/sse.ts', 'billing/rates.ts')).toBe(false);
    expect(rule('errors/catalogue.ts', 'config/config.ts')).toBe(false);
  });

  test('let types of the seams through, and only types', () => {
    expect(rule('protocols/wire.ts', 'models/card.ts', true)).toBe(true);
    expect(rule('protocols/wire.ts', 'models/card.ts')).toBe(false);
    expect(rule('protocols/wire.ts', 'models/catalog.ts', true)).toBe(false);
  });

  test('keep rooms of one layer apart where it says so', () => {
    expect(rule('billing/hold.ts', 'keys/serial.ts')).toBe(true);
    expect(rule('pipeline/road.ts', 'admin/handler.ts')).toBe(false);
    expect(rule('site/index.ts', 'admin/handler.ts', true)).toBe(false);
  });

  test('read every form of import', () => {
    const text = `
      import type { A } from '../models/card.ts';
      import { type B, type C } from '../models/catalog.ts';
      import d, {
        type E,
        f,
      } from './f.ts';
      export { g } from './g.ts';
      import './h.ts';
      const i = () => import('../admin/i.ts');
      // import { j } from './j.ts';
      const k = "import { l } from './l.ts'";`;
    expect(
      importsOf({ path: 'server/x.ts', text }).map(({ to, typeOnly }) => `${to}${typeOnly ? ' type' : ''}`),
    ).toEqual([
      'models/card.ts type',
      'models/catalog.ts type',
      'server/f.ts',
      'server/g.ts',
      'server/h.ts',
      'admin/i.ts',
    ]);
  });
});

function allowed({ from, to, typeOnly }: Import): boolean {
  if (to.startsWith('..')) return to === '../package.json';
  if (folderOf(from) === folderOf(to)) return true;
  if (typeOnly && seams.includes(to)) return true;
  const [upper, lower] = [layerOf(from), layerOf(to)];
  return upper < lower || (upper === lower && layers[upper]?.strangers !== true);
}

function folderOf(path: string): string {
  return path.split('/')[0]!;
}

function layerOf(path: string): number {
  return layers.findIndex(({ folders }) => folders.includes(folderOf(path)));
}

/** Tests and what only tests use: fixtures of translations, contract suites, benches, processes that they start. */
function isTest(path: string): boolean {
  return /\.test\.ts$|[.-]contract\.ts$|\/(test-bench|[a-z-]+-child)\.ts$|\/golden\//.test(path);
}

function sentence({ from, to, typeOnly }: Import): string {
  return `${from} imports ${typeOnly ? 'a type of ' : ''}${to}`;
}

async function readSources(): Promise<SourceFile[]> {
  const root = posix.resolve(import.meta.dir, '..', 'src');
  const found: SourceFile[] = [];
  for await (const path of new Glob('**/*.ts').scan(root)) {
    if (path.startsWith('site/console/')) continue;
    found.push({ path, text: await Bun.file(posix.join(root, path)).text() });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function importsOf({ path, text }: SourceFile): Import[] {
  const statement =
    /^\s*(?:import|export)\s+(?:(?<clause>[^'";]*?)\s+from\s+)?'(?<to>\.[^']+)'|\bimport\('(?<lazy>\.[^']+)'\)/gm;
  return [...text.matchAll(statement)].flatMap((match) => {
    const { clause = '', to, lazy } = match.groups ?? {};
    const target = to ?? lazy;
    if (target === undefined || isComment(text, match.index)) return [];
    return { from: path, to: posix.join(posix.dirname(path), target), typeOnly: isTypeOnly(clause) };
  });
}

function isComment(text: string, index: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', index) + 1, index);
  return line.trimStart().startsWith('//') || line.trimStart().startsWith('*');
}

/** `import type …`, or braces in which every name is a type. */
function isTypeOnly(clause: string): boolean {
  if (/^type\s/.test(clause)) return true;
  const names = /^\{(?<names>[^}]*)\}$/s.exec(clause.trim())?.groups?.names;
  const parts =
    names
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '') ?? [];
  return parts.length > 0 && parts.every((name) => name.startsWith('type '));
}
