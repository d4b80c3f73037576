import type { KeyStanding } from '../billing/index.ts';
import { formatUsd } from '../billing/rates.ts';
import { GatewayError } from '../errors/catalogue.ts';
import type { Key } from '../keys/key.ts';
import { answer, isoTime } from './answer.ts';
import type { AdminDeps } from './handler.ts';
import { limitRows, rateLimitRows } from './limit-rows.ts';
import { Query } from './query.ts';
import type { Route } from './route.ts';
import { modelFilter, ownUsageRow, USAGE_FILTERS } from './usage-routes.ts';
import { GROUPINGS, simulatedFilter, usageSums } from './usage-sums.ts';

const DAY_MS = 86_400_000;
/** Sums are asked for at most so many days at a time. */
const MOST_DAYS = 90;

/** What a key may know: about itself, and nothing of others or of what things cost the operator. */
export function meRoutes(deps: AdminDeps): Route[] {
  const { money } = deps;
  return [
    {
      method: 'GET',
      path: '/v1/balance',
      access: 'key',
      handle: async ({ key }) => answer(balance(key, await money.readStanding(key))),
    },
    {
      method: 'GET',
      path: '/api/v1/me/account',
      access: 'key',
      handle: async ({ key }) => answer(account(deps, key, await money.readStanding(key))),
    },
    {
      method: 'GET',
      path: '/api/v1/me/usage',
      access: 'key',
      async handle({ url, key }) {
        const query = new Query(url, USAGE_FILTERS);
        const groupBy = query.listOf('group_by', GROUPINGS);
        const filter = {
          accountId: key.accountId,
          keyId: key.id,
          since: query.instant('since'),
          until: query.instant('until'),
          ...modelFilter(query, deps),
          requestId: query.text('request_id'),
          limit: query.limit(50, 1_000),
        };
        const wantsRows = ['limit', 'cursor', 'request_id'].some((name) => query.has(name));
        if (groupBy.length === 0 && wantsRows) {
          const simulated = simulatedFilter(query, undefined);
          const { rows, nextCursor } = await money.store.usageRows({ ...filter, simulated, cursor: query.cursor() });
          return answer({ data: rows.map(ownUsageRow), next_cursor: nextCursor ?? null });
        }
        const { since, until } = period(filter, money.now());
        const days = groupBy.length === 0 ? ['day' as const] : groupBy;
        return await usageSums(money.store, { ...filter, since, until, groupBy: days }, query);
      },
    },
  ];
}

/** The last 30 days unless said. Throws `invalid_param`. */
function period({ since, until }: { since: number | undefined; until: number | undefined }, nowMs: number) {
  const end = until ?? Math.max(nowMs + 1, since ?? 0);
  const start = since ?? end - 30 * DAY_MS;
  if (end - start > MOST_DAYS * DAY_MS) {
    throw new GatewayError('invalid_param', `since and until must be at most ${MOST_DAYS} days apart.`, {
      param: 'since',
    });
  }
  return { since: start, until: end };
}

/** `available_usd` is what this key can spend now: the least of wallet, quota and windows; null when nothing limits it. */
function balance(key: Key, { spent, reserved, available }: KeyStanding) {
  return {
    available_usd: available === undefined ? null : formatUsd(available > 0n ? available : 0n),
    reserved_usd: formatUsd(reserved),
    lifetime_spent_usd: formatUsd(spent),
    quota_usd: formatUsd(key.quota),
    currency: 'USD',
  };
}

function account({ money, servedIds }: AdminDeps, key: Key, standing: KeyStanding) {
  return {
    id: key.id,
    name: key.name,
    masked: key.masked,
    group_id: key.groupId,
    multiplier: money.groups.get(key.groupId).multiplier,
    status: key.status,
    created_at: isoTime(key.createdAt),
    expires_at: isoTime(key.expiresAt),
    balance: balance(key, standing),
    limits: limitRows(standing),
    rate_limits: rateLimitRows(key, standing),
    rpm: key.rpm,
    tpm: key.tpm,
    concurrency: key.concurrency,
    allowed_models: servedIds.filter((id) => money.mayUse(key, id)),
  };
}
