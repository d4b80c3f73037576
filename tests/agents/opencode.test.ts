import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_KEY } from '../support/fake-money.ts';
import { testGateway } from '../support/gateway.ts';
import {
  messagesAnswer,
  type RecordedRequest,
  type ScriptedAnswer,
  scriptedUpstream,
} from '../support/scripted-upstream.ts';
import { strictAnthropic } from '../support/scripted-upstream-strict.ts';

const VERSION = '1.18.33';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bytespike-agents-'));
  await mkdir(join(folder, 'home/.config/opencode'), { recursive: true });
  await mkdir(join(folder, 'project'));
  await Bun.write(join(folder, 'package.json'), '{"private":true}');
  const install = Bun.spawn(['npm', 'install', `opencode-ai@${VERSION}`, '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(await install.exited).toBe(0);
}, 300_000);

afterAll(() => rm(folder, { recursive: true }));

/** A vendor that speaks Messages alone: asks for the tool first, where there is one, and repeats its result then. */
function scriptedTurn(request: RecordedRequest): ScriptedAnswer {
  const body = request.json() as { tools?: { name: string }[]; messages: { content: string | { type: string }[] }[] };
  const done = body.messages.some(
    ({ content }) => Array.isArray(content) && content.some((block) => block.type === 'tool_result'),
  );
  const usage = { input_tokens: 100, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const calls = !done && (body.tools?.length ?? 0) > 0;
  const input = JSON.stringify({ command: 'echo agent-tool-ok', description: 'Says ok' });
  const events: { type: string; [field: string]: unknown }[] = [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-opus-4-8',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage,
      },
    },
    {
      type: 'content_block_start',
      index: 0,
      content_block: calls ? { type: 'tool_use', id: 'toolu_1', name: 'bash', input: {} } : { type: 'text', text: '' },
    },
    {
      type: 'content_block_delta',
      index: 0,
      delta: calls
        ? { type: 'input_json_delta', partial_json: input }
        : { type: 'text_delta', text: 'It said agent-tool-ok.' },
    },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: calls ? 'tool_use' : 'end_turn', stop_sequence: null },
      usage: { output_tokens: 9 },
    },
    { type: 'message_stop' },
  ];
  return messagesAnswer(events);
}

test('opencode (Chat) on claude-opus-4-8, translated to a Messages upstream', async () => {
  await using upstream = await scriptedUpstream();
  upstream.refuse(strictAnthropic());
  upstream.otherwise(scriptedTurn);
  await using gateway = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  const provider = {
    npm: '@ai-sdk/openai-compatible',
    options: { baseURL: `${gateway.url}/v1`, apiKey: TEST_KEY },
    models: { 'claude-opus-4-8': {} },
  };
  await Bun.write(join(folder, 'home/.config/opencode/opencode.json'), JSON.stringify({ provider: { gw: provider } }));
  const run = Bun.spawn(
    [
      join(folder, 'node_modules/.bin/opencode'),
      'run',
      '--auto',
      '-m',
      'gw/claude-opus-4-8',
      'Run the command: echo agent-tool-ok',
    ],
    {
      cwd: join(folder, 'project'),
      env: {
        HOME: join(folder, 'home'),
        PATH: '/usr/local/bin:/usr/bin:/bin',
        TERM: 'dumb',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        OPENCODE_DISABLE_AUTOUPDATE: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const output = await new Response(run.stdout).text();
  expect([await run.exited, output]).toEqual([0, expect.stringContaining('agent-tool-ok')]);
  const results = upstream.requests.filter((request) => request.text().includes('"tool_result"'));
  expect(results.length).toBeGreaterThan(0);
  expect(gateway.money.charged.every(({ outcome }) => outcome.model === 'claude-opus-4-8')).toBe(true);
  expect(gateway.faults).toEqual([]);
}, 120_000);
