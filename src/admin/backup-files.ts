import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../keys/new-id.ts';

/** Where backups without a path of their own go. */
export const backupsFolder = (dataFolder: string): string => join(dataFolder, 'backups');

/** Path of a copy that is not whole yet, in the folder that it is for. */
export const unfinishedIn = (folder: string): string => join(folder, `.${newId('backup', Date.now())}`);

/** With the journal that SQLite writes beside it. */
const UNFINISHED = /^\.backup_[0-9a-z]+(-journal)?$/;

/**
 * Removes what a process has left that was killed while it wrote a copy: as large as the database, and seen by nobody. The caller
 * has just locked the data folder, so no copy is being written there; in other folders, and where `backups` leads to one that others may
 * use, one may be. What cannot be removed stays.
 */
export async function removeUnfinished(dataFolder: string): Promise<void> {
  const folder = backupsFolder(dataFolder);
  const own = await lstat(folder).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  const names = own ? await readdir(folder).catch(() => []) : [];
  await Promise.all(
    names
      .filter((name) => UNFINISHED.test(name))
      .map((name) => rm(join(folder, name), { force: true }).catch(() => {})),
  );
}
