import { call } from './admin-call.ts';
import { withAdmin } from './admin-client.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { json } from './output.ts';

/** What `GET /api/v1/doctor` answers. */
interface Report {
  ok: boolean;
  faults: { rule: string; row: string; expected: string; found: string }[];
  charges_checked: number;
  warnings: string[];
}

export const command: Command = {
  help: `usage: bytespike doctor [--json]

Derives every balance, sum and charge anew from the ledger and checks every rule that they must keep, also while the
gateway serves. Exit code 1 when something does not fit: the first row that does not is told.
`,
  run: async (args, io) => {
    const { options } = readArguments(args, { json: 'flag' });
    const report = await withAdmin(io, (fetch) => call<Report>(fetch, { path: '/api/v1/doctor' }));
    if (options.json) {
      io.out(json(report));
      return report.ok ? 0 : 1;
    }
    for (const warning of report.warnings) io.err(`warning: ${warning}\n`);
    for (const { rule, row, expected, found } of report.faults) {
      io.out(`fault in ${row}: ${rule}; expected ${expected}, found ${found}\n`);
    }
    io.out(
      report.ok
        ? `the books are right (${report.charges_checked} charges checked)\n`
        : `${report.faults.length} faults\n`,
    );
    return report.ok ? 0 : 1;
  },
};
