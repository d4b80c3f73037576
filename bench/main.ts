/**
 * The benchmark: `npm run bench`, `npm run bench -- --quick`. See README.md beside this file.
 */
import { parseArgs } from 'node:util';
import { bare, bareHashing } from './contenders/bare.ts';
import { bytespike } from './contenders/bytespike.ts';
import { claudeCodeRouter } from './contenders/claude-code-router.ts';
import { direct } from './contenders/direct.ts';
import { portkey } from './contenders/portkey.ts';
import { pinned } from './fleet.ts';
import { machine } from './machine.ts';
import { markdown, report, save } from './report.ts';
import { Session } from './session.ts';
import { WORKLOADS } from './workloads.ts';

const HELP = `usage: npm run bench -- [--quick] [--rounds N] [--only PART[,PART...]]
  --quick    a short form of one round, without the contenders that must be installed
  --rounds   how often everything is measured; 3
  --only     workloads whose id contains one of these, such as json-50, open, growth`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  console.error(`--rounds must be a whole number from 1\n${HELP}`);
  process.exit(2);
}
const wanted = values.only?.split(',') ?? [''];
const workloads = WORKLOADS.filter(
  ({ id, quick }) => (!values.quick || quick === true) && wanted.some((part) => id.includes(part)),
);
if (workloads.length === 0) {
  console.error(`no workload is named so; there are ${WORKLOADS.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}

const contenders = [direct, bare, bareHashing, bytespike, ...(values.quick ? [] : [portkey, claudeCodeRouter])];
const session = new Session({ workloads, contenders, quick: values.quick, say: (text) => console.error(text) });
for (let round = 1; round <= rounds; round++) await session.round(round, rounds);
const told = report(session, { ...machine(), pinned, rounds, quick: values.quick });
console.log(markdown(told));
if (!values.quick && values.only === undefined) console.error(`written to ${save(told)}`);
// The short form prints and judges nothing: it runs wherever the tests run, beside anything.
if (session.faults.length > 0 && !values.quick) process.exit(1);
