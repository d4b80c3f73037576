import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a built bundle consists of. Names are of files in its folder. */
export interface BundleManifest {
  /** Hash of the sources that it was built from. */
  sources: string;
  main: string;
  style: string;
  theme: string;
  icon: string;
  /** All files, the ones above and the chunks that are loaded later. */
  files: string[];
}

export const MANIFEST_FILE = 'manifest.json';

/** Undefined when there is no bundle in the folder, or none that can be read. */
export async function readManifest(folder: string): Promise<BundleManifest | undefined> {
  try {
    // Written by the build beside it.
    return JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8')) as BundleManifest;
  } catch {
    return undefined;
  }
}
