import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BundleManifest, MANIFEST_FILE } from './manifest.ts';
import { sourceHash } from './source-hash.ts';

/** What the browser runs: the console, and a few lines that set light or dark before anything is drawn. */
const folder = join(import.meta.dir, '..', 'console');
const ENTRIES = { main: join(folder, 'main.tsx'), theme: join(folder, 'theme-early.ts') };

/**
 * Bundles the console into `outFolder`: files with a hash of their content in the name, and a manifest that says which
 * they are and from which sources. The folder is replaced as a whole, so that nobody reads half of it.
 * Rejects with an AggregateError of what the bundler found wrong.
 */
export async function buildBundle(outFolder: string): Promise<BundleManifest> {
  const sources = await sourceHash();
  const result = await Bun.build({
    entrypoints: Object.values(ENTRIES),
    target: 'browser',
    minify: true,
    splitting: true,
    publicPath: '/console/assets/',
    naming: { entry: '[name]-[hash].[ext]', chunk: 'chunk-[hash].[ext]', asset: '[name]-[hash].[ext]' },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const next = `${outFolder}.${process.pid}`;
  await mkdir(next, { recursive: true });
  const files = result.outputs.map((output) => basename(output.path));
  await Promise.all(result.outputs.map((output, at) => Bun.write(join(next, files[at] ?? ''), output)));
  const find = (pattern: RegExp): string => {
    const file = files.find((name) => pattern.test(name));
    if (file === undefined) throw new Error(`the bundle has no file like ${pattern}`);
    return file;
  };
  const manifest: BundleManifest = {
    sources,
    main: find(/^main-\w+\.js$/),
    style: find(/^main-\w+\.css$/),
    theme: find(/^theme-early-\w+\.js$/),
    icon: find(/^icon-\w+\.svg$/),
    files,
  };
  await Bun.write(join(next, MANIFEST_FILE), JSON.stringify(manifest));
  await rm(outFolder, { recursive: true, force: true });
  await rename(next, outFolder);
  return manifest;
}

if (import.meta.main) {
  const outFolder = process.argv[2];
  if (outFolder === undefined) throw new Error('usage: build-bundle.ts FOLDER');
  await buildBundle(outFolder);
}
