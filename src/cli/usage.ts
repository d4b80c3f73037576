import { call } from './admin-call.ts';
import { withAdmin } from './admin-client.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { json, text } from './output.ts';
import { type Column, table } from './table.ts';

export const command: Command = {
  help: `usage: bytespike usage [options]

Billed requests, newest first; with --group-by their sums.

  --since TIME            from this instant on (ISO 8601 or Unix seconds)
  --until TIME            up to this instant
  --key ID                of one API key
  --model ID              of one model
  --request-id ID         one request
  --group-by WHAT         day, hour, model or api_key
  --simulated             count simulated requests too
  --limit N  --cursor C   page by page, 1000 rows at most
  --json                  the answer as the API gives it
`,
  run: async (args, io) => {
    const { options } = readArguments(args, {
      since: 'value',
      until: 'value',
      key: 'value',
      model: 'value',
      'request-id': 'value',
      'group-by': 'value',
      simulated: 'flag',
      limit: 'value',
      cursor: 'value',
      json: 'flag',
    });
    const query = {
      since: options.since,
      until: options.until,
      api_key_id: options.key,
      model: options.model,
      request_id: options['request-id'],
      group_by: options['group-by'],
      include_simulated: options.simulated ? 'true' : undefined,
      limit: options.limit,
      cursor: options.cursor,
    };
    const answer = await withAdmin(io, (fetch) => call<Answer>(fetch, { path: '/api/v1/usage', query }));
    if (options.json) io.out(json(answer));
    else if (answer.buckets !== undefined) io.out(table([...answer.buckets, total(answer.totals)], bucketColumns));
    else io.out(table(answer.data ?? [], rowColumns));
    if (!options.json && answer.next_cursor) io.err(`more with --cursor ${answer.next_cursor}\n`);
    return 0;
  },
};

type Row = Record<string, unknown>;

interface Answer {
  data?: Row[];
  next_cursor?: string | null;
  buckets?: Row[];
  totals?: Row;
}

const total = (totals: Row = {}): Row => ({ ...totals, bucket: 'total' });

const figures: Column<Row>[] = [
  { title: 'input', value: (row) => text(row.input_tokens), right: true },
  { title: 'cache read', value: (row) => text(row.cache_read_tokens), right: true },
  { title: 'output', value: (row) => text(row.output_tokens), right: true },
  { title: 'cost usd', value: (row) => text(row.cost_usd), right: true },
];

const rowColumns: Column<Row>[] = [
  { title: 'created at', value: (row) => text(row.created_at) },
  { title: 'request', value: (row) => text(row.request_id) },
  { title: 'key', value: (row) => text(row.api_key_id) },
  { title: 'model', value: (row) => text(row.model) },
  { title: 'upstream', value: (row) => text(row.upstream) },
  ...figures,
  { title: 'ms', value: (row) => text(row.duration_ms), right: true },
];

const bucketColumns: Column<Row>[] = [
  { title: 'bucket', value: (row) => text(row.bucket ?? row.day ?? row.hour ?? row.model ?? row.api_key_id) },
  { title: 'requests', value: (row) => text(row.requests), right: true },
  ...figures,
];
