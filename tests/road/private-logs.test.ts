import { afterAll, beforeAll, expect, test } from 'bun:test';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { jsonAnswer, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

let upstream: ScriptedUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await scriptedUpstream();
  upstream.otherwise((request) =>
    jsonAnswer(
      request.path.endsWith('/messages')
        ? {
            id: 'm',
            type: 'message',
            role: 'assistant',
            content: [{ type: 'text', text: 'a' }],
            stop_reason: 'end_turn',
          }
        : { choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }] },
    ),
  );
  gateway = await testGateway({ upstream: upstream.url, vendor: ['deepseek', 'openai', 'anthropic'] });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

const SECRET = 'PROMPTTEXT';
const own = { [`My_${SECRET}`]: 1 };
const text = { type: 'text', text: 'hi', ...own };
const schema = { type: 'object' };

const bodies: [name: string, path: string, body: object, listed: string][] = [
  [
    'Chat on a Messages upstream',
    '/v1/chat/completions',
    {
      model: 'claude-opus-4-8',
      ...own,
      top_logprobs: 0,
      prompt_cache_key: 'x',
      stream_options: own,
      reasoning: { ...own, effort: 'low' },
      messages: [
        { role: 'system', content: 'x', ...own },
        { role: 'user', content: [text], ...own },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: schema, ...own }, ...own }],
    },
    'prompt_cache_key',
  ],
  [
    'Messages on a Chat upstream',
    '/v1/messages',
    {
      model: 'gpt-5.4',
      max_tokens: 50,
      ...own,
      context_management: { edits: [] },
      metadata: own,
      system: [text],
      messages: [{ role: 'user', content: [text], ...own }],
      tools: [{ name: 'f', input_schema: schema, ...own }],
      tool_choice: { type: 'auto', ...own },
    },
    'context_management',
  ],
  [
    'Chat on its own upstream',
    '/v1/chat/completions',
    {
      model: 'deepseek-v4-pro',
      messages: [
        { role: 'system', content: [{ type: `my_${SECRET}` }] },
        { role: 'user', content: [{ type: 'text', text: 'x' }] },
      ],
    },
    '',
  ],
  [
    'Messages on its own upstream',
    '/v1/messages',
    { model: 'deepseek-v4-pro', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] },
    '',
  ],
];

test.each(bodies)(
  '%s: names that the client thought of are in its answer and in no log',
  async (_name, path, body, listed) => {
    gateway.logs.length = 0;
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': TEST_KEY,
        'anthropic-beta': `beta-${SECRET}, x y ${SECRET} (odd)`,
        'x-custom': SECRET,
      },
      body: JSON.stringify(body),
    });
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
    expect(response.headers.get('x-bytespike-changed')).toContain(SECRET);
    const line = gateway.logs.find((one) => one.includes('"event":"request"')) ?? '';
    expect(line).toMatch(/"changed":"([a-z_. ]+ )?\+\d+"/);
    expect(line).toContain(listed);
    expect(gateway.logs.join('')).not.toContain(SECRET);
    expect(gateway.house.recent.list()[0]!.changed.join(' ')).toMatch(/^([a-z_. ]+ )?\+\d+$/);
  },
);
