import { call, type Page } from './admin-call.ts';
import { withAdmin } from './admin-client.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import type { Io } from './io.ts';
import { columns, figure, json, printPage, type Row } from './output.ts';
import { table } from './table.ts';

export const command: Command = {
  help: `usage: bytespike usage [options]

Billed requests, newest first; with --group-by their sums.

  --since TIME            from this instant on (ISO 8601, without a zone in UTC, or Unix seconds)
  --until TIME            up to this instant
  --key ID                of one API key
  --model ID              of one model
  --request-id ID         one request
  --group-by WHAT         day, hour (both of UTC), model, api_key, or several of them with commas
  --simulated             let sums count simulated requests too
  --limit N  --cursor C   page by page, 1000 rows at most; sums have no pages
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
      cursor: 'text',
      json: 'flag',
    });
    const query = {
      since: options.since,
      until: options.until,
      api_key_id: options.key,
      model: options.model,
      request_id: options['request-id'],
      group_by: options['group-by'],
      // Rows tell of themselves whether they are simulated; only sums leave those out.
      simulated: options.simulated ? 'include' : undefined,
      limit: options.limit,
      cursor: options.cursor,
    };
    const request = { path: '/api/v1/usage', query };
    const answer = await withAdmin(io, (fetch) => call<Page<Row> | Sums>(fetch, request));
    if ('data' in answer) printPage(io, answer, rowColumns, options.json);
    else if (options.json) io.out(json(answer));
    else printSums(io, answer, options['group-by'] ?? '');
    return 0;
  },
};

interface Sums {
  buckets: Row[];
  totals: Row;
}

const figures = [
  figure('input_tokens', 'input'),
  figure('cache_read_tokens', 'cache read'),
  figure('cache_write_tokens', 'cache write'),
  figure('output_tokens', 'output'),
  figure('cost_usd'),
];

const rowColumns = columns(
  'created_at',
  'request_id',
  'api_key_id',
  'model',
  'upstream',
  ...figures,
  figure('duration_ms', 'ms'),
);

/** What sums are by, in the order of their columns, and the field that has it. */
const GROUPS = [
  ['hour', 'bucket'],
  ['day', 'bucket'],
  ['model', 'model'],
  ['api_key', 'api_key_id'],
] as const;

function printSums(io: Io, { buckets, totals }: Sums, groupBy: string): void {
  const asked = groupBy.split(',').map((name) => name.trim());
  const groups = GROUPS.filter(([name]) => asked.includes(name));
  const names = groups.map(([name, field]) => (field === 'bucket' ? { field, title: name } : field));
  const total = { ...totals, [groups[0]?.[1] ?? 'bucket']: 'total' };
  io.out(table([...buckets, total], columns(...names, figure('call_count', 'calls'), ...figures)));
}
