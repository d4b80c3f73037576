import { randomUUID } from 'node:crypto';
import { call, type Page } from './admin-call.ts';
import { withAdmin } from './admin-client.ts';
import { readAction, readArguments } from './arguments.ts';
import { type Command, UsageError } from './command.ts';
import type { Io } from './io.ts';
import { columns, figure, printPage, printRow, type Row } from './output.ts';

export const command: Command = {
  help: `usage: bytespike wallet [action] [options]

  show                    what is left, held, topped up, adjusted and spent, in USD (the default)
  topup USD               put money in
  adjust USD              book a correction; with a minus sign it takes out (wallet adjust -- -5)
      --note TEXT             why; kept with the booking
      --idempotency-key KEY   the same key books once, however often it is sent
  unlimited on|off        an unlimited wallet only counts
  transactions            bookings, newest first
      --kind top_up|adjustment|charge  --since TIME  --until TIME  --limit N  --cursor C

  --json                  the answer as the API gives it
`,
  run: async (args, io) => {
    const { action, rest } = readAction(args, ['show', 'topup', 'adjust', 'unlimited', 'transactions'], 'show');
    await actions[action](rest, io);
    return 0;
  },
};

type Action = (args: string[], io: Io) => Promise<void>;

const actions: Record<'show' | 'topup' | 'adjust' | 'unlimited' | 'transactions', Action> = {
  show: async (args, io) => {
    const { options } = readArguments(args, { json: 'flag' });
    printRow(io, await withAdmin(io, (fetch) => call<Row>(fetch, { path: '/api/v1/wallet' })), options.json);
  },
  topup: (args, io) => book('topups', /^\d+(\.\d{1,9})?$/, args, io),
  adjust: (args, io) => book('adjustments', /^-?\d+(\.\d{1,9})?$/, args, io),
  unlimited: async (args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['on|off']);
    const [wanted = ''] = positionals;
    if (wanted !== 'on' && wanted !== 'off')
      throw new UsageError(`unlimited is on or off, not ${JSON.stringify(wanted)}`);
    const request = { method: 'PUT', path: '/api/v1/wallet', body: { unlimited: wanted === 'on' } } as const;
    printRow(io, await withAdmin(io, (fetch) => call<Row>(fetch, request)), options.json);
  },
  transactions: async (args, io) => {
    const table = {
      kind: 'value',
      since: 'value',
      until: 'value',
      limit: 'value',
      cursor: 'text',
      json: 'flag',
    } as const;
    const { json, ...query } = readArguments(args, table).options;
    const request = { path: '/api/v1/wallet/transactions', query };
    printPage(io, await withAdmin(io, (fetch) => call<Page<Row>>(fetch, request)), transactionColumns, json);
  },
};

async function book(kind: 'topups' | 'adjustments', amounts: RegExp, args: string[], io: Io): Promise<void> {
  const table = { note: 'text', 'idempotency-key': 'value', json: 'flag' } as const;
  const { options, positionals } = readArguments(args, table, ['USD']);
  const [amount = ''] = positionals;
  if (!amounts.test(amount))
    throw new UsageError(`USD is a decimal such as 25 or 12.50, not ${JSON.stringify(amount)}`);
  const body = {
    amount_usd: amount,
    note: options.note ?? '',
    idempotency_key: options['idempotency-key'] ?? randomUUID(),
  };
  const request = { method: 'POST', path: `/api/v1/wallet/${kind}`, body } as const;
  printRow(io, await withAdmin(io, (fetch) => call<Row>(fetch, request)), options.json);
}

const transactionColumns = columns(
  'created_at',
  'kind',
  figure('amount_usd'),
  figure('balance_after_usd'),
  'actor',
  'request_id',
  'note',
);
