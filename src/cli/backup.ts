import { resolve } from 'node:path';
import { call } from './admin-call.ts';
import { withAdmin } from './admin-client.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { json } from './output.ts';

export const command: Command = {
  help: `usage: bytespike backup [FILE] [--json]

Writes a consistent copy of the database to FILE, which must not exist yet, while the gateway goes on serving. Without
FILE it goes into the folder backups in the data folder.
To restore: stop the gateway, put the copy in the place of bytespike.db in the data folder (BYTESPIKE_DATA), remove
bytespike.db-wal and bytespike.db-shm beside it, start again.
`,
  run: async (args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['FILE?']);
    // The server has a working folder of its own.
    const body = positionals[0] === undefined ? {} : { path: resolve(io.workingFolder, positionals[0]) };
    const request = { method: 'POST', path: '/api/v1/backup', body } as const;
    const answer = await withAdmin(io, (fetch) =>
      call<{ path: string; bytes: number; warnings?: string[] }>(fetch, request),
    );
    // A server that was started before an upgrade sends none.
    if (!options.json) for (const warning of answer.warnings ?? []) io.err(`warning: ${warning}\n`);
    io.out(options.json ? json(answer) : `${answer.path}\n`);
    return 0;
  },
};
