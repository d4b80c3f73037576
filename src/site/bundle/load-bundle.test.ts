import { afterEach, expect, test } from 'bun:test';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBundle } from './load-bundle.ts';
import { MANIFEST_FILE } from './manifest.ts';
import { sourceHash } from './source-hash.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bytespike-bundle-'));
  folders.push(folder);
  return folder;
}

test('is built where there is none, and taken as it is where it belongs to the sources', async () => {
  const folder = join(await emptyFolder(), 'site');
  const { manifest, files } = await loadBundle(folder);
  expect(manifest.sources).toBe(await sourceHash());
  expect([manifest.main, manifest.style, manifest.theme, manifest.icon].filter((name) => !files.has(name))).toEqual([]);
  expect(files.get(manifest.main)).toMatchObject({ type: 'text/javascript; charset=utf-8', immutable: true });
  await writeFile(join(folder, manifest.theme), '// as it lies there');
  const again = await loadBundle(folder);
  expect(new TextDecoder().decode(again.files.get(manifest.theme)?.bytes)).toBe('// as it lies there');
});

test('is built anew where it belongs to other sources', async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, MANIFEST_FILE), JSON.stringify({ sources: 'older', files: [] }));
  const { manifest } = await loadBundle(folder);
  expect(manifest.sources).toBe(await sourceHash());
  expect(JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8'))).toEqual(manifest);
});

test('is built elsewhere where nothing can be written', async () => {
  const file = join(await emptyFolder(), 'a-file');
  await writeFile(file, '');
  const temporary = await emptyFolder();
  const { TMPDIR } = process.env;
  process.env.TMPDIR = temporary;
  try {
    const { manifest, files } = await loadBundle(join(file, 'site'));
    expect(files.has(manifest.main)).toBe(true);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
  // It is in memory now.
  expect(await readdir(temporary)).toEqual([]);
});
