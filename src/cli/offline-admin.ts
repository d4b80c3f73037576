import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, quote } from '../config/config-error.ts';
import { loadConfig } from '../config/load-config.ts';
import type { AdminClient } from './admin-client.ts';
import { CommandError } from './command.ts';
import type { Io } from './io.ts';

/**
 * The management API in this process, on a data folder that nobody else holds (the caller has its lock).
 * The same handler as the server's, so a command does the same with and without a server. Throws `ConfigError` where
 * the folder has no database: a new one would have credit, and books that are right.
 */
export async function openOfflineAdmin(folder: string, io: Io): Promise<AdminClient> {
  const [{ DATABASE_FILE, openMoney }, { createAdminHandler }, { loadCatalog }, { idOf }, { warnings }] =
    await Promise.all([
      import('../billing/index.ts'),
      import('../admin/handler.ts'),
      import('../models/catalog.ts'),
      import('../models/lookup.ts'),
      import('../models/warnings.ts'),
    ]);
  const file = await stat(join(folder, DATABASE_FILE)).catch(() => undefined);
  if (file === undefined || file.size === 0) {
    throw new ConfigError(
      'BYTESPIKE_DATA',
      `there is no database ${DATABASE_FILE} in ${quote(folder)}`,
      'the folder of a server that has been started once, or one with a backup in it under that name',
    );
  }
  const config = await loadConfig(io);
  const catalog = loadCatalog(config);
  const money = await openMoney({ dataFolder: folder, creditUsd: config.bootstrapCreditUsd });
  const handle = createAdminHandler({
    money,
    publicUrl: config.publicUrl ?? '',
    modelIds: catalog.cards.map(({ id }) => id),
    servedIds: [],
    modelIdOf: (name) => idOf(catalog, name),
    dataFolder: folder,
    warnings: () => warnings(catalog, money.groups.list(), Date.now()),
  });
  return {
    fetch: async (path, init) => {
      const request = new Request(`http://localhost${path}`, init);
      const response = await handle(request, { ip: '', admin: { name: 'command-line' } });
      if (response === undefined) throw new CommandError(`there is no route ${path}`);
      return response;
    },
    close: () => money.close(),
  };
}
