import type { OpenedMoney } from '../billing/index.ts';
import { warnings } from '../models/warnings.ts';
import type { House } from '../pipeline/house.ts';
import type { DocsSite } from '../site/docs-site.ts';
import { version } from '../version.ts';
import type { Room } from './answer.ts';
import type { Lifecycle } from './lifecycle.ts';

export interface RoomParts {
  house: House;
  money: OpenedMoney;
  life: Lifecycle;
}

/** What stands behind the listener besides inference. Each is loaded when it is first asked, so that the start is quick. */
export interface Rooms {
  management: Room;
  /** The command line's way in, with admin rights. */
  control: (request: Request) => Promise<Response | undefined>;
  isAdmin: (request: Request) => boolean;
  /** Documentation. */
  site: Room;
}

type AdminHandler = ReturnType<typeof import('../admin/handler.ts')['createAdminHandler']>;
type AdminDeps = Parameters<typeof import('../admin/handler.ts')['createAdminHandler']>[0];

export function createRooms({ house, money, life }: RoomParts): Rooms {
  // The address is known once it listens, so these are gathered at the first request.
  const adminDeps = (): AdminDeps => ({
    money,
    publicUrl: house.publicUrl,
    modelIds: house.catalog.cards.map((card) => card.id),
    dataFolder: life.dataFolder,
    warnings: () => warnings(house.catalog, Date.now()),
    onError: (error) => life.log.error('management.failed', { error }),
  });
  let loading: Promise<AdminHandler> | undefined;
  const admin = (): Promise<AdminHandler> => {
    loading ??= import('../admin/handler.ts').then(({ createAdminHandler }) => createAdminHandler(adminDeps()));
    return loading;
  };
  let openingDocs: Promise<DocsSite> | undefined;
  const docs = (): Promise<DocsSite> => {
    openingDocs ??= import('../site/docs-site.ts').then(({ createDocsSite }) =>
      createDocsSite({
        catalog: house.catalog,
        served: house.served,
        publicUrl: () => house.publicUrl,
        version,
        simulated: house.registry.simulated,
        management: async () => (await import('../admin/handler.ts')).managementRoutes(adminDeps()),
      }),
    );
    return openingDocs;
  };
  return {
    management: async ({ request, path, clientIp }) =>
      path.startsWith('/api/v1/') || path === '/v1/balance' ? (await admin())(request, { ip: clientIp }) : undefined,
    control: async (request) => (await admin())(request, { ip: '', admin: { name: 'command-line' } }),
    isAdmin: (request) => {
      const token = /^Bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
      return token !== undefined && money.directory.findToken(token) !== undefined;
    },
    site: async (arrival) =>
      /^\/(docs(\/|\.md$|$)|llms\.txt$|openapi\.json$|$)/.test(arrival.path)
        ? (await docs()).handle(arrival)
        : undefined,
  };
}
