import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { RECORDINGS } from '../support/recordings.ts';
import { messagesAnswer, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';
import { strictDeepSeek } from '../support/scripted-upstream-strict.ts';
import { checkMessagesStream } from '../support/stream-invariants.ts';
import {
  call,
  claudeCodeRequest,
  emptySystem,
  firstTurn,
  firstTurnLater,
  HEADERS,
  result,
  type Turn,
} from './claude-code-shapes.ts';

let upstream: ScriptedUpstream;
let gateway: TestGateway;

const SIGNATURE = '91cf0000-554b-4136-8e21-fa0000000000';
const usage = { input_tokens: 54, cache_creation_input_tokens: 0, cache_read_input_tokens: 128, output_tokens: 0 };

/** As DeepSeek streams it: no stop between blocks, no signature at a block's start, `end_turn` after a call. */
const events: { type: string; [field: string]: unknown }[] = [
  {
    type: 'message_start',
    message: {
      id: SIGNATURE,
      type: 'message',
      role: 'assistant',
      model: 'deepseek-v4-pro',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'I should run it.' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: SIGNATURE } },
  {
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} },
  },
  {
    type: 'content_block_delta',
    index: 1,
    delta: { type: 'input_json_delta', partial_json: '{"command": "echo ok"}' },
  },
  {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { ...usage, output_tokens: 20 },
  },
  { type: 'message_stop' },
];
const answer = messagesAnswer(events);

beforeAll(async () => {
  upstream = await scriptedUpstream();
  upstream.refuse(strictDeepSeek());
  upstream.otherwise(answer);
  gateway = await testGateway({ upstream: upstream.url });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

function send(body: object): Promise<Response> {
  return fetch(`${gateway.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}`, ...HEADERS },
    body: JSON.stringify(body),
  });
}

interface Sent {
  messages: Turn[];
  system: { text: string }[];
  thinking: { type: string };
  max_tokens: number;
  metadata: object;
}
const lastSent = (): Sent => upstream.requests.at(-1)!.json() as Sent;

describe('Claude Code on deepseek-v4-pro', () => {
  const thinking = { type: 'thinking', thinking: 'I should run it.', signature: SIGNATURE };
  const shapes: [name: string, messages: Turn[], more?: object][] = [
    ['a first request', firstTurn],
    ['an empty system message', emptySystem],
    ['a tool result, thinking replayed', [...firstTurnLater, call([thinking]), result()]],
    ['a tool result, thinking lost', [...firstTurnLater, call(), result()]],
    ['a result that is an error', [...firstTurnLater, call([thinking]), result('no such file', true)]],
    [
      'a result with a tool reference',
      [...firstTurnLater, call([thinking]), result([{ type: 'tool_reference', tool_name: 'Read' }])],
    ],
    [
      'a result with an image',
      [
        ...firstTurnLater,
        call([thinking]),
        result([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }]),
      ],
    ],
    [
      'thinking of another vendor',
      [
        ...firstTurnLater,
        call([
          { type: 'thinking', thinking: 't', signature: `E${'qY4h'.repeat(60)}` },
          { type: 'redacted_thinking', data: 'x' },
        ]),
        result(),
      ],
    ],
    ['a forced tool', firstTurn, { tool_choice: { type: 'tool', name: 'Bash' } }],
    ['without its experimental fields', firstTurn, { context_management: undefined, thinking: { type: 'adaptive' } }],
    ['whole instead of streamed', firstTurn, { stream: false }],
  ];
  for (const [name, messages, more] of shapes) {
    test(`${name} passes (A18, E01, E16)`, async () => {
      if (more !== undefined && 'stream' in more)
        upstream.enqueue({
          ...answer,
          headers: { 'content-type': 'application/json' },
          body: [
            JSON.stringify({
              id: 'm',
              type: 'message',
              role: 'assistant',
              content: [{ type: 'text', text: 'a' }],
              stop_reason: 'end_turn',
              usage,
            }),
          ],
        });
      const response = await send(claudeCodeRequest(messages, more));
      const text = await response.text();
      expect([response.status, text.slice(0, 300)]).toEqual([200, expect.any(String)]);
      if (response.headers.get('content-type')?.includes('event-stream')) expect(checkMessagesStream(text)).toEqual([]);
      const changed = response.headers.get('x-bytespike-changed')!;
      for (const listed of ['max_tokens', 'metadata.user_id', 'x-anthropic-billing-header', 'effort-2025-11-24'])
        expect(changed).toContain(listed);
      const sent = lastSent();
      expect(sent.max_tokens).toBe(16384);
      expect(sent.system.map((block) => block.text)).not.toContainEqual(expect.stringContaining('billing-header'));
      expect(sent.messages.every((message) => message.role !== 'system')).toBe(true);
    });
  }

  test('its system message stands in place, in tags', async () => {
    await (await send(claudeCodeRequest(firstTurn))).text();
    expect(lastSent().messages[1]!.content).toEqual([
      expect.objectContaining({ type: 'text', text: expect.stringMatching(/^<system>The folder.*<\/system>$/) }),
    ]);
  });

  test('thinks on while its thinking comes back, and says when it had to stop (E02, E06, E12)', async () => {
    await (await send(claudeCodeRequest([...firstTurnLater, call([thinking]), result()]))).text();
    expect(lastSent().thinking.type).toBe('adaptive');
    expect((lastSent().messages[2]!.content as object[])[0]).toEqual(thinking);
    const lost = await send(claudeCodeRequest([...firstTurnLater, call(), result()]));
    await lost.text();
    expect(lastSent().thinking).toEqual({ type: 'disabled' });
    expect(lost.headers.get('x-bytespike-changed')).toContain('thinking');
  });

  test('the same history gives the same bytes, and a turn more changes none of them (D32)', async () => {
    const history = [...firstTurnLater, call([thinking]), result()];
    const bodies: string[] = [];
    for (const messages of [
      history,
      history,
      [
        ...history,
        { role: 'assistant', content: [thinking, { type: 'text', text: 'Done.' }] },
        { role: 'user', content: 'and now?' },
      ],
    ]) {
      await (await send(claudeCodeRequest(messages))).text();
      bodies.push(upstream.requests.at(-1)!.text());
    }
    expect(bodies[1]).toBe(bodies[0]!);
    const earlier = bodies[0]!.slice(0, bodies[0]!.indexOf('],"system"'));
    expect(bodies[2]!.startsWith(earlier)).toBe(true);
  });
});

/** Requests recorded from the real agents, where they are at hand; their long texts are replaced by `<text LENGTH>`. */
const folder = join(RECORDINGS, 'agent-requests');

describe.skipIf(!existsSync(folder))('recorded agents (skipped where the recordings are not at hand)', () => {
  interface Recorded {
    method: string;
    url: string;
    body: Record<string, unknown> | null;
  }
  const agents = [
    'claude-code',
    'opencode',
    'opencode-anthropic',
    'qwen',
    'qwen-anthropic',
    'cline',
    'continue',
    'continue-anthropic',
  ];
  for (const agent of agents) {
    test(`${agent} passes on deepseek-v4-pro`, async () => {
      const recorded = JSON.parse(readFileSync(join(folder, `${agent}.json`), 'utf8')) as
        | Recorded[]
        | { scenarios: { requests: Recorded[] }[] };
      const requests = Array.isArray(recorded) ? recorded : recorded.scenarios.flatMap((scenario) => scenario.requests);
      let sent = 0;
      for (const { method, url, body } of requests) {
        if (method !== 'POST' || body === null || !Array.isArray(body.messages)) continue;
        const chat = url.includes('chat/completions');
        if (chat)
          upstream.enqueue({
            headers: { 'content-type': 'text/event-stream' },
            body: [
              'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
            ],
          });
        const response = await fetch(gateway.url + (chat ? '/v1/chat/completions' : '/v1/messages?beta=true'), {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}`, ...HEADERS },
          body: JSON.stringify({ ...body, model: 'deepseek-v4-pro', stream: true }),
        });
        const text = await response.text();
        expect([response.status, text]).toEqual([200, expect.not.stringContaining('"error"')]);
        sent++;
      }
      expect(sent).toBeGreaterThan(0);
    });
  }
});
