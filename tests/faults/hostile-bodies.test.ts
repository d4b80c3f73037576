import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { rawClient, rawRequest, wholeAnswer } from '../support/raw-client.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

/** Where a request goes in and which protocol its upstream speaks: two lanes that pass bytes on, two that translate. */
interface Lane {
  name: string;
  path: string;
  model: string;
  gateway: () => TestGateway;
}

let upstream: ScriptedUpstream;
let deepseek: TestGateway;
let openai: TestGateway;
let anthropic: TestGateway;

beforeAll(async () => {
  upstream = await scriptedUpstream();
  deepseek = await testGateway({ upstream: upstream.url });
  openai = await testGateway({ upstream: upstream.url, vendor: 'openai', protocols: ['chat-completions'] });
  anthropic = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
});

afterAll(async () => {
  for (const gateway of [deepseek, openai, anthropic]) await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

const lanes: Lane[] = [
  { name: 'Chat', path: '/v1/chat/completions', model: 'deepseek-v4-pro', gateway: () => deepseek },
  { name: 'Messages', path: '/v1/messages', model: 'deepseek-v4-pro', gateway: () => deepseek },
  { name: 'Chat to Messages', path: '/v1/chat/completions', model: 'claude-opus-4-8', gateway: () => anthropic },
  { name: 'Messages to Chat', path: '/v1/messages', model: 'gpt-5-4', gateway: () => openai },
];

interface Refusal {
  status: number;
  type: string;
  message: string;
  param: string | null | undefined;
}

function post(lane: Lane, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(lane.gateway().url + lane.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': TEST_KEY, ...headers },
    body,
  });
}

/** Sends a body that must be refused, and checks all that every refusal has to have. */
async function refused(lane: Lane, body: string | Uint8Array): Promise<Refusal> {
  const before = upstream.requests.length;
  const response = await post(lane, body);
  const text = await response.text();
  expect(upstream.requests.length).toBe(before);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('x-should-retry')).toBe('false');
  const { money, faults } = lane.gateway();
  expect([money.held, money.admitted, money.charged.length, faults]).toEqual([0, 0, 0, []]);
  const { type, error } = JSON.parse(text) as { type?: string; error: Refusal };
  expect(type).toBe(lane.path === '/v1/messages' ? 'error' : undefined);
  return { status: response.status, type: error.type, message: error.message, param: error.param };
}

const base = (lane: Lane): Record<string, unknown> => ({
  model: lane.model,
  max_tokens: 50,
  messages: [{ role: 'user', content: 'hi' }],
});
const WHATEVER = '\u0000whatever\u0000';
/** The usual body with the raw JSON text `value` in the place of one field's value. */
const withRaw = (lane: Lane, field: string, value: string): string =>
  JSON.stringify({ ...base(lane), [field]: WHATEVER }).replace(JSON.stringify(WHATEVER), () => value);

/** JSON text that nests `depth` deep and is valid. */
const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + close.repeat(depth);
const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

for (const lane of lanes) {
  describe(lane.name, () => {
    const deep: [name: string, body: string][] = [
      ['a whole body of brackets', nested(1_000_000)],
      ['messages', withRaw(lane, 'messages', nested(100_000))],
      ['content', withRaw(lane, 'messages', `[{"role":"user","content":${nested(50_000)}}]`)],
      ['an unknown field', withRaw(lane, 'x_new', nestedObjects(100_000))],
      ['a tool schema', withRaw(lane, 'tools', `[{"name":"f","input_schema":${nestedObjects(50_000)}}]`)],
      ['metadata', withRaw(lane, 'metadata', nestedObjects(20_000))],
      ['brackets that never close', withRaw(lane, 'messages', '['.repeat(500_000))],
    ];
    for (const [name, body] of deep) {
      test(`${name}: deep nesting is a 400, not a crash`, async () => {
        expect(await refused(lane, body)).toMatchObject({ status: 400, type: 'invalid_request_error' });
      });
    }

    const numbers: [field: string, values: string[]][] = [
      ['max_tokens', ['1e400', '-1e400', '-1', '0', '1.5', '"9"', '[]', '{}', 'true', '1e-9']],
      ['temperature', ['1e400', '"1"', '[]', 'true']],
      ['top_p', ['1e400', '{}', '"x"']],
    ];
    for (const [field, values] of numbers) {
      for (const value of values) {
        test(`${field} ${value} is a 400 that names it`, async () => {
          const refusal = await refused(lane, withRaw(lane, field, value));
          expect([refusal.status, refusal.type]).toEqual([400, 'invalid_request_error']);
          expect(refusal.message).toContain(`\`${field}\``);
          if (lane.path === '/v1/chat/completions') expect(refusal.param).toBe(field);
        });
      }
    }

    const wrong: [name: string, field: string, value: string, named: RegExp][] = [
      ['model null', 'model', 'null', /`model`/],
      ['model empty', 'model', '""', /`model`/],
      ['model an object', 'model', '{}', /`model`/],
      ['messages null', 'messages', 'null', /`messages`/],
      ['messages of null', 'messages', '[null]', /`messages\[0\]`/],
      ['a message without role', 'messages', '[{"content":"a"}]', /`messages\[0\]\.role`/],
      ['a role that is a number', 'messages', '[{"role":1,"content":"a"}]', /`messages\[0\]\.role`/],
      ['content true', 'messages', '[{"role":"user","content":true}]', /`messages\[0\]\.content`/],
      ['a null block', 'messages', '[{"role":"user","content":[null]}]', /`messages\[0\]\.content\[0\]`/],
      [
        'a text without text',
        'messages',
        '[{"role":"user","content":[{"type":"text"}]}]',
        /`messages\[0\]\.content\[0\]/,
      ],
      ['a text of a number', 'messages', '[{"role":"user","content":[{"type":"text","text":7}]}]', /content\[0\]/],
      ['stream a number', 'stream', '1', /`stream`/],
      ['tools an object', 'tools', '{}', /`tools`/],
      ['a tool that is null', 'tools', '[null]', /`tools/],
      ['a tool that is a number', 'tools', '[5]', /`tools/],
    ];
    for (const [name, field, value, named] of wrong) {
      test(`${name} is a 400 that names it`, async () => {
        const refusal = await refused(lane, withRaw(lane, field, value));
        expect([refusal.status, refusal.type]).toEqual([400, 'invalid_request_error']);
        expect(refusal.message).toMatch(named);
      });
    }

    const twice = ['model', 'messages', 'stream', 'max_tokens', 'tools', 'tool_choice'];
    for (const field of twice) {
      test(`${field} twice, once escaped, is a 400 that names it`, async () => {
        const escaped = `\\u${field.charCodeAt(0).toString(16).padStart(4, '0')}${field.slice(1)}`;
        const values = { ...base(lane), stream: false, tools: [], tool_choice: null } as Record<string, unknown>;
        const body = `${JSON.stringify(values).slice(0, -1)},"${escaped}":${JSON.stringify(values[field])}}`;
        const refusal = await refused(lane, body);
        expect([refusal.status, refusal.message]).toEqual([400, expect.stringContaining(`\`${field}\``)]);
      });
    }

    const unreadable: [name: string, body: string | Uint8Array][] = [
      ['a lone continuation byte', Buffer.from('{"model":"\x80"}', 'latin1')],
      ['an overlong slash', Buffer.from('{"model":"\xc0\xaf"}', 'latin1')],
      ['a surrogate as UTF-8', Buffer.from('{"model":"\xed\xa0\x80"}', 'latin1')],
      ['a code point beyond Unicode', Buffer.from('{"model":"\xf4\x90\x80\x80"}', 'latin1')],
      ['UTF-16', Buffer.from('{"model":"a"}', 'utf16le')],
      ['a number alone', '5'],
      ['null', 'null'],
      ['a comment', '{/* */"model":"a"}'],
      ['a trailing comma', '{"model":"a",}'],
      ['single quotes', "{'model':'a'}"],
      ['two values', '{"model":"a"}{"model":"b"}'],
      ['a line break within a string', '{"model":"a\nb"}'],
      ['NaN', '{"model":"a","max_tokens":NaN}'],
      ['a leading zero', '{"model":"a","max_tokens":05}'],
      ['a cut escape', '{"model":"\\u12"}'],
    ];
    for (const [name, body] of unreadable) {
      test(`${name} is a 400`, async () => {
        expect(await refused(lane, body)).toMatchObject({ status: 400, type: 'invalid_request_error' });
      });
    }

    test('a byte order mark before the body does no harm', async () => {
      // The upstream has no answer: that it was asked is what counts.
      const before = upstream.requests.length;
      await (await post(lane, `\ufeff${JSON.stringify(base(lane))}`)).text();
      expect(upstream.requests.length).toBe(before + 1);
      expect(upstream.requests.at(-1)!.body[0]).toBe('{'.charCodeAt(0));
    });

    test('names that JavaScript knows are data', async () => {
      const before = upstream.requests.length;
      const body = `${JSON.stringify(base(lane)).slice(0, -1)},"__proto__":{"stream":true},"constructor":{"prototype":{"n":9}},"toString":1}`;
      const response = await post(lane, body);
      await response.text();
      expect(upstream.requests.length).toBe(before + 1);
      expect(({} as Record<string, unknown>).stream).toBeUndefined();
      expect(response.headers.get('content-type')).toBe('application/json');
    });

    test('over 32 MiB is 413 by its length, before it is read', async () => {
      using client = rawClient(lane.gateway().url);
      const headers = { 'x-api-key': TEST_KEY, 'content-length': String(32 * 1024 * 1024 + 1) };
      client.send(rawRequest(lane.path, { ...headers, 'content-type': 'application/json' }));
      const answer = await client.received(wholeAnswer);
      expect(answer).toMatch(/^HTTP\/1\.1 413/);
      expect(answer).toContain('request_too_large');
    });
  });
}
