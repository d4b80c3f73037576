import type { OpenedMoney } from '../billing/index.ts';
import { GatewayError } from '../errors/catalogue.ts';
import { LoginLimiter } from '../limits/login-limiter.ts';
import { authenticateAdmin, authenticateKey, type Peer } from './access.ts';
import { auditRoutes } from './audit-routes.ts';
import { errorResponse } from './errors.ts';
import { groupRoutes } from './group-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { maintenanceRoutes } from './maintenance-routes.ts';
import { meRoutes } from './me-routes.ts';
import { matchRoute, type Route } from './route.ts';
import { tokenRoutes } from './token-routes.ts';
import { usageRoutes } from './usage-routes.ts';
import { walletRoutes } from './wallet-routes.ts';

export interface AdminDeps {
  money: OpenedMoney;
  /** Where clients reach this installation; its host may be asked for besides addresses and `localhost`. */
  publicUrl: string;
  /** Catalog ids, for `models` of keys and groups. */
  modelIds: readonly string[];
  /** Those of them that some upstream serves. */
  servedIds: readonly string[];
  /** The id that usage is kept under, for an id or alias; any other name as it is. */
  modelIdOf: (name: string) => string;
  /** Backups without a path of their own go into `backups` here. */
  dataFolder: string;
  /** What else the doctor should say, such as prices below cost. */
  warnings?: () => readonly string[];
  /** Where failed log-ins are counted, if elsewhere too. */
  logins?: LoginLimiter;
  /** What was wrong with a request whose answer is 500 or 503, or has a warning of it; for the log. */
  onError?: (error: unknown) => void;
}

export type { Peer } from './access.ts';

/**
 * The management API: keys, groups, wallet, usage, admin tokens, audit, and what a key may know of itself.
 * Undefined: not a route of ours. Never rejects: an error is an answer in the shape of `errors.ts`.
 */
export function createAdminHandler(deps: AdminDeps): (request: Request, peer: Peer) => Promise<Response | undefined> {
  const { logins = new LoginLimiter() } = deps;
  const routes = managementRoutes(deps);
  return async (request, peer) => {
    const url = new URL(request.url, 'http://localhost');
    try {
      const match = matchRoute(routes, request.method, url.pathname);
      if (match === undefined) return undefined;
      const { route, params } = match;
      const call = { request, url, params };
      if (route.access === 'key')
        return await route.handle({ ...call, key: authenticateKey(deps.money, request, peer) });
      const actor = authenticateAdmin(deps, logins, request, peer);
      if (route.access === 'socket' && peer.admin === undefined) throw onlyOverTheSocket();
      return await route.handle({ ...call, actor });
    } catch (error) {
      return errorResponse(error, deps.onError);
    }
  };
}

/** Every route of the management API. */
export function managementRoutes(deps: AdminDeps): Route[] {
  return [
    ...keyRoutes(deps),
    ...groupRoutes(deps),
    ...walletRoutes(deps),
    ...usageRoutes(deps),
    ...tokenRoutes(deps),
    ...auditRoutes(deps),
    ...maintenanceRoutes(deps),
    ...meRoutes(deps),
  ];
}

const onlyOverTheSocket = (): GatewayError =>
  new GatewayError(
    'permission_denied',
    'This is done on the machine itself, with the command line: `npx bytespike doctor`, `backup` or `wallet`.',
  );
