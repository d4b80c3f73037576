/**
 * Runs `bun test` and closes with one line that says how it went: `N passed, N failed`, and `, N skipped` when some were.
 * What failed is told once more before it: in a long report, of which only the end may be kept, nobody finds it.
 * tests/agents is left out: it drives real coding agents, which nobody has installed by chance.
 */
import { failureReader, summarize } from './test-summary.ts';

/** The longest take a few seconds, and several times as long where others use the machine. */
const TEST_TIMEOUT_MS = 60_000;
const TAIL_CHARACTERS = 8_192;

/** Settings of the person who runs the suite must not reach it: it would talk to real accounts, and pay. */
const foreign = /^(BYTESPIKE_|DEEPSEEK_|OPENAI_|ANTHROPIC_|GEMINI_)/;
const keep = /^BYTESPIKE_TEST_/;

const paths = process.argv.slice(2);
const child = Bun.spawn(
  [
    process.execPath,
    'test',
    `--timeout=${TEST_TIMEOUT_MS}`,
    '--path-ignore-patterns=tests/agents/**',
    ...(paths.length > 0 ? paths : ['./src', './tests', './scripts', './bench']),
  ],
  {
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => keep.test(name) || !foreign.test(name))),
    stdio: ['ignore', 'inherit', 'pipe'],
  },
);

// The report goes through as it comes; its end has the figures.
let tail = '';
let begun = '';
const reader = failureReader();
const decoder = new TextDecoder();
for await (const chunk of child.stderr) {
  process.stderr.write(chunk);
  const text = decoder.decode(chunk, { stream: true });
  tail = (tail + text).slice(-TAIL_CHARACTERS);
  const lines = (begun + text).split('\n');
  begun = lines.pop() ?? '';
  for (const line of lines) reader.line(line);
}
const { line, ok } = summarize(tail, await child.exited);
for (const failure of reader.failures()) console.error(`\n${failure}`);
console.log(line);
process.exitCode = ok ? 0 : 1;
