import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { TEST_KEY } from '../support/fake-money.ts';
import { TEST_INSTALLATION, type TestGateway, testGateway } from '../support/gateway.ts';
import { rawClient, rawRequest, wholeAnswer } from '../support/raw-client.ts';
import { jsonAnswer, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

let upstream: ScriptedUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await scriptedUpstream();
  upstream.otherwise(jsonAnswer(ANSWER));
  gateway = await testGateway({ upstream: upstream.url });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

const PATH = '/v1/chat/completions';
const BODY = JSON.stringify({ model: 'deepseek-v4-pro', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] });
const ANSWER = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1 },
};
const HEADERS = { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' };

/** Sends bytes and resolves with what comes until the answer is whole or the server closes. */
async function exchange(bytes: string | Uint8Array): Promise<string> {
  using client = rawClient(gateway.url);
  client.send(bytes);
  return await client.received(wholeAnswer);
}

const head = (lines: string[], body = BODY): string =>
  `${lines.join('\r\n')}\r\nauthorization: Bearer ${TEST_KEY}\r\ncontent-type: application/json\r\n\r\n${body}`;

describe('the host of a request', () => {
  const length = `content-length: ${BODY.length}`;
  const cases: [name: string, lines: string[], answer: RegExp][] = [
    ['missing in HTTP/1.0', [`POST ${PATH} HTTP/1.0`, length], /^HTTP\/1\.1 200/],
    ['missing in HTTP/1.1, where it is due', [`POST ${PATH} HTTP/1.1`, length], /^HTTP\/1\.1 400/],
    ['empty', [`POST ${PATH} HTTP/1.1`, 'host:', length], /^HTTP\/1\.1 200/],
    ['of spaces', [`POST ${PATH} HTTP/1.1`, 'host: a b', length], /^HTTP\/1\.1 (200|400)/],
    ['with a path in it', [`POST ${PATH} HTTP/1.1`, 'host: x/v1/messages?', length], /^HTTP\/1\.1 (200|400)/],
    ['given twice', [`POST ${PATH} HTTP/1.1`, 'host: a', 'host: b', length], /^HTTP\/1\.1 (200|400)/],
    ['in the target', [`POST http://elsewhere.test${PATH} HTTP/1.1`, 'host: x', length], /^HTTP\/1\.1 (200|400)/],
  ];
  for (const [name, lines, answer] of cases) {
    test(`${name} does no harm`, async () => {
      const text = await exchange(head(lines));
      expect(text).toMatch(answer);
      // Whoever is named there, the request went to the one upstream that is configured.
      if (text.startsWith('HTTP/1.1 200'))
        expect(upstream.requests.at(-1)!.headers.host).toBe(new URL(upstream.url).host);
    });
  }
});

describe('a request that could be read in two ways', () => {
  const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
  const cases: [name: string, lines: string[], body: string][] = [
    ['length and chunks', ['host: x', `content-length: ${BODY.length}`, 'transfer-encoding: chunked'], chunked],
    ['two lengths', ['host: x', `content-length: ${BODY.length}`, 'content-length: 5'], BODY],
    ['a length with a sign', ['host: x', `content-length: +${BODY.length}`], BODY],
    ['a length below zero', ['host: x', 'content-length: -1'], BODY],
    ['an unknown coding', ['host: x', 'transfer-encoding: xchunked'], chunked],
    ['a space before the colon', ['host: x', `content-length : ${BODY.length}`], BODY],
    ['a folded line', ['host: x', `content-length: ${BODY.length}`, 'x-a: b', ' c'], BODY],
    ['a NUL in a header', ['host: x', `content-length: ${BODY.length}`, 'x-a: b\0c'], BODY],
  ];
  for (const [name, lines, body] of cases) {
    test(`${name} is refused, and nothing goes upstream`, async () => {
      const before = upstream.requests.length;
      expect(await exchange(head([`POST ${PATH} HTTP/1.1`, ...lines], body))).toMatch(/^(HTTP\/1\.1 400|$)/);
      expect(upstream.requests.length).toBe(before);
    });
  }

  test('what follows a body that was refused is not taken for a request', async () => {
    using client = rawClient(gateway.url);
    const inner = rawRequest(PATH, HEADERS, BODY);
    const before = upstream.requests.length;
    client.send(rawRequest(PATH, { ...HEADERS, 'content-length': String(40 * 1024 * 1024) }));
    expect(await client.received(wholeAnswer)).toMatch(/^HTTP\/1\.1 413/);
    // The rest of the announced body, which reads like a request of its own.
    client.send(inner);
    expect((await exchange(inner)).startsWith('HTTP/1.1 200')).toBe(true);
    expect(upstream.requests.length).toBe(before + 1);
  });

  test('what follows a body without a key is not taken for a request', async () => {
    using client = rawClient(gateway.url);
    const inner = Buffer.from(rawRequest(PATH, HEADERS, BODY)).toString();
    const before = upstream.requests.length;
    client.send(rawRequest(PATH, { 'content-type': 'application/json' }, inner));
    const answers = await client.received(wholeAnswer);
    expect(answers).toMatch(/^HTTP\/1\.1 401/);
    expect(answers.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(upstream.requests.length).toBe(before);
  });
});

describe('what cannot be read', () => {
  const cases: [name: string, bytes: string, answer: RegExp][] = [
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc', /^HTTP\/1\.1 400/],
    ['a later HTTP', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1\.1 505/],
    ['an unknown method', 'BREW /v1/models HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1\.1 405/],
    [
      'an unknown method outside inference',
      'CONNECT /healthz HTTP/1.1\r\nhost: x\r\n\r\n',
      /^HTTP\/1\.1 405.*\r\nallow: GET\r\n/s,
    ],
    ['an unknown method at no path of ours', 'CONNECT /x HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1\.1 404/],
    ['a target that is no path', 'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1\.1 400/],
  ];
  for (const [name, bytes, answer] of cases) {
    test(`${name} is told so in JSON`, async () => {
      const text = await exchange(Buffer.from(bytes, 'latin1'));
      expect(text).toMatch(answer);
      expect(text).toMatch(/x-request-id: req_/);
      const { error } = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as { error: { message: string } };
      expect(error.message).toMatch(/malformed|Use GET|nothing at this path/);
    });
  }
});

describe('a name that every object inherits', () => {
  const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__'];

  test('is no method', async () => {
    for (const name of names) {
      for (const path of ['/v1/messages', PATH, '/v1/models', '/v1/models/x', '/healthz', '/constructor']) {
        const text = await exchange(`${name} ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`);
        expect(text).toMatch(path === '/constructor' ? /^HTTP\/1\.1 404 / : /^HTTP\/1\.1 405 /);
        expect(/\r\nrequest-id: req_/.test(text)).toBe(path === '/v1/messages');
      }
    }
  });

  test('is no content encoding', async () => {
    for (const name of names) {
      const answer = await exchange(rawRequest(PATH, { ...HEADERS, 'content-encoding': name }, BODY));
      expect(answer).toMatch(/^HTTP\/1\.1 415 /);
    }
  });
});

describe('headers', () => {
  test('of 16 kB and more are refused, and the listener lives on', async () => {
    const refused = await exchange(rawRequest(PATH, { ...HEADERS, 'x-long': 'a'.repeat(20_000) }, BODY));
    expect(refused).toMatch(/^HTTP\/1\.1 431/);
    expect(refused).toContain('16384 bytes');
    expect(await exchange(rawRequest(PATH, HEADERS, BODY))).toMatch(/^HTTP\/1\.1 200/);
  });

  test('that say the type of the body twice say it once; two types are refused', async () => {
    const twice = (other: string) =>
      exchange(head([`POST ${PATH} HTTP/1.1`, 'host: x', `content-length: ${BODY.length}`, `content-type: ${other}`]));
    expect(await twice('application/json')).toMatch(/^HTTP\/1\.1 200/);
    expect(await twice('text/plain')).toMatch(/^HTTP\/1\.1 415/);
  });

  test('that name no type of the body leave it JSON', async () => {
    const { authorization } = HEADERS;
    expect(await exchange(rawRequest(PATH, { authorization }, BODY))).toMatch(/^HTTP\/1\.1 200/);
    expect(await exchange(rawRequest(PATH, { authorization, 'content-type': '' }, BODY))).toMatch(/^HTTP\/1\.1 200/);
  });

  test('of the client do not go up, whatever they are called', async () => {
    const theirs = {
      cookie: 'session=secret-cookie',
      'x-forwarded-for': '10.1.2.3',
      'x-forwarded-host': 'elsewhere.test',
      'proxy-authorization': 'Basic c2VjcmV0',
      'openai-organization': 'org-theirs',
      'x-sim-fault': 'empty-200',
      'x-stainless-lang': 'js',
      te: 'trailers',
      connection: 'keep-alive, x-custom',
      'x-custom': '\u00e9\u00ff',
      __proto__: 'x',
      'anthropic-beta': 'a,b',
      'user-agent': 'their-agent/1.0',
    };
    for (const path of [PATH, '/v1/messages']) {
      upstream.enqueue(
        path === PATH
          ? jsonAnswer(ANSWER)
          : jsonAnswer({ id: 'm', type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn' }),
      );
      expect(await exchange(rawRequest(path, { ...HEADERS, ...theirs }, BODY))).toMatch(/^HTTP\/1\.1 200/);
      const { headers } = upstream.requests.at(-1)!;
      expect(Object.keys(headers).sort()).toEqual(
        [
          'accept',
          'accept-encoding',
          'connection',
          'content-length',
          'content-type',
          'host',
          'user-agent',
          'x-bytespike-via',
          ...(path === PATH ? ['authorization'] : ['anthropic-version', 'x-api-key']),
        ].sort(),
      );
      expect(JSON.stringify(headers)).not.toMatch(/secret-cookie|10\.1\.2\.3|their-agent|sk-byts|stainless/);
    }
  });

  test('that name gateways go up as far as they do', async () => {
    const other = 'inst_fedcba9876543210fedcba98';
    await exchange(rawRequest(PATH, { ...HEADERS, 'x-bytespike-via': `My patient Bob, ${other}, inst_bob` }, BODY));
    expect(upstream.requests.at(-1)!.headers['x-bytespike-via']).toBe(`${other}, ${TEST_INSTALLATION}`);
  });

  test('of the upstream do not come down', async () => {
    upstream.enqueue(
      jsonAnswer(ANSWER, 200, {
        'set-cookie': 'a=b',
        'openai-organization': 'org-ours-secret',
        'x-request-id': 'theirs',
        server: 'cloudflare',
        'x-ratelimit-remaining-requests': '9',
        'access-control-allow-origin': '*',
        'x-bytespike-cost-usd': '0',
        location: 'http://elsewhere.test',
      }),
    );
    const answer = await exchange(rawRequest(PATH, HEADERS, BODY));
    expect(answer).toMatch(/^HTTP\/1\.1 200/);
    expect(answer).not.toMatch(
      /set-cookie|org-ours|theirs|cloudflare|ratelimit-remaining-requests|elsewhere|allow-origin/i,
    );
    expect(answer).toMatch(/x-bytespike-cost-usd: 0\.0/i);
  });
});

describe('a connection', () => {
  test('serves one request after the other, also after one that was refused', async () => {
    using client = rawClient(gateway.url);
    const statuses: string[] = [];
    let seen = 0;
    for (const [body, headers] of [
      [BODY, HEADERS],
      ['{', HEADERS],
      [BODY, { 'content-type': 'application/json' }],
      [BODY, { ...HEADERS, 'content-type': 'text/plain' }],
      [BODY, HEADERS],
    ] as const) {
      client.send(rawRequest(PATH, headers, body));
      const text = await client.received((all) => wholeAnswer(all.slice(seen)));
      statuses.push(text.slice(seen, seen + 12));
      seen = text.length;
    }
    expect(statuses).toEqual(['200', '400', '401', '415', '200'].map((status) => `HTTP/1.1 ${status}`));
  });

  test('that asks before it sends its body is told to go on', async () => {
    using client = rawClient(gateway.url);
    client.send(rawRequest(PATH, { ...HEADERS, expect: '100-continue', 'content-length': String(BODY.length) }));
    await client.received((text) => text.includes('HTTP/1.1 100'));
    client.send(BODY);
    expect(await client.received((text) => /HTTP\/1\.1 200[\s\S]*\}$/.test(text))).toContain('"finish_reason":"stop"');
  });

  test('with two requests sent at once answers both, each in its turn', async () => {
    using client = rawClient(gateway.url);
    const before = upstream.requests.length;
    client.send(Buffer.concat([rawRequest(PATH, HEADERS, BODY), rawRequest(PATH, HEADERS, BODY)]));
    const text = await client.received((all) => all.split('"finish_reason":"stop"').length === 3);
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(upstream.requests.length).toBe(before + 2);
  });

  test('that comes in single bytes is served', async () => {
    using client = rawClient(gateway.url);
    for (const byte of rawRequest(PATH, HEADERS, BODY)) client.send(Uint8Array.of(byte));
    expect(await client.received(wholeAnswer)).toMatch(/^HTTP\/1\.1 200/);
  });
});

test('nothing of all that is still held, and nothing was thrown', () => {
  expect(gateway.faults).toEqual([]);
  expect(gateway.money.held).toBe(0);
  expect(gateway.money.admitted).toBe(0);
});
