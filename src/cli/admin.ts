import { call } from './admin-call.ts';
import { type AdminFetch, withAdmin } from './admin-client.ts';
import { readAction, readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import type { Io } from './io.ts';
import { json, text } from './output.ts';
import { table } from './table.ts';

export const command: Command = {
  help: `usage: bytespike admin <action> [options]

  reset                   revoke every admin token and make a new one
  create NAME             a further token with a name of its own
  list                    tokens, their secrets masked
  revoke NAME             end a token, by name or id
  audit                   who did what, newest first
      --limit N  --cursor C

  --json                  the answer as the API gives it

A token is shown once, when it is made. While BYTESPIKE_ADMIN_TOKEN is set, it is the token "env" again at every start.
`,
  run: async (args, io) => {
    const { action, rest } = readAction(args, ['reset', 'create', 'list', 'revoke', 'audit']);
    return withAdmin(io, (fetch) => actions[action](fetch, rest, io)).then(() => 0);
  },
};

type Row = Record<string, unknown>;
type Action = (fetch: AdminFetch, args: string[], io: Io) => Promise<void>;

const TOKENS = '/api/v1/admin/tokens';

const actions: Record<'reset' | 'create' | 'list' | 'revoke' | 'audit', Action> = {
  reset: async (fetch, args, io) => {
    const { options } = readArguments(args, { json: 'flag' });
    printIssued(await call<Row>(fetch, { method: 'POST', path: `${TOKENS}/reset`, body: {} }), options.json, io);
  },
  create: async (fetch, args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['NAME']);
    const body = { name: positionals[0] };
    printIssued(await call<Row>(fetch, { method: 'POST', path: TOKENS, body }), options.json, io);
  },
  list: async (fetch, args, io) => {
    const { options } = readArguments(args, { json: 'flag' });
    const { data } = await call<{ data: Row[] }>(fetch, { path: TOKENS });
    io.out(options.json ? json(data) : table(data, tokenColumns));
  },
  revoke: async (fetch, args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['NAME']);
    const path = `${TOKENS}/${encodeURIComponent(positionals[0]!)}`;
    const answer = await call<unknown>(fetch, { method: 'DELETE', path });
    io.out(options.json ? json(answer ?? {}) : `revoked ${positionals[0]}\n`);
  },
  audit: async (fetch, args, io) => {
    const { options } = readArguments(args, { limit: 'value', cursor: 'value', json: 'flag' });
    const query = { limit: options.limit, cursor: options.cursor };
    const page = await call<{ data: Row[]; next_cursor?: string | null }>(fetch, { path: '/api/v1/audit', query });
    io.out(options.json ? json(page) : table(page.data, auditColumns));
    if (!options.json && page.next_cursor) io.err(`more with --cursor ${page.next_cursor}\n`);
  },
};

const tokenColumns = [
  { title: 'name', value: (row: Row) => text(row.name) },
  { title: 'token', value: (row: Row) => text(row.masked) },
  { title: 'id', value: (row: Row) => text(row.id) },
  { title: 'created at', value: (row: Row) => text(row.created_at) },
  { title: 'revoked at', value: (row: Row) => text(row.revoked_at) },
];

const auditColumns = [
  { title: 'at', value: (row: Row) => text(row.created_at ?? row.at) },
  { title: 'who', value: (row: Row) => text(row.actor) },
  { title: 'what', value: (row: Row) => text(row.action) },
  { title: 'target', value: (row: Row) => text(row.target) },
  { title: 'from', value: (row: Row) => text(row.ip) },
];

/** The secret alone goes to stdout, so that a script can take it; what it is stands on stderr. */
function printIssued(issued: Row, asJson: boolean | undefined, io: Io): void {
  if (asJson) {
    io.out(json(issued));
    return;
  }
  io.err(`admin token ${text(issued.name) ?? ''}, shown this once:\n`);
  io.out(`${text(issued.token)}\n`);
}
