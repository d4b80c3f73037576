import { afterAll, describe, expect, test } from 'bun:test';
import { failingUpstream, hello, told } from '../support/failing-upstream.ts';
import { testGateway } from '../support/gateway.ts';
import { jsonAnswer, rawAnswer, type ScriptedAnswer, scriptedUpstream } from '../support/scripted-upstream.ts';

const { upstream, gateway, call, nothingLeft, close } = await failingUpstream();
afterAll(close);

test('the log has the name of what broke a connection', async () => {
  const cases: [before: NonNullable<ScriptedAnswer['before']>, cause: string][] = [
    [['SSH-2.0-OpenSSH_9.2\r\n\r\n'], 'MalformedResponse MALFORMED_RESPONSE'],
    [['HTTP/1.1 200 OK\r\ncontent-type: app', 'reset'], 'ConnectionFailed ECONNRESET'],
  ];
  for (const [before, cause] of cases) {
    upstream.enqueue({ before });
    const response = await call(hello);
    expect(response.status).toBe(502);
    const line = gateway.logs.find((one) => one.includes(response.headers.get('x-request-id')!))!;
    expect(JSON.parse(line)).toMatchObject({ error_code: 'upstream_error', cause });
  }
  nothingLeft();
});

describe('an upstream that fails before its answer', () => {
  const cases: [
    name: string,
    answer: ScriptedAnswer,
    chat: [number, string],
    messages: [number, string],
    retry: string | null,
  ][] = [
    [
      '400 of its own',
      jsonAnswer(told('Content Exists Risk', { code: 'invalid_request_error' }), 400),
      [400, 'invalid_request_error'],
      [400, 'invalid_request_error'],
      'false',
    ],
    ['413', jsonAnswer(told('too big'), 413), [413, 'request_too_large'], [413, 'request_too_large'], 'false'],
    ['422', jsonAnswer(told('bad'), 422), [400, 'c'], [400, 'invalid_request_error'], 'false'],
    [
      'a context that is too long',
      jsonAnswer(told("This model's maximum context length is 9 tokens."), 400),
      [400, 'context_length_exceeded'],
      [400, 'invalid_request_error'],
      'false',
    ],
    [
      '401',
      jsonAnswer(told('Authentication Fails, Your api key: ****ab12 is invalid'), 401),
      [502, 'upstream_error'],
      [502, 'api_error'],
      null,
    ],
    ['402', jsonAnswer(told('Insufficient Balance'), 402), [502, 'upstream_error'], [502, 'api_error'], null],
    ['403', rawAnswer(['no'], 'text/plain', 403), [502, 'upstream_error'], [502, 'api_error'], null],
    ['404', rawAnswer(['<html>'], 'text/html', 404), [502, 'upstream_error'], [502, 'api_error'], null],
    [
      'a model that it does not have',
      jsonAnswer(told('Model Not Exist'), 400),
      [502, 'upstream_error'],
      [502, 'api_error'],
      null,
    ],
    [
      '429 (H12)',
      jsonAnswer(told('slow down'), 429, { 'retry-after': '7' }),
      [503, 'upstream_overloaded'],
      [529, 'overloaded_error'],
      'true',
    ],
    [
      '503 with an empty body (H12)',
      rawAnswer([''], 'text/html', 503),
      [503, 'upstream_overloaded'],
      [529, 'overloaded_error'],
      'true',
    ],
    [
      '529',
      jsonAnswer({ type: 'error', error: { type: 'overloaded_error', message: 'x' } }, 529),
      [503, 'upstream_overloaded'],
      [529, 'overloaded_error'],
      'true',
    ],
    ['500 with a string for a body (H12)', jsonAnswer('oops', 500), [502, 'upstream_error'], [502, 'api_error'], null],
    [
      '500 with its stack',
      rawAnswer(['Traceback (most recent call last):\n  File "/srv/app/main.py", line 3'], 'text/plain', 500),
      [502, 'upstream_error'],
      [502, 'api_error'],
      null,
    ],
    [
      'a list of faults for a reason',
      jsonAnswer({ detail: [{ loc: ['body', 'x'], msg: 'field required' }] }, 422),
      [400, 'invalid_param'],
      [400, 'invalid_request_error'],
      'false',
    ],
    [
      '502 with HTML (H12)',
      rawAnswer(['<html><body>bad gateway</body></html>'], 'text/html', 502),
      [502, 'upstream_error'],
      [502, 'api_error'],
      null,
    ],
    ['504', rawAnswer([''], 'text/plain', 504), [504, 'upstream_timeout'], [504, 'timeout_error'], null],
    [
      'a redirect',
      { status: 307, headers: { location: 'http://127.0.0.1:1/' } },
      [502, 'upstream_error'],
      [502, 'api_error'],
      null,
    ],
    ['HTML under a 200', rawAnswer(['<html></html>'], 'text/html'), [502, 'upstream_error'], [502, 'api_error'], null],
    [
      'nothing under a 200 (I09)',
      rawAnswer(['\n\n'], 'application/json'),
      [502, 'upstream_error'],
      [502, 'api_error'],
      null,
    ],
    ['an error under a 200', jsonAnswer(told('boom')), [502, 'upstream_error'], [502, 'api_error'], null],
    [
      'no JSON under a 200',
      rawAnswer(['hello'], 'application/json'),
      [502, 'upstream_error'],
      [502, 'api_error'],
      null,
    ],
    [
      'a body that is cut',
      {
        headers: { 'content-type': 'application/json', 'content-length': '999' },
        framing: 'close',
        body: ['{"choices":[', 'close'],
      },
      [502, 'upstream_error'],
      [502, 'api_error'],
      null,
    ],
    [
      'silence in the body',
      { headers: { 'content-type': 'application/json' }, body: [' ', 'stall'] },
      [504, 'upstream_timeout'],
      [504, 'timeout_error'],
      null,
    ],
    ['no answer at all', { before: ['stall'] }, [504, 'upstream_timeout'], [504, 'timeout_error'], null],
    [
      'an error wrapped in an error (H07)',
      jsonAnswer(told(JSON.stringify(told('inner text'))), 400),
      [400, 'c'],
      [400, 'invalid_request_error'],
      'false',
    ],
    [
      'a numeric code (H08)',
      jsonAnswer(told('bad', { code: 1234 }), 400),
      [400, 'invalid_param'],
      [400, 'invalid_request_error'],
      'false',
    ],
  ];
  for (const [name, answer, [chatStatus, code], [messagesStatus, type], retry] of cases) {
    test(name, async () => {
      upstream.enqueue(answer, answer);
      const chat = await call(hello);
      const chatBody = (await chat.json()) as { error: { code: string; message: string } };
      expect([chat.status, chatBody.error.code]).toEqual([chatStatus, code]);
      expect(chat.headers.get('x-should-retry')).toBe(retry);
      const messages = await call(hello, '/v1/messages');
      const body = (await messages.json()) as {
        type: string;
        request_id: string;
        error: { type: string; message: string };
      };
      expect([messages.status, body.type, body.error.type]).toEqual([messagesStatus, 'error', type]);
      expect(body.request_id).toBe(messages.headers.get('request-id')!);
      for (const message of [chatBody.error.message, body.error.message]) {
        expect(message).not.toMatch(/<html|\*\*\*\*|upstream-secret|Authentication Fails|Traceback|main\.py|no reason/);
      }
      nothingLeft();
    });
  }

  test('H07: an error wrapped in an error is told once, in the inner words', async () => {
    const wrapped = jsonAnswer(told(`litellm.BadRequestError: ${JSON.stringify(told('inner text'))}`), 400);
    upstream.enqueue(wrapped, wrapped);
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      const body = (await (await call(hello, path)).json()) as { error: { message: string } };
      expect(body.error.message).toBe('inner text');
    }
  });

  test('keeps its retry-after', async () => {
    for (const wait of ['7', '300', '0']) {
      const answer = jsonAnswer(told('slow down'), 429, { 'retry-after': wait });
      upstream.enqueue(answer, answer);
      expect((await call(hello)).headers.get('retry-after')).toBe(wait);
      expect((await call(hello, '/v1/messages')).headers.get('retry-after')).toBe(wait);
    }
  });

  test('by saying nothing: 504, for a stream too while no heartbeat was due', async () => {
    const timeouts = { connectMs: 2000, firstByteMs: 60, idleMs: 2000, clientStallMs: 60_000 };
    await using patient = await testGateway({ upstream: upstream.url, config: { timeouts } });
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      for (const stream of [false, true]) {
        upstream.enqueue({ before: ['stall'] });
        const response = await call({ ...hello, stream }, path, patient.url);
        expect([response.status, response.headers.get('content-type')]).toEqual([504, 'application/json']);
      }
    }
    expect([patient.money.charged.length, patient.money.held, patient.house.watch.size]).toEqual([0, 0, 0]);
  });

  test('refuses our account: the log has an alert, the client no detail', async () => {
    gateway.logs.length = 0;
    upstream.enqueue(jsonAnswer(told('Your api key: ****ab12 is invalid'), 401));
    await call(hello);
    expect(gateway.logs.join('')).toContain('"upstream.alert"');
    expect(gateway.logs.join('')).not.toMatch(/ab12|upstream-secret/);
  });

  test('is not there: 503, and told to try again', async () => {
    const gone = await scriptedUpstream();
    await gone.close();
    await using lonely = await testGateway({ upstream: gone.url });
    const response = await call(hello, '/v1/chat/completions', lonely.url);
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([503, 'true']);
    expect(await response.json()).toMatchObject({ error: { code: 'no_available_upstream' } });
  });

  test('gives its reason in an error that quotes the whole request', async () => {
    const detail = [{ loc: ['body', 'top_k'], msg: 'Input should be below 5', input: 'x'.repeat(3 * 1024 * 1024) }];
    upstream.enqueue(jsonAnswer({ detail }, 422));
    const response = await call(hello);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { message: 'top_k: Input should be below 5', param: 'top_k' } },
    ]);
  });

  test('with 200 and an error about our account inside: an alert, and no detail', async () => {
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      gateway.logs.length = 0;
      upstream.enqueue(jsonAnswer(told('Incorrect API key provided: sk-ds', { code: 'invalid_api_key' })));
      const response = await call(hello, path);
      expect([response.status, await response.text()]).toEqual([502, expect.not.stringContaining('sk-ds')]);
      expect(gateway.logs.join('')).toContain('"upstream.alert"');
    }
  });

  test('names nothing of our account, whatever it says', async () => {
    upstream.enqueue(
      jsonAnswer(told('org-AbCdEf123456 has no upstream-secret-credential, see sk-live1234567890'), 400),
    );
    const text = await (await call(hello)).text();
    expect(text).not.toMatch(/org-AbC|upstream-secret|sk-live/);
  });
});

describe('a connection that breaks before a byte of the answer', () => {
  test('is tried once more, and only once', async () => {
    const good = jsonAnswer({
      choices: [{ message: { content: 'a' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1 },
    });
    const before = upstream.requests.length;
    upstream.enqueue({ before: ['reset'] }, good);
    expect((await call(hello)).status).toBe(200);
    expect(upstream.requests.length).toBe(before + 2);
    gateway.money.charged.length = 0;
    upstream.enqueue({ before: ['reset'] }, { before: ['reset'] });
    expect((await call(hello)).status).toBe(502);
    expect(upstream.requests.length).toBe(before + 4);
    nothingLeft();
  });

  test('after a byte it is not', async () => {
    const before = upstream.requests.length;
    upstream.enqueue({ headers: { 'content-type': 'application/json' }, body: ['{', { waitMs: 20 }, 'reset'] });
    expect((await call(hello)).status).toBe(502);
    expect(upstream.requests.length).toBe(before + 1);
  });
});
