import { type Call, call, type Page } from './admin-call.ts';
import { withAdmin } from './admin-client.ts';
import { readAction, readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import type { Io } from './io.ts';
import { columns, json, printPage, printRow, printSecret, type Row } from './output.ts';
import { table } from './table.ts';

export const command: Command = {
  help: `usage: bytespike admin <action> [options]

  reset                   revoke every admin token and make a new one
  create NAME             a further token with a name of its own
  list                    tokens by name
  revoke NAME             end a token, by name or id
  audit                   who did what, newest first
      --action NAME  --target ID  --limit N  --cursor C

  --json                  the answer as the API gives it

A token is shown once, when it is made. While BYTESPIKE_ADMIN_TOKEN is set, it is the token "env" again at every start.
`,
  run: async (args, io) => {
    const { action, rest } = readAction(args, ['reset', 'create', 'list', 'revoke', 'audit']);
    await actions[action](rest, io);
    return 0;
  },
};

const TOKENS = '/api/v1/admin/tokens';

const actions: Record<'reset' | 'create' | 'list' | 'revoke' | 'audit', (args: string[], io: Io) => Promise<void>> = {
  reset: async (args, io) => {
    const { options } = readArguments(args, { json: 'flag' });
    await issue({ method: 'POST', path: `${TOKENS}/reset`, body: {} }, options.json, io);
  },
  create: async (args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['NAME']);
    await issue({ method: 'POST', path: TOKENS, body: { name: positionals[0] } }, options.json, io);
  },
  list: async (args, io) => {
    const { options } = readArguments(args, { json: 'flag' });
    const answer = await withAdmin(io, (fetch) => call<{ data: Row[] }>(fetch, { path: TOKENS }));
    io.out(
      options.json ? json(answer) : table(answer.data, columns('name', 'id', 'status', 'created_at', 'revoked_at')),
    );
  },
  revoke: async (args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['NAME']);
    const request = { method: 'DELETE', path: `${TOKENS}/${encodeURIComponent(positionals[0] ?? '')}` } as const;
    printRow(io, await withAdmin(io, (fetch) => call<Row>(fetch, request)), options.json);
  },
  audit: async (args, io) => {
    const filters = { action: 'value', target: 'value', limit: 'value', cursor: 'text', json: 'flag' } as const;
    const { json: asJson, ...query } = readArguments(args, filters).options;
    const page = await withAdmin(io, (fetch) => call<Page<Row>>(fetch, { path: '/api/v1/audit', query }));
    printPage(io, page, columns('created_at', 'actor', 'action', 'target', 'ip'), asJson);
  },
};

async function issue(request: Call, asJson: boolean | undefined, io: Io): Promise<void> {
  const issued = await withAdmin(io, (fetch) => call<Row>(fetch, request));
  if (asJson) io.out(json(issued));
  else printSecret(io, `admin token "${String(issued.name)}"`, issued.token);
}
