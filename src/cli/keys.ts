import { call } from './admin-call.ts';
import { type AdminFetch, withAdmin } from './admin-client.ts';
import { type OptionValues, readAction, readArguments, wholeNumber } from './arguments.ts';
import { type Command, UsageError } from './command.ts';
import type { Io } from './io.ts';
import { json, text } from './output.ts';
import { details, table } from './table.ts';

const settings = {
  name: 'value',
  group: 'value',
  quota: 'value',
  '5h': 'value',
  '1d': 'value',
  '7d': 'value',
  rpm: 'value',
  tpm: 'value',
  concurrency: 'value',
  'ip-allow': 'list',
  'ip-deny': 'list',
  models: 'list',
  'expires-in-days': 'value',
  'on-limit': 'value',
  'custom-key': 'value',
  status: 'value',
  json: 'flag',
} as const;

export const command: Command = {
  help: `usage: bytespike keys <action> [options]

  create --name NAME      make a key; its secret is shown this once
  list                    all keys
  show ID                 one key with what it has spent
  update ID               change what is given, leave the rest
  rotate ID               new secret for the same key; --grace SECONDS keeps the old one alive that long
  revoke ID               end a key for good

create and update take (USD amounts as decimals, 0 for unlimited):
  --name NAME             --group ID             --models ID,ID          --expires-in-days N
  --quota USD             --5h USD               --1d USD                --7d USD
  --rpm N                 --tpm N                --concurrency N
  --ip-allow IP,CIDR      --ip-deny IP,CIDR      --on-limit shrink|refuse
create and rotate: --custom-key -   takes the secret from stdin instead of making one
update:            --status active|disabled

  --json                  the answer as the API gives it
`,
  run: async (args, io) => {
    const { action, rest } = readAction(args, ['create', 'list', 'show', 'update', 'rotate', 'revoke'], 'list');
    return withAdmin(io, (fetch) => actions[action](fetch, rest, io)).then(() => 0);
  },
};

type Action = (fetch: AdminFetch, args: string[], io: Io) => Promise<void>;

const actions: Record<'create' | 'list' | 'show' | 'update' | 'rotate' | 'revoke', Action> = {
  create: async (fetch, args, io) => {
    const { options } = readArguments(args, settings);
    if (options.name === undefined) throw new UsageError('--name is missing');
    const body = await keyBody(options, io);
    const key = await call<KeyRow>(fetch, { method: 'POST', path: '/api/v1/keys', body });
    printIssued(key, options.json, io);
  },
  list: async (fetch, args, io) => {
    const { options } = readArguments(args, { json: 'flag' });
    const { data } = await call<{ data: KeyRow[] }>(fetch, { path: '/api/v1/keys' });
    io.out(options.json ? json(data) : table(data, keyColumns));
  },
  show: async (fetch, args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['ID']);
    print(await call<KeyRow>(fetch, { path: pathOf(positionals[0]!) }), options.json, io);
  },
  update: async (fetch, args, io) => {
    const { options, positionals } = readArguments(args, settings, ['ID']);
    const body = await keyBody(options, io);
    if (Object.keys(body).length === 0) throw new UsageError('there is nothing to change');
    print(await call<KeyRow>(fetch, { method: 'PUT', path: pathOf(positionals[0]!), body }), options.json, io);
  },
  rotate: async (fetch, args, io) => {
    const { options, positionals } = readArguments(args, { grace: 'value', 'custom-key': 'value', json: 'flag' }, [
      'ID',
    ]);
    const body: Record<string, unknown> = {};
    if (options.grace !== undefined) body.grace_seconds = wholeNumber('grace', options.grace);
    if (options['custom-key'] !== undefined) body.custom_key = await secretOf(options['custom-key'], io);
    const path = `${pathOf(positionals[0]!)}/rotate`;
    printIssued(await call<KeyRow>(fetch, { method: 'POST', path, body }), options.json, io);
  },
  revoke: async (fetch, args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['ID']);
    const answer = await call<unknown>(fetch, { method: 'DELETE', path: pathOf(positionals[0]!) });
    io.out(options.json ? json(answer ?? {}) : `revoked ${positionals[0]}\n`);
  },
};

/** A key as the management API shows it; only what is printed here. */
interface KeyRow {
  id: string;
  name: string;
  /** Only in the answer that issues it. */
  key?: string;
  [field: string]: unknown;
}

const keyColumns = [
  { title: 'id', value: (row: KeyRow) => row.id },
  { title: 'name', value: (row: KeyRow) => row.name },
  { title: 'key', value: (row: KeyRow) => text(row.masked_key ?? row.masked) },
  { title: 'status', value: (row: KeyRow) => text(row.status) },
  { title: 'group', value: (row: KeyRow) => text(row.group_id) },
  { title: 'quota', value: (row: KeyRow) => text(row.quota), right: true },
  { title: '5h', value: (row: KeyRow) => text(row.rate_limit_5h), right: true },
  { title: '1d', value: (row: KeyRow) => text(row.rate_limit_1d), right: true },
  { title: '7d', value: (row: KeyRow) => text(row.rate_limit_7d), right: true },
  { title: 'rpm', value: (row: KeyRow) => text(row.rpm), right: true },
  { title: 'tpm', value: (row: KeyRow) => text(row.tpm), right: true },
  { title: 'expires', value: (row: KeyRow) => text(row.expires_at) },
];

async function keyBody(options: OptionValues<typeof settings>, io: Io): Promise<Record<string, unknown>> {
  const number = (name: 'rpm' | 'tpm' | 'concurrency' | 'expires-in-days') => {
    const value = options[name];
    return value === undefined ? undefined : wholeNumber(name, value);
  };
  const custom = options['custom-key'];
  const body = {
    name: options.name,
    group_id: options.group,
    // Amounts go as text: a JSON number would pass through a float.
    quota: options.quota,
    rate_limit_5h: options['5h'],
    rate_limit_1d: options['1d'],
    rate_limit_7d: options['7d'],
    rpm: number('rpm'),
    tpm: number('tpm'),
    concurrency: number('concurrency'),
    ip_whitelist: options['ip-allow'],
    ip_blacklist: options['ip-deny'],
    models: options.models,
    expires_in_days: number('expires-in-days'),
    on_limit: options['on-limit'],
    status: options.status,
    custom_key: custom === undefined ? undefined : await secretOf(custom, io),
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/** On the command line a secret is seen by everybody who lists processes. */
async function secretOf(option: string, io: Io): Promise<string> {
  if (option !== '-') throw new UsageError('--custom-key takes the secret from stdin only: --custom-key -');
  const secret = (await io.readStdin()).trim();
  if (secret === '') throw new UsageError('there is no secret on stdin');
  return secret;
}

function printIssued(row: KeyRow, asJson: boolean | undefined, io: Io): void {
  const { key, ...rest } = row;
  print(asJson ? row : { ...rest, ...(key === undefined ? {} : { key }) }, asJson, io);
  if (!asJson && key !== undefined) io.err('The key is shown this once; only its hash is stored.\n');
}

function print(row: KeyRow, asJson: boolean | undefined, io: Io): void {
  io.out(asJson ? json(row) : details(Object.entries(row)));
}

function pathOf(id: string): string {
  return `/api/v1/keys/${encodeURIComponent(id)}`;
}
