import { Type } from '@sinclair/typebox';
import type { WalletStatus } from '../billing/index.ts';
import { formatUsd, parseUsd } from '../billing/rates.ts';
import { GatewayError } from '../errors/catalogue.ts';
import { DEFAULT_ACCOUNT } from '../keys/key.ts';
import type { LedgerRow } from '../storage/rows.ts';
import type { TransferResult } from '../storage/writes.ts';
import { answer, isoTime } from './answer.ts';
import { BodyReader } from './body.ts';
import type { AdminDeps } from './handler.ts';
import { Query } from './query.ts';
import type { Route } from './route.ts';

const transferBody = new BodyReader(
  Type.Object(
    {
      amount_usd: Type.Union([Type.String(), Type.Number()], { description: 'USD as a decimal such as "12.50"' }),
      note: Type.Optional(Type.String({ maxLength: 500, description: 'a text of up to 500 characters' })),
      idempotency_key: Type.String({
        minLength: 1,
        maxLength: 200,
        description:
          'a text of 1 to 200 characters that names this one booking, so that sending it twice books it once',
      }),
    },
    { additionalProperties: false },
  ),
  ['note'],
);
const walletBody = new BodyReader(
  Type.Object({ unlimited: Type.Boolean({ description: 'true or false' }) }, { additionalProperties: false }),
);

/** `/api/v1/wallet`: what is there, top-ups, adjustments, and the ledger as the wallet sees it. */
export function walletRoutes({ money }: AdminDeps): Route[] {
  const { wallet } = money;
  return [
    {
      method: 'GET',
      path: '/api/v1/wallet',
      access: 'admin',
      handle: () => answer(walletRow(wallet.status())),
    },
    {
      method: 'PUT',
      path: '/api/v1/wallet',
      access: 'socket',
      body: walletBody.schema,
      async handle({ request, actor }) {
        await wallet.setUnlimited((await walletBody.read(request)).unlimited, actor);
        return answer(walletRow(wallet.status()));
      },
    },
    {
      method: 'POST',
      path: '/api/v1/wallet/topups',
      access: 'admin',
      body: transferBody.schema,
      async handle({ request, actor }) {
        const { amount_usd, note, idempotency_key } = await transferBody.read(request);
        const amount = parseUsd(amount_usd, 'amount_usd');
        if (amount === 0n) throw nothing();
        return booked(await wallet.topUp({ amount, note: note ?? '', idempotencyKey: idempotency_key }, actor));
      },
    },
    {
      method: 'POST',
      path: '/api/v1/wallet/adjustments',
      access: 'admin',
      body: transferBody.schema,
      async handle({ request, actor }) {
        const { amount_usd, note, idempotency_key } = await transferBody.read(request);
        const amount = parseSigned(amount_usd);
        if (amount === 0n) throw nothing();
        return booked(await wallet.adjust({ amount, note: note ?? '', idempotencyKey: idempotency_key }, actor));
      },
    },
    {
      method: 'GET',
      path: '/api/v1/wallet/transactions',
      access: 'admin',
      async handle({ url }) {
        const query = new Query(url, ['kind', 'since', 'until', 'limit', 'cursor']);
        const { rows, nextCursor } = await money.store.ledgerRows({
          accountId: DEFAULT_ACCOUNT,
          cause: query.oneOf('kind', ['top_up', 'adjustment', 'charge']),
          since: query.instant('since'),
          until: query.instant('until'),
          limit: query.limit(50, 1_000),
          cursor: query.cursor(),
        });
        return answer({ data: rows.map(transactionRow), next_cursor: nextCursor ?? null });
      },
    },
  ];
}

/** An unlimited wallet has no available sum: it only counts. */
function walletRow(status: WalletStatus) {
  return {
    available_usd: status.unlimited ? null : formatUsd(status.available),
    reserved_usd: formatUsd(status.reserved),
    lifetime_topup_usd: formatUsd(status.toppedUp),
    lifetime_adjusted_usd: formatUsd(status.adjusted),
    lifetime_spent_usd: formatUsd(status.spent),
    unlimited: status.unlimited,
    level: status.level,
  };
}

function transactionRow(row: LedgerRow) {
  return {
    id: row.id,
    account_id: row.accountId,
    created_at: isoTime(row.createdAt),
    kind: row.cause,
    amount_usd: formatUsd(row.amount),
    balance_after_usd: formatUsd(row.balanceAfter),
    request_id: row.requestId ?? null,
    api_key_id: row.keyId ?? null,
    note: row.note ?? null,
    actor: row.actor ?? null,
    idempotency_key: row.idempotencyKey ?? null,
  };
}

/** 201 for a new booking, 200 for one that was there already. */
function booked({ row, repeated }: TransferResult): Response {
  return answer({ ...transactionRow(row), repeated }, repeated ? 200 : 201);
}

function parseSigned(value: string | number): bigint {
  if (typeof value === 'number') return value < 0 ? -parseUsd(-value, 'amount_usd') : parseUsd(value, 'amount_usd');
  const text = value.trim();
  return text.startsWith('-') ? -parseUsd(text.slice(1), 'amount_usd') : parseUsd(value, 'amount_usd');
}

const nothing = (): GatewayError =>
  new GatewayError('invalid_param', 'amount_usd must not be 0.', { param: 'amount_usd' });
