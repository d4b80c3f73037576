import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const site = join(import.meta.dir, '..');
/** Folders whose files end up in the bundle, what they take from elsewhere, and the versions of the libraries. */
const FOLDERS = [join(site, 'console'), join(site, 'snippets')];
const FILES = [join(site, '..', 'protocols', 'json.ts'), join(site, '..', '..', 'package.json')];

/** Names the state of everything that the bundle is made from: another one means that it is out of date. */
export async function sourceHash(): Promise<string> {
  const hash = new Bun.CryptoHasher('sha256');
  for (const folder of FOLDERS) {
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) hash.update(file.slice(site.length)).update(await readFile(file));
  }
  for (const file of FILES) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 32);
}
