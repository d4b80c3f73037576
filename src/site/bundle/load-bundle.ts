import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Content, content } from '../docs/shelf/content.ts';
import { type BundleManifest, readManifest } from './manifest.ts';
import { sourceHash } from './source-hash.ts';

export interface Bundle {
  manifest: BundleManifest;
  /** By file name. */
  files: ReadonlyMap<string, Content>;
}

/** Where the build of an installation lies. */
export const BUNDLE_FOLDER = join(import.meta.dir, '..', '..', '..', 'dist', 'site');

/**
 * The bundle that belongs to the sources; built now when there is none or an older one. Rejects when it cannot be built.
 * `folder` is where it should lie; where that cannot be written it is built into a temporary folder.
 */
export async function loadBundle(folder = BUNDLE_FOLDER): Promise<Bundle> {
  const manifest = await readManifest(folder);
  if (manifest !== undefined && manifest.sources === (await sourceHash())) return read(folder, manifest);
  const built = (await buildInto(folder)) ?? (await buildElsewhere());
  if (built === undefined) throw new Error('the console could not be built');
  return built;
}

/** It is served from memory: nothing of it is left behind. */
async function buildElsewhere(): Promise<Bundle | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'bytespike-'));
  try {
    return await buildInto(join(folder, 'site'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In a process of its own: a bundler's memory is no use to a server afterwards. */
async function buildInto(folder: string): Promise<Bundle | undefined> {
  const script = join(import.meta.dir, 'build-bundle.ts');
  const child = Bun.spawn([process.execPath, script, folder], {
    cwd: join(import.meta.dir, '..'),
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  if ((await child.exited) !== 0) return undefined;
  const manifest = await readManifest(folder);
  return manifest === undefined ? undefined : read(folder, manifest);
}

async function read(folder: string, manifest: BundleManifest): Promise<Bundle> {
  const files = await Promise.all(
    manifest.files.map(async (name) => {
      const bytes = new Uint8Array(await readFile(join(folder, name)));
      return [name, content(bytes, typeOf(name), { immutable: true })] as const;
    }),
  );
  return { manifest, files: new Map(files) };
}

const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

function typeOf(name: string): string {
  return TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}
