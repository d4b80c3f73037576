import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import {
  chatAnswer,
  type RecordedRequest,
  type ScriptedAnswer,
  scriptedUpstream,
} from '../support/scripted-upstream.ts';
import { strictOpenAI } from '../support/scripted-upstream-strict.ts';

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

const PROMPT = 'Use the Bash tool to run the command: echo agent-tool-ok';

interface Event {
  type: string;
  result?: string;
  is_error?: boolean;
  num_turns?: number;
  message?: { content: { type: string; name?: string; content?: string }[] };
}

/** Runs the agent without a person, in a home of its own. */
async function claude(url: string, model: string, prompt: string): Promise<Event[]> {
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
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_AUTH_TOKEN: TEST_KEY,
        ANTHROPIC_MODEL: model,
        ANTHROPIC_SMALL_FAST_MODEL: model,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines = (await new Response(run.stdout).text()).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Event);
}

test('Claude Code on deepseek-v4-pro: a tool call runs, its result goes back, the answer ends well', async () => {
  const events = await claude(gateway.url, 'deepseek-v4-pro', PROMPT);
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

/** A vendor that speaks Chat Completions alone: asks for the tool first, and repeats its result then. */
function scriptedTurn(request: RecordedRequest): ScriptedAnswer {
  const { messages } = request.json() as { messages: { role: string; content: string }[] };
  const result = messages.findLast((message) => message.role === 'tool');
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-5.4',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const call = {
    index: 0,
    id: 'call_1',
    type: 'function',
    function: { name: 'Bash', arguments: '{"command":"echo agent-tool-ok"}' },
  };
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
  const frames =
    result === undefined
      ? [chunk({ role: 'assistant', content: null, tool_calls: [call] }), chunk({}, 'tool_calls')]
      : [chunk({ role: 'assistant', content: `It said ${result.content}` }), chunk({}, 'stop')];
  return chatAnswer([...frames, { ...chunk({}), choices: [], usage }]);
}

test('Claude Code on gpt-5-4, translated to a Chat upstream: the same', async () => {
  await using upstream = await scriptedUpstream();
  upstream.refuse(strictOpenAI());
  upstream.otherwise(scriptedTurn);
  await using translated = await testGateway({
    upstream: upstream.url,
    vendor: 'openai',
    protocols: ['chat-completions'],
  });
  const events = await claude(translated.url, 'gpt-5-4', PROMPT);
  const end = events.at(-1)!;
  expect(end).toMatchObject({ type: 'result', is_error: false, num_turns: 2 });
  expect(end.result).toContain('agent-tool-ok');
  expect(translated.money.charged.map(({ outcome }) => outcome.model)).toEqual(['gpt-5-4', 'gpt-5-4']);
  expect(translated.faults).toEqual([]);
}, 120_000);
