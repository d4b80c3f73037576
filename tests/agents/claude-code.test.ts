import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';

/** The newest that runs on Node 20. */
const VERSION = '2.1.197';

let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  gateway = await testGateway();
  folder = await mkdtemp(join(tmpdir(), 'bytespike-agents-'));
  await mkdir(join(folder, 'home'));
  await mkdir(join(folder, 'project'));
  await Bun.write(join(folder, 'package.json'), '{"private":true}');
  const install = Bun.spawn(['npm', 'install', `@anthropic-ai/claude-code@${VERSION}`, '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(await install.exited).toBe(0);
}, 300_000);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Event {
  type: string;
  result?: string;
  is_error?: boolean;
  num_turns?: number;
  message?: { content: { type: string; name?: string; content?: string }[] };
}

/** Runs the agent without a person, in a home of its own. */
async function claude(prompt: string): Promise<Event[]> {
  const run = Bun.spawn(
    [
      join(folder, 'node_modules/.bin/claude'),
      '-p',
      prompt,
      '--allowedTools',
      'Bash',
      '--output-format',
      'stream-json',
      '--verbose',
    ],
    {
      cwd: join(folder, 'project'),
      env: {
        HOME: join(folder, 'home'),
        PATH: '/usr/local/bin:/usr/bin:/bin',
        TERM: 'dumb',
        ANTHROPIC_BASE_URL: gateway.url,
        ANTHROPIC_AUTH_TOKEN: TEST_KEY,
        ANTHROPIC_MODEL: 'deepseek-v4-pro',
        ANTHROPIC_SMALL_FAST_MODEL: 'deepseek-v4-pro',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines = (await new Response(run.stdout).text()).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Event);
}

test('Claude Code on deepseek-v4-pro: a tool call runs, its result goes back, the answer ends well', async () => {
  const events = await claude('Use the Bash tool to run the command: echo agent-tool-ok');
  const blocks = events.flatMap((event) => event.message?.content ?? []);
  expect(blocks.map((block) => block.type)).toEqual(['thinking', 'tool_use', 'tool_result', 'thinking', 'text']);
  expect(blocks[2]!.content).toContain('agent-tool-ok');
  const end = events.at(-1)!;
  expect(end).toMatchObject({ type: 'result', is_error: false, num_turns: 2 });
  expect(end.result).toContain('agent-tool-ok');
  const rows = gateway.money.charged.map(({ outcome }) => outcome);
  expect(rows).toHaveLength(2);
  // The prompt's prefix is the same in both requests: it was read from the cache.
  expect(rows[1]!.usage.input.cacheRead).toBeGreaterThan(rows[1]!.usage.input.uncached);
  expect(gateway.faults).toEqual([]);
}, 120_000);
