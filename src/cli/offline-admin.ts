import { loadConfig } from '../config/load-config.ts';
import type { AdminClient } from './admin-client.ts';
import { CommandError } from './command.ts';
import type { Io } from './io.ts';

/**
 * The management API in this process, on a data folder that nobody else holds (the caller has its lock).
 * The same handler as the server's, so a command does the same with and without a server.
 */
export async function openOfflineAdmin(folder: string, io: Io): Promise<AdminClient> {
  const [{ openMoney }, { createAdminHandler }, { loadCatalog }, { idOf }, { warnings }] = await Promise.all([
    import('../billing/index.ts'),
    import('../admin/handler.ts'),
    import('../models/catalog.ts'),
    import('../models/lookup.ts'),
    import('../models/warnings.ts'),
  ]);
  const config = await loadConfig(io);
  const catalog = loadCatalog({ extraFolder: config.catalogFolder, priceOverrides: config.priceOverrides });
  const money = await openMoney({ dataFolder: folder, creditUsd: config.bootstrapCreditUsd });
  const handle = createAdminHandler({
    money,
    publicUrl: config.publicUrl ?? '',
    modelIds: catalog.cards.map(({ id }) => id),
    modelIdOf: (name) => idOf(catalog, name),
    dataFolder: folder,
    warnings: () => warnings(catalog, Date.now()),
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
