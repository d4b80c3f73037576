import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INSTALLATION_ID } from '../pipeline/admit.ts';

/**
 * The id of this installation, made at its first start and kept in the data folder. Requests to upstreams carry it,
 * and one that comes back with it has gone in a circle. It names nothing and is no secret.
 */
export async function installationId(dataFolder: string): Promise<string> {
  const path = join(dataFolder, 'installation-id');
  const kept = await readFile(path, 'utf8').catch(() => '');
  if (INSTALLATION_ID.test(kept.trim())) return kept.trim();
  const id = `inst_${randomBytes(12).toString('hex')}`;
  // By rename, so that a start that is cut off here leaves no half of it.
  await writeFile(`${path}.new`, `${id}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return id;
}
