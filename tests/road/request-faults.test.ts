import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { chatChecks } from '../../src/protocols/chat-completions/check-request.ts';
import { chatFields } from '../../src/protocols/chat-completions/request-fields.ts';
import { messagesChecks } from '../../src/protocols/messages/check-request.ts';
import { messagesFields } from '../../src/protocols/messages/request-fields.ts';
import { TEST_KEY } from '../support/fake-money.ts';
import { TEST_INSTALLATION, type TestGateway, testGateway } from '../support/gateway.ts';
import { rawClient } from '../support/raw-client.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await testGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

const hello = { model: 'deepseek-v4-pro', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] };

function post(
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
  path = '/v1/chat/completions',
): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}`, ...headers },
    body,
  });
}

interface ChatError {
  error: { code: string; type: string; message: string; param: string | null };
}

/** One raw exchange, for what no HTTP client would send. Resolves with all that came until the server closed. */
async function raw(bytes: string): Promise<string> {
  using client = rawClient(gateway.url);
  client.send(bytes);
  return await client.closed();
}

describe('a body that cannot be read', () => {
  const json = JSON.stringify(hello);
  const cases: [
    name: string,
    body: NonNullable<RequestInit['body']>,
    headers: Record<string, string>,
    status: number,
    code: string,
  ][] = [
    ['that is no JSON', '{"model":', {}, 400, 'invalid_param'],
    ['that is empty', '', {}, 400, 'invalid_param'],
    ['that is an array', '[]', {}, 400, 'invalid_param'],
    ['with bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), {}, 400, 'invalid_param'],
    [
      'that nests 100,000 deep',
      `{"model":"deepseek-v4-pro","messages":${'['.repeat(100_000)}`,
      {},
      400,
      'invalid_param',
    ],
    ['of another content type', json, { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['of an unknown encoding', json, { 'content-encoding': 'lzma' }, 415, 'unsupported_media_type'],
    ['of an encoding that objects have', json, { 'content-encoding': 'constructor' }, 415, 'unsupported_media_type'],
    ['that is not what its encoding says', json, { 'content-encoding': 'gzip' }, 400, 'invalid_param'],
    ['over 32 MiB', new Uint8Array(32 * 1024 * 1024 + 1), {}, 413, 'request_too_large'],
    [
      'over 32 MiB once unpacked (I06)',
      gzipSync(new Uint8Array(33 * 1024 * 1024)),
      { 'content-encoding': 'gzip' },
      413,
      'request_too_large',
    ],
  ];
  for (const [name, body, headers, status, code] of cases) {
    test(`${name} is ${status}`, async () => {
      const response = await post(body, headers);
      const { error } = (await response.json()) as ChatError;
      expect([response.status, error.code]).toEqual([status, code]);
      expect(response.headers.get('x-request-id')).toMatch(/^req_/);
      expect(response.headers.get('x-should-retry')).toBe('false');
    });
  }

  test('of 32 MiB to the byte is none of them', async () => {
    const body = new Uint8Array(32 * 1024 * 1024).fill(0x20);
    body.set(new TextEncoder().encode(json));
    expect((await post(body)).status).toBe(200);
  });

  test('over 32 MiB without a length is 413 as well', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < 33; i++) controller.enqueue(new Uint8Array(1024 * 1024));
        controller.close();
      },
    });
    expect((await post(stream)).status).toBe(413);
  });

  test('packed bodies are unpacked (I06)', async () => {
    const packs = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };
    for (const [encoding, pack] of Object.entries(packs)) {
      expect((await post(pack(json), { 'content-encoding': encoding })).status).toBe(200);
    }
    // Without the wrapper that it should have.
    expect((await post(deflateRawSync(json), { 'content-encoding': 'deflate' })).status).toBe(200);
  });
});

describe('a field that is wrong', () => {
  const cases: [name: string, body: string, param: string][] = [
    ['model missing', '{"messages":[]}', 'model'],
    ['model a number', '{"model":5,"messages":[]}', 'model'],
    ['model twice', '{"model":"a","messages":[],"model":"b"}', 'model'],
    ['model twice, once escaped', '{"model":"a","messages":[],"m\\u006fdel":"b"}', 'model'],
    [
      'stream twice',
      '{"model":"deepseek-v4-pro","stream":true,"messages":[{"role":"user","content":"a"}],"stream":false}',
      'stream',
    ],
    [
      'a place of inference twice',
      '{"model":"deepseek-v4-pro","inference_geo":"us","messages":[],"inference_geo":"global"}',
      'inference_geo',
    ],
    ['messages missing', '{"model":"deepseek-v4-pro"}', 'messages'],
    ['messages empty', '{"model":"deepseek-v4-pro","messages":[]}', 'messages'],
    ['messages a string', '{"model":"deepseek-v4-pro","messages":"a"}', 'messages'],
    ['a message that is none', '{"model":"deepseek-v4-pro","messages":[1]}', 'messages[0]'],
    [
      'a role that is none',
      '{"model":"deepseek-v4-pro","messages":[{"role":"king","content":"a"}]}',
      'messages[0].role',
    ],
    ['content a number', '{"model":"deepseek-v4-pro","messages":[{"role":"user","content":5}]}', 'messages[0].content'],
    [
      'a part without a type',
      '{"model":"deepseek-v4-pro","messages":[{"role":"user","content":[{"text":"a"}]}]}',
      'messages[0].content[0]',
    ],
    ...['1e400', '-1', '0', '1.5', '"9"', '{}'].map((value): [string, string, string] => [
      `max_tokens ${value}`,
      JSON.stringify(hello).replace(':50', `:${value}`),
      'max_tokens',
    ]),
    ['stream a string', JSON.stringify({ ...hello, stream: 'yes' }), 'stream'],
    ['temperature 1e999', JSON.stringify(hello).replace('"max_tokens":50', '"temperature":1e999'), 'temperature'],
    ['tools of strings', JSON.stringify({ ...hello, tools: ['a'] }), 'tools'],
    ['store', JSON.stringify({ ...hello, store: true }), 'store'],
    ['service_tier', JSON.stringify({ ...hello, service_tier: 'priority' }), 'service_tier'],
    ['previous_response_id', JSON.stringify({ ...hello, previous_response_id: 'r' }), 'previous_response_id'],
    [
      'a file of the account',
      JSON.stringify({ ...hello, messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] }),
      'file_id',
    ],
    ['another model at this price', JSON.stringify({ ...hello, fallbacks: [{ model: 'gpt-5-4' }] }), 'fallbacks'],
    ['n', JSON.stringify({ ...hello, n: 3 }), 'n'],
  ];
  for (const [name, body, param] of cases) {
    test(`${name} is a 400 that names ${param}`, async () => {
      const response = await post(body);
      const { error } = (await response.json()) as ChatError;
      expect([response.status, error.type, error.param]).toEqual([400, 'invalid_request_error', param]);
      expect(error.message).toContain(param.replace(/\[\d+\]$/, '').split('.')[0]!);
      expect(gateway.money.held).toBe(0);
    });
  }

  test('a key that is read occurs once, whichever table names it', async () => {
    const tables = [chatChecks, messagesChecks, chatFields, messagesFields].flatMap((table) => Object.keys(table));
    const others = ['inference_geo', 'fallbacks', 'google', 'extra_body', 'cached_content', 'web_search', 'user_id'];
    for (const name of new Set([...tables, ...others])) {
      const twice = `${JSON.stringify(hello).slice(0, -1)},"${name}":null,"${name}":null}`;
      const response = await post(twice);
      const { error } = (await response.json()) as ChatError;
      expect([response.status, error.code, error.param]).toEqual([400, 'invalid_param', name]);
    }
    const unread = `${JSON.stringify(hello).slice(0, -1)},"of_tomorrow":1,"of_tomorrow":2}`;
    expect((await post(unread)).status).toBe(200);
  });

  test('values that ask for nothing pass', async () => {
    const body = {
      ...hello,
      store: false,
      service_tier: 'auto',
      n: 1,
      stop: null,
      tools: null,
      stream: null,
      mcp_servers: [],
      fallbacks: [],
    };
    expect((await post(JSON.stringify(body))).status).toBe(200);
  });
});

describe('a name that is not served', () => {
  test('unknown: 404 with the nearest', async () => {
    const chat = await post(JSON.stringify({ ...hello, model: 'deepseek-v4-por' }));
    expect(chat.status).toBe(404);
    expect(await chat.json()).toMatchObject({
      error: { code: 'model_not_found', message: expect.stringContaining('deepseek-v4-pro') },
    });
    const messages = await post(JSON.stringify({ ...hello, model: 'nope' }), {}, '/v1/messages');
    expect([messages.status, ((await messages.json()) as { error: { type: string } }).error.type]).toEqual([
      404,
      'not_found_error',
    ]);
  });

  test('retired: 400 with the successor', async () => {
    const response = await post(JSON.stringify({ ...hello, model: 'deepseek-chat' }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'model_retired', message: expect.stringContaining('deepseek-v4-flash') },
    });
    const headers = { authorization: `Bearer ${TEST_KEY}` };
    const shown = await fetch(`${gateway.url}/v1/models/deepseek-chat`, { headers });
    expect(shown.status).toBe(404);
    expect(await shown.json()).toMatchObject({
      error: { code: 'model_not_found', message: expect.stringContaining('It is retired; use deepseek-v4-flash') },
    });
  });
});

describe('routes', () => {
  test('that are not here say what is, in the protocol’s shape', async () => {
    for (const path of ['/v1/responses', '/v1/embeddings', '/v1/completions', '/chat/completions']) {
      const response = await post('{}', {}, path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({
        error: { code: 'not_found', message: expect.stringContaining('/v1/') },
      });
    }
    const messages = await post('{}', {}, '/v1/messages/batches');
    expect(await messages.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
    // The guide of clients promises it of each.
    for (const [path, what] of Object.entries({ '/v1/files': 'File uploads', '/v1/batches': 'Batches' })) {
      const response = await post('{}', {}, path);
      const message = expect.stringContaining(`${what} are not served here: `);
      expect(await response.json()).toMatchObject({ error: { code: 'not_found', message } });
    }
  });

  test('answer a Messages client in its shape where the path is nobody’s in particular', async () => {
    const headers = { 'anthropic-version': '2023-06-01' };
    for (const [method, path, status, type] of [
      ['GET', '/v1/files', 404, 'not_found_error'],
      ['POST', '/v1/models', 405, 'invalid_request_error'],
      ['POST', '/v1/models/x', 405, 'invalid_request_error'],
    ] as const) {
      const response = await fetch(gateway.url + path, { method, headers });
      expect([path, response.status, response.headers.has('request-id')]).toEqual([path, status, true]);
      expect(await response.json()).toMatchObject({ type: 'error', error: { type } });
    }
    const chat = await fetch(`${gateway.url}/v1/chat/completions`, { headers });
    expect([chat.status, chat.headers.has('request-id')]).toEqual([405, false]);
    // Our own routes have one shape.
    const own = await fetch(`${gateway.url}/api/v1/none`, { headers });
    expect(await own.json()).toMatchObject({ error: { code: 'not_found', param: null } });
  });

  test('of another method are 405 with what is allowed', async () => {
    const response = await fetch(`${gateway.url}/v1/messages`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('coding agents find somebody there', async () => {
    for (const path of ['/', '/api/hello']) {
      expect((await fetch(gateway.url + path, { method: 'HEAD' })).status).toBe(200);
    }
  });

  test('both habits of base URL reach Messages, query strings are ignored', async () => {
    for (const path of ['/v1/messages?beta=true', '/v1/v1/messages']) {
      expect((await post(JSON.stringify(hello), {}, path)).status).toBe(200);
    }
  });
});

describe('authentication', () => {
  test('has one text for missing, malformed and unknown', async () => {
    const texts = new Set<string>();
    for (const authorization of ['', 'Bearer', 'Bearer sk-byts-unknown', 'Basic abc', `bearer ${TEST_KEY} x`]) {
      const response = await post('{', { authorization });
      expect(response.status).toBe(401);
      texts.add(((await response.json()) as ChatError).error.message);
    }
    expect(texts.size).toBe(1);
  });

  test('x-api-key wins over authorization, on both protocols', async () => {
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      const body = JSON.stringify(hello);
      expect((await post(body, { 'x-api-key': TEST_KEY, authorization: 'Bearer wrong' }, path)).status).toBe(200);
      expect((await post(body, { 'x-api-key': 'wrong' }, path)).status).toBe(401);
    }
  });
});

describe('hostile requests', () => {
  const body = JSON.stringify(hello);
  const head = (more: string): string =>
    `POST /v1/chat/completions HTTP/1.1\r\n${more}authorization: Bearer ${TEST_KEY}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;

  test('header names and values that look like ours change nothing', async () => {
    const answer = await raw(
      head('host: x\r\nx-bytespike-cost-usd: 0\r\nx-bytespike-changed: a\r\n__proto__: y\r\nconstructor: z\r\n'),
    );
    expect(answer).toStartWith('HTTP/1.1 200');
    expect(answer).not.toContain('x-bytespike-changed');
  });

  test('a host that is none does no harm', async () => {
    expect(await raw(head('host:  \r\n'))).toMatch(/^HTTP\/1\.1 (200|400)/);
    expect(await raw(head('host: \x01bad host\r\n'))).toMatch(/^(HTTP\/1\.1 (200|400)|$)/);
  });

  test('a request that comes back is 508', async () => {
    const response = await post(body, { 'x-bytespike-via': `inst_other, ${TEST_INSTALLATION}` });
    expect([response.status, ((await response.json()) as ChatError).error.code]).toEqual([508, 'loop_detected']);
  });

  test('nothing of it was charged, held or thrown', () => {
    expect(gateway.faults).toEqual([]);
    expect(gateway.money.held).toBe(0);
    expect(gateway.money.admitted).toBe(0);
  });
});
