import { randomUUID } from 'node:crypto';
import { call } from './admin-call.ts';
import { type AdminFetch, withAdmin } from './admin-client.ts';
import { readAction, readArguments } from './arguments.ts';
import { type Command, UsageError } from './command.ts';
import type { Io } from './io.ts';
import { json, text } from './output.ts';
import { details, table } from './table.ts';

export const command: Command = {
  help: `usage: bytespike wallet [action] [options]

  show                    what is left, held, topped up and spent, in USD (the default)
  topup USD               put money in
      --note TEXT             why; kept with the booking
      --idempotency-key KEY   the same key books once, however often it is sent
  transactions            bookings, newest first
      --limit N  --cursor C

  --json                  the answer as the API gives it
`,
  run: async (args, io) => {
    const { action, rest } = readAction(args, ['show', 'topup', 'transactions'], 'show');
    return withAdmin(io, (fetch) => actions[action](fetch, rest, io)).then(() => 0);
  },
};

type Row = Record<string, unknown>;

const actions: Record<'show' | 'topup' | 'transactions', (fetch: AdminFetch, args: string[], io: Io) => Promise<void>> =
  {
    show: async (fetch, args, io) => {
      const { options } = readArguments(args, { json: 'flag' });
      const wallet = await call<Row>(fetch, { path: '/api/v1/wallet' });
      io.out(options.json ? json(wallet) : details(Object.entries(wallet)));
    },
    topup: async (fetch, args, io) => {
      const { options, positionals } = readArguments(
        args,
        { note: 'value', 'idempotency-key': 'value', json: 'flag' },
        ['USD'],
      );
      const amount = positionals[0]!;
      if (!/^\d+(\.\d{1,9})?$/.test(amount))
        throw new UsageError(`USD is a decimal such as 25 or 12.50, not ${JSON.stringify(amount)}`);
      const body = {
        amount_usd: amount,
        note: options.note ?? '',
        idempotency_key: options['idempotency-key'] ?? randomUUID(),
      };
      const booked = await call<Row>(fetch, { method: 'POST', path: '/api/v1/wallet/topups', body });
      io.out(options.json ? json(booked) : details(Object.entries(booked)));
    },
    transactions: async (fetch, args, io) => {
      const { options } = readArguments(args, { limit: 'value', cursor: 'value', json: 'flag' });
      const query = { limit: options.limit, cursor: options.cursor };
      const page = await call<{ data: Row[]; next_cursor?: string | null }>(fetch, {
        path: '/api/v1/wallet/transactions',
        query,
      });
      io.out(options.json ? json(page) : table(page.data, columns));
      if (!options.json && page.next_cursor) io.err(`more with --cursor ${page.next_cursor}\n`);
    },
  };

const columns = [
  { title: 'created at', value: (row: Row) => text(row.created_at) },
  { title: 'cause', value: (row: Row) => text(row.cause ?? row.type) },
  { title: 'amount usd', value: (row: Row) => text(row.amount_usd), right: true },
  { title: 'by', value: (row: Row) => text(row.actor) },
  { title: 'note', value: (row: Row) => text(row.note) },
];
