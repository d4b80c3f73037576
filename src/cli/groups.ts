import { call } from './admin-call.ts';
import { withAdmin } from './admin-client.ts';
import { type OptionValues, readAction, readArguments } from './arguments.ts';
import { type Command, UsageError } from './command.ts';
import type { Io } from './io.ts';
import { columns, figure, json, printRow, type Row } from './output.ts';
import { table } from './table.ts';

export const command: Command = {
  help: `usage: bytespike groups <action> [options]

A group is a set of models with a price multiplier that keys are bound to.

  list                    all groups
  show ID                 one group
  create ID               make a group
  update ID               change what is given, leave the rest

create and update take:
  --name NAME             --models ID,ID (or all)
  --multiplier DECIMAL    --exclusive yes|no

  --json                  the answer as the API gives it
`,
  run: async (args, io) => {
    const { action, rest } = readAction(args, ['list', 'show', 'create', 'update'], 'list');
    await actions[action](rest, io);
    return 0;
  },
};

const groupOptions = { name: 'value', models: 'list', multiplier: 'value', exclusive: 'value', json: 'flag' } as const;
const GROUPS = '/api/v1/groups';

const actions: Record<'list' | 'show' | 'create' | 'update', (args: string[], io: Io) => Promise<void>> = {
  list: async (args, io) => {
    const { options } = readArguments(args, { json: 'flag' });
    const answer = await withAdmin(io, (fetch) => call<{ data: Row[] }>(fetch, { path: GROUPS }));
    io.out(
      options.json
        ? json(answer)
        : table(answer.data, columns('id', 'name', figure('multiplier'), 'exclusive', 'models')),
    );
  },
  show: async (args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['ID']);
    printRow(io, await withAdmin(io, (fetch) => call<Row>(fetch, { path: pathOf(positionals) })), options.json);
  },
  create: async (args, io) => {
    const { options, positionals } = readArguments(args, groupOptions, ['ID']);
    const request = { method: 'POST', path: GROUPS, body: { id: positionals[0], ...groupBody(options) } } as const;
    printRow(io, await withAdmin(io, (fetch) => call<Row>(fetch, request)), options.json);
  },
  update: async (args, io) => {
    const { options, positionals } = readArguments(args, groupOptions, ['ID']);
    const body = groupBody(options);
    if (Object.keys(body).length === 0) throw new UsageError('there is nothing to change');
    const request = { method: 'PUT', path: pathOf(positionals), body } as const;
    printRow(io, await withAdmin(io, (fetch) => call<Row>(fetch, request)), options.json);
  },
};

function groupBody({
  name,
  models,
  multiplier,
  exclusive,
}: OptionValues<typeof groupOptions>): Record<string, unknown> {
  if (exclusive !== undefined && exclusive !== 'yes' && exclusive !== 'no') {
    throw new UsageError(`--exclusive is yes or no, not ${JSON.stringify(exclusive)}`);
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(models === undefined ? {} : { models: models.join() === 'all' ? null : models }),
    ...(multiplier === undefined ? {} : { multiplier }),
    ...(exclusive === undefined ? {} : { exclusive: exclusive === 'yes' }),
  };
}

function pathOf([id = '']: string[]): string {
  return `${GROUPS}/${encodeURIComponent(id)}`;
}
