import { access, constants, link, lstat, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { GatewayError } from '../errors/catalogue.ts';
import { auditEntry } from '../keys/actor.ts';
import { StorageError } from '../storage/store.ts';
import { answer } from './answer.ts';
import { backupsFolder, unfinishedIn } from './backup-files.ts';
import { BodyReader } from './body.ts';
import type { AdminDeps } from './handler.ts';
import type { Route } from './route.ts';

const backupBody = new BodyReader(
  Type.Object(
    {
      path: Type.Optional(
        Type.String({ minLength: 1, maxLength: 4_096, description: 'an absolute path of a new file' }),
      ),
    },
    { additionalProperties: false },
  ),
);

/** `/api/v1/doctor` and `/api/v1/backup`: over the control socket alone, for they name files or take long. */
export function maintenanceRoutes({ money, dataFolder, warnings, onError }: AdminDeps): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/doctor',
      access: 'socket',
      async handle() {
        const { ok, faults, chargesChecked } = await money.doctor();
        return answer({ ok, charges_checked: chargesChecked, faults, warnings: warnings?.() ?? [] });
      },
    },
    {
      method: 'POST',
      path: '/api/v1/backup',
      access: 'socket',
      body: backupBody.schema,
      async handle({ request, actor }) {
        const { path = standardPath(dataFolder, money.now()) } = await backupBody.readOptional(request);
        if (!isAbsolute(path)) {
          throw new GatewayError('invalid_param', 'path must be an absolute path of a new file.', { param: 'path' });
        }
        const backups = backupsFolder(dataFolder);
        if (path.startsWith(backups)) await mkdir(backups, { recursive: true, mode: 0o700 });
        await mustTakeFiles(dirname(path));
        await writeCopy(path, (to) => money.backup(to));
        const { size } = await stat(path);
        const audit = auditEntry(actor, 'backup.create', 'database', money.now(), { after: { bytes: size } });
        const missing: string[] = [];
        await money.store.write({ kind: 'audit', audit }).catch((error) => {
          // The copy is whole and has its name, and a full disk is when it is needed most.
          onError?.(error);
          missing.push('The copy is whole, but the audit log has no row of it; the log of the server has the cause.');
        });
        return answer({ path, bytes: size, warnings: missing }, 201);
      },
    },
  ];
}

/** SQLite would say of a missing folder no more than that the file cannot be opened. */
async function mustTakeFiles(folder: string): Promise<void> {
  try {
    await access(`${folder}/.`, constants.W_OK);
  } catch {
    throw new GatewayError(
      'invalid_param',
      'path must be in a folder that exists and that the gateway may write into. Make the folder, or name another.',
      { param: 'path' },
    );
  }
}

async function writeCopy(path: string, backup: (path: string) => Promise<void>): Promise<void> {
  if (path.endsWith('/') || (await isThere(path))) throw taken();
  // Under the name that was asked for stands a whole copy or nothing.
  const unfinished = unfinishedIn(dirname(path));
  try {
    await backup(unfinished);
    await giveName(unfinished, path);
  } catch (cause) {
    await Promise.all([unfinished, `${unfinished}-journal`].map((file) => rm(file, { force: true }).catch(() => {})));
    if (!(cause instanceof StorageError)) throw cause;
    throw new GatewayError(
      'storage_unavailable',
      'The copy could not be written. Is there room for it where path is? The database itself is as it was.',
      { param: 'path', cause },
    );
  }
}

/** Also a link that leads nowhere is somebody's. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return false;
    throw error;
  }
}

/** Takes the name only where nobody has taken it meanwhile. */
async function giveName(file: string, name: string): Promise<void> {
  try {
    await link(file, name);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') throw taken();
    // Some file systems have no second names.
    await rename(file, name);
    return;
  }
  await rm(file);
}

const taken = (): GatewayError =>
  new GatewayError('conflict', 'There is a file or a folder of that name already. Name a new file.', { param: 'path' });

/** `backups/bytespike-2026-05-21T140000123Z.db` */
function standardPath(dataFolder: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replace(/[:.]/g, '');
  return join(backupsFolder(dataFolder), `bytespike-${stamp}.db`);
}
