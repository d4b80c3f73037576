import { formatUsd } from '../billing/rates.ts';
import { GatewayError } from '../errors/catalogue.ts';
import type { Key } from '../keys/key.ts';
import type { KeyTotals } from '../storage/rows.ts';
import { answer, isoTime, listText, textAnswer } from './answer.ts';
import type { AdminDeps } from './handler.ts';
import { createBody, rotateBody, toChanges, toSettings, updateBody } from './key-body.ts';
import { limitRows, rateLimitRows } from './limit-rows.ts';
import { Query } from './query.ts';
import type { Route } from './route.ts';

/** `/api/v1/keys`: create, list, show, change, rotate, revoke. A secret is in the answer that made it and nowhere else. */
export function keyRoutes({ money, ...models }: AdminDeps): Route[] {
  const { keys } = money;
  const row = (key: Key, nowMs: number, totals: KeyTotals | undefined) => {
    const standing = money.standingOf(key, nowMs, totals);
    return { ...keyRow(key, totals), limits: limitRows(standing), rate_limits: rateLimitRows(key, standing) };
  };
  /** What of the keys is shown, read beside the road and for all at once. */
  const read = async (shown: readonly Key[]) => {
    const nowMs = money.now();
    const totals = await money.store.keyTotals({ keyIds: shown.map(({ id }) => id), nowMs });
    return (key: Key) => row(key, nowMs, totals.get(key.id));
  };
  const show = async (key: Key) => (await read([key]))(key);
  return [
    {
      method: 'POST',
      path: '/api/v1/keys',
      access: 'admin',
      body: createBody.schema,
      async handle({ request, actor }) {
        const body = await createBody.read(request);
        const { key, secret } = await keys.create(toSettings(body, money.now(), models), body.custom_key, actor);
        return answer({ ...row(key, money.now(), undefined), key: secret }, 201);
      },
    },
    {
      method: 'GET',
      path: '/api/v1/keys',
      access: 'admin',
      async handle({ url }) {
        const { page, nextCursor } = pageOfKeys(keys.list(), url);
        const data = await listText(page, await read(page));
        return textAnswer(`{"data":${data},"next_cursor":${JSON.stringify(nextCursor)}}`);
      },
    },
    {
      method: 'GET',
      path: '/api/v1/keys/{id}',
      access: 'admin',
      handle: async ({ params }) => answer(await show(keys.get(params.id ?? ''))),
    },
    {
      method: 'PUT',
      path: '/api/v1/keys/{id}',
      access: 'admin',
      body: updateBody.schema,
      async handle({ request, params, actor }) {
        const { id, name } = keys.get(params.id ?? '');
        const changes = toChanges(await updateBody.read(request, { name }), money.now(), models);
        return answer(await show(await keys.update(id, changes, actor)));
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/keys/{id}',
      access: 'admin',
      handle: async ({ params, actor }) => answer(await show(await keys.revoke(params.id ?? '', actor))),
    },
    {
      method: 'POST',
      path: '/api/v1/keys/{id}/rotate',
      access: 'admin',
      body: rotateBody.schema,
      async handle({ request, params, actor }) {
        const body = await rotateBody.readOptional(request);
        const issued = await keys.rotate(params.id ?? '', body.grace_seconds ?? 0, body.custom_key, actor);
        return answer({ ...(await show(issued.key)), key: issued.secret });
      },
    },
  ];
}

/** A key as the API shows it. 0 means unlimited. */
function keyRow(key: Key, totals: KeyTotals | undefined) {
  return {
    id: key.id,
    account_id: key.accountId,
    name: key.name,
    masked: key.masked,
    group_id: key.groupId,
    status: key.status,
    quota: formatUsd(key.quota),
    rate_limit_5h: formatUsd(key.limit5h),
    rate_limit_1d: formatUsd(key.limit1d),
    rate_limit_7d: formatUsd(key.limit7d),
    rpm: key.rpm,
    tpm: key.tpm,
    concurrency: key.concurrency,
    ip_whitelist: key.ipAllow,
    ip_blacklist: key.ipDeny,
    models: key.models,
    on_limit: key.onLimit,
    expires_at: isoTime(key.expiresAt),
    created_at: isoTime(key.createdAt),
    updated_at: isoTime(key.updatedAt),
    spent_usd: formatUsd(totals?.spent ?? 0n),
    calls: totals?.calls ?? 0,
    last_used_at: isoTime(totals?.lastUsedAt),
  };
}

function pageOfKeys(keys: readonly Key[], url: URL): { page: Key[]; nextCursor: string | null } {
  const query = new Query(url, ['status', 'group_id', 'name', 'limit', 'cursor']);
  const status = query.oneOf('status', ['active', 'disabled', 'revoked']);
  const groupId = query.text('group_id');
  const name = query.text('name');
  const limit = query.limit(100, 1_000);
  const cursor = query.text('cursor');
  const start = cursor === undefined ? 0 : keys.findIndex(({ id }) => id === cursor) + 1;
  if (cursor !== undefined && start === 0) {
    throw new GatewayError('invalid_param', 'cursor must be the next_cursor of a page before.', { param: 'cursor' });
  }
  const page: Key[] = [];
  for (let at = start; at < keys.length; at++) {
    const key = keys[at] as Key;
    if (
      (status ?? key.status) !== key.status ||
      (groupId ?? key.groupId) !== key.groupId ||
      (name ?? key.name) !== key.name
    ) {
      continue;
    }
    if (page.length === limit) return { page, nextCursor: page.at(-1)?.id ?? null };
    page.push(key);
  }
  return { page, nextCursor: null };
}
