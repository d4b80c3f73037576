import { findAdmin } from '../admin/access.ts';
import { toGatewayError } from '../admin/errors.ts';
import type { OpenedMoney } from '../billing/index.ts';
import { LoginLimiter } from '../limits/login-limiter.ts';
import { idOf } from '../models/lookup.ts';
import { warnings } from '../models/warnings.ts';
import { PlatformRequest } from '../pipeline/client-request.ts';
import type { House } from '../pipeline/house.ts';
import { toResponse } from '../pipeline/reply.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { ConsoleSite } from '../site/console-site.ts';
import type { DocsSite } from '../site/docs-site.ts';
import { version } from '../version.ts';
import type { Room } from './answer.ts';
import type { Lifecycle } from './lifecycle.ts';
import { loadOnce } from './load-once.ts';
import { inference, type PlatformArrival } from './routes.ts';

interface RoomParts {
  house: House;
  money: OpenedMoney;
  life: Lifecycle;
}

/** What stands behind the listener besides inference. Each is loaded when it is first asked, or soon after the start. */
interface Rooms {
  /**
   * Loads them all. A file that cannot be opened while descriptors are used up may stay out of reach for the life of the
   * process: the runtime remembers of what it could not find that it is not there.
   */
  load: () => Promise<void>;
  management: Room;
  /** The command line's way in, with admin rights. */
  control: (request: Request) => Promise<Response | undefined>;
  /** Throws `rate_limit_exceeded`, `invalid_api_key`. */
  requireAdmin: (headers: Headers, clientIp: string) => void;
  /** Documentation and console. */
  site: Room;
}

type AdminHandler = ReturnType<typeof import('../admin/handler.ts')['createAdminHandler']>;
type AdminDeps = Parameters<typeof import('../admin/handler.ts')['createAdminHandler']>[0];

const PROTOCOLS: Protocol[] = ['chat-completions', 'messages'];

export function createRooms({ house, money, life }: RoomParts): Rooms {
  const logins = new LoginLimiter();
  // The address is known once it listens, so these are gathered at the first request.
  const adminDeps = (): AdminDeps => ({
    money,
    logins,
    publicUrl: house.publicUrl,
    modelIds: house.catalog.cards.map((card) => card.id),
    servedIds: house.served.map((card) => card.id),
    modelIdOf: (name) => idOf(house.catalog, name),
    dataFolder: life.dataFolder,
    warnings: () => warnings(house.catalog, money.groups.list(), Date.now()),
    onError: (error) => life.log.error('management.failed', { error }),
  });
  const admin = loadOnce<AdminHandler>(async () => {
    const { createAdminHandler } = await import('../admin/handler.ts');
    return createAdminHandler(adminDeps());
  });
  const docs = loadOnce<DocsSite>(async () => {
    const { createDocsSite } = await import('../site/docs-site.ts');
    return createDocsSite({
      catalog: house.catalog,
      served: house.served,
      publicUrl: () => house.publicUrl,
      version,
      simulated: house.registry.simulated,
      management: async () => (await import('../admin/handler.ts')).managementRoutes(adminDeps()),
    });
  });
  const consoleSite = loadOnce<ConsoleSite<PlatformArrival>>(async () => {
    const { createConsoleSite } = await import('../site/console-site.ts');
    return createConsoleSite<PlatformArrival>({
      catalog: house.catalog,
      served: house.served,
      upstreamsOf: (card) => [
        ...new Set(PROTOCOLS.flatMap((protocol) => house.registry.chooseExactly(card, protocol)?.upstream.name ?? [])),
      ],
      publicUrl: () => house.publicUrl,
      version,
      simulated: house.registry.simulated,
      admin: async (request, peer) => (await admin())(request, peer),
      verifyAdmin: (secret) => money.directory.findToken(secret),
      issuePlaygroundSecret: async (admin) => {
        try {
          return (await money.keys.issuePlayground(admin)).secret;
        } catch (error) {
          const shown = toGatewayError(error);
          if (shown.row.status >= 500) life.log.error('management.failed', { error });
          throw shown;
        }
      },
      findKey: (secret) => money.findKey(secret),
      allowsAddress: (key, ip) => money.directory.allowsAddress(key, ip),
      mayUse: (key, modelId) => money.mayUse(key, modelId),
      inference: ({ request, path, clientIp }) => infer(house, request, path, clientIp),
      recent: house.recent,
    });
  });
  return {
    load: async () => void (await Promise.all([admin(), docs(), consoleSite()])),
    management: async ({ request, path, clientIp }) =>
      path.startsWith('/api/v1/') || path === '/v1/balance' ? (await admin())(request, { ip: clientIp }) : undefined,
    control: async (request) => (await admin())(request, { ip: '', admin: { name: 'command-line' } }),
    requireAdmin: (headers, clientIp) => void findAdmin(money, logins, headers, clientIp),
    site: async (arrival) => {
      if (/^\/(docs(\/|\.md$|$)|llms\.txt$|openapi\.json$|$)/.test(arrival.path)) return (await docs()).handle(arrival);
      return /^\/console(\/|$)/.test(arrival.path) ? (await consoleSite()).handle(arrival) : undefined;
    },
  };
}

/** A call that the console makes for its playground. Undefined: no inference route. */
async function infer(house: House, request: Request, path: string, clientIp: string): Promise<Response | undefined> {
  const reply = await inference(house, { request: new PlatformRequest(request), path, clientIp });
  return reply === undefined ? undefined : toResponse(reply);
}
