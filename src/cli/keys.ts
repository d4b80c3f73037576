import { call, type Page } from './admin-call.ts';
import { type AdminFetch, withAdmin } from './admin-client.ts';
import { readAction, readArguments, wholeNumber } from './arguments.ts';
import { type Command, UsageError } from './command.ts';
import type { Io } from './io.ts';
import { customSecret, keyBody, keyOptions } from './key-options.ts';
import { columns, figure, json, printPage, printRow, printSecret, type Row } from './output.ts';

export const command: Command = {
  help: `usage: bytespike keys <action> [options]

  create NAME             make a key; its secret is shown this once
  list                    keys (--status, --group-id, --name, --limit N, --cursor C)
  show ID                 one key with what it has spent
  update ID               change what is given, leave the rest
  rotate ID               new secret for the same key; --grace-seconds N keeps the old one alive that long
  revoke ID               end a key for good

create and update take (USD amounts as decimals, 0 for unlimited):
  --name NAME             --group-id ID             --expires-in-days N
  --quota USD             --rate-limit-5h USD       --rate-limit-1d USD     --rate-limit-7d USD
  --rpm N                 --tpm N                   --concurrency N         --on-limit shrink|refuse
  --models ID,ID          those that the key may call; all: whatever its group has
  --ip-whitelist IP,CIDR  --ip-blacklist IP,CIDR    none: no such list
create and rotate: --custom-key SECRET   a secret of your own; - reads it from stdin, out of sight of process lists
update:            --status active|disabled

  --json                  the answer as the API gives it
`,
  run: async (args, io) => {
    const { action, rest } = readAction(args, ['create', 'list', 'show', 'update', 'rotate', 'revoke'], 'list');
    await actions[action](rest, io);
    return 0;
  },
};

/** Arguments are read before anything is opened: a typing error costs nothing. */
const actions: Record<
  'create' | 'list' | 'show' | 'update' | 'rotate' | 'revoke',
  (args: string[], io: Io) => Promise<void>
> = {
  create: async (args, io) => {
    const { options, positionals } = readArguments(args, keyOptions, ['NAME?']);
    const name = positionals[0] ?? options.name;
    if (name === undefined) throw new UsageError('NAME is missing');
    const body = await keyBody({ ...options, name }, io);
    printIssued(await withAdmin(io, post('/api/v1/keys', body)), options.json, io);
  },
  list: async (args, io) => {
    const filters = {
      status: 'value',
      'group-id': 'value',
      name: 'value',
      limit: 'value',
      cursor: 'text',
      json: 'flag',
    } as const;
    const { options } = readArguments(args, filters);
    const { json: asJson, 'group-id': group_id, ...others } = options;
    const query = { ...others, group_id };
    const page = await withAdmin(io, (fetch) => call<Page<Row>>(fetch, { path: '/api/v1/keys', query }));
    printPage(io, page, keyColumns, asJson);
  },
  show: async (args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['ID']);
    printRow(io, await withAdmin(io, (fetch) => call<Row>(fetch, { path: pathOf(positionals) })), options.json);
  },
  update: async (args, io) => {
    const { options, positionals } = readArguments(args, keyOptions, ['ID']);
    if (options['custom-key'] !== undefined) throw new UsageError('a new secret is a matter of keys rotate');
    const body = await keyBody(options, io);
    if (Object.keys(body).length === 0) throw new UsageError('there is nothing to change');
    const request = { method: 'PUT', path: pathOf(positionals), body } as const;
    printRow(io, await withAdmin(io, (fetch) => call<Row>(fetch, request)), options.json);
  },
  rotate: async (args, io) => {
    const table = { 'grace-seconds': 'value', 'custom-key': 'value', json: 'flag' } as const;
    const { options, positionals } = readArguments(args, table, ['ID']);
    const secret = await customSecret(options['custom-key'], io);
    const body = {
      grace_seconds: wholeNumber('grace-seconds', options['grace-seconds'] ?? '0'),
      ...(secret === undefined ? {} : { custom_key: secret }),
    };
    printIssued(await withAdmin(io, post(`${pathOf(positionals)}/rotate`, body)), options.json, io);
  },
  revoke: async (args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['ID']);
    const request = { method: 'DELETE', path: pathOf(positionals) } as const;
    printRow(io, await withAdmin(io, (fetch) => call<Row>(fetch, request)), options.json);
  },
};

const keyColumns = columns(
  'id',
  'name',
  { field: 'masked', title: 'key' },
  'status',
  { field: 'group_id', title: 'group' },
  figure('quota'),
  figure('rate_limit_5h', '5h'),
  figure('rate_limit_1d', '1d'),
  figure('rate_limit_7d', '7d'),
  figure('rpm'),
  figure('tpm'),
  figure('spent_usd'),
  { field: 'expires_at', title: 'expires' },
);

function post(path: string, body: Record<string, unknown>) {
  return (fetch: AdminFetch) => call<Row>(fetch, { method: 'POST', path, body });
}

function printIssued(row: Row, asJson: boolean | undefined, io: Io): void {
  if (asJson) io.out(json(row));
  else printSecret(io, `key ${String(row.id)} "${String(row.name)}"`, row.key);
}

function pathOf([id = '']: string[]): string {
  return `/api/v1/keys/${encodeURIComponent(id)}`;
}
