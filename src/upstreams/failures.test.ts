import { describe, expect, test } from 'bun:test';
import type { GatewayError } from '../errors/catalogue.ts';
import { failureOfConnection, failureOfErrorObject, failureOfResponse, UpstreamAlert } from './failures.ts';
import type { Upstream } from './upstream.ts';

const upstream = { name: 'up', vendor: 'up', credential: 'upstream-secret' } as Upstream;

/** Code and text of the error that an error object in a stream becomes. */
function read(error: unknown): [code: string, message: string] {
  const { code, message } = failureOfErrorObject(upstream, error);
  return [code, message];
}

/** The error that an answer with this status and body becomes. */
function refused(status: number, body: unknown): GatewayError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return failureOfResponse(upstream, status, new Headers(), text);
}
const words = (message: string) => ({ error: { message, type: 'invalid_request_error' } });

test('H08: codes of any type are read', () => {
  expect(read({ message: 'busy', code: 503 })).toEqual(['upstream_overloaded', 'The upstream is overloaded: busy']);
  expect(read({ message: 'busy', code: '529' })[0]).toBe('upstream_overloaded');
  expect(read({ message: 'slow', code: 504 })[0]).toBe('upstream_timeout');
  for (const code of [null, undefined, true, {}, [], 500, 'server_error']) {
    expect(read({ message: 'boom', code })).toEqual(['upstream_error', 'The upstream failed: boom']);
  }
});

test('H11: type, code and words of an error in a stream decide what the client is told', () => {
  expect(read({ type: 'overloaded_error', message: 'Overloaded' })[0]).toBe('upstream_overloaded');
  expect(read({ type: 'rate_limit_error', message: 'x' })[0]).toBe('upstream_overloaded');
  expect(read({ type: 'timeout_error', message: 'x' })[0]).toBe('upstream_timeout');
  expect(read({ type: 'api_error', message: 'Internal' })).toEqual(['upstream_error', 'The upstream failed: Internal']);
  expect(read('just words')[1]).toBe('The upstream failed: just words');
  expect(read({ message: 'Provider returned error', code: 429, metadata: { raw: 'too many requests' } })).toEqual([
    'upstream_overloaded',
    'The upstream is overloaded: too many requests',
  ]);
  expect(read({ message: 'key upstream-secret of org-abcdefgh12' })[1]).toBe(
    'The upstream failed: key [redacted] of [redacted]',
  );
  expect(read({ message: 'project proj_abc123 of organization `org-x1`, in acct_7' })[1]).toBe(
    'The upstream failed: project [redacted] of organization `[redacted]`, in [redacted]',
  );
});

test('what timed out on the way is told as that', () => {
  for (const status of [408, 504, 522, 524]) {
    expect(refused(status, '<html>').code).toBe('upstream_timeout');
    expect(read({ message: 'slow', code: status })[0]).toBe('upstream_timeout');
  }
  for (const status of [500, 502, 520, 521, 523]) expect(refused(status, '<html>').code).toBe('upstream_error');
});

describe('what is wrong with our account is told as ours, under whatever status', () => {
  const OURS = 'The upstream refused this gateway, not your request.';
  test.each([
    ['anthropic', 400, 'Your credit balance is too low to access the Anthropic API. Please go to Plans.', undefined],
    ['anthropic', 400, 'This organization has been disabled.', undefined],
    [
      'anthropic',
      400,
      'You have reached your specified API usage limits. You will regain access on 2026-04-01.',
      undefined,
    ],
    ['gemini', 400, 'API key not valid. Please pass a valid API key.', undefined],
    ['gemini', 400, 'API Key not found. Please pass a valid API key.', undefined],
    ['gemini', 400, 'User location is not supported for the API use.', undefined],
    [
      'xai',
      400,
      'Incorrect API key provided: xa***YA. You can obtain an API key from https://console.x.ai.',
      undefined,
    ],
    ['qwen', 400, 'Access denied, please make sure your account is in good standing.', 'Arrearage'],
    ['zai', 429, 'Insufficient balance or no resource package. Please recharge.', '1113'],
    ['deepseek', 400, 'Model Not Exist', 'invalid_request_error'],
    ['openai', 429, 'You exceeded your current quota, please check your plan and billing.', 'insufficient_quota'],
    [
      'openai',
      400,
      'Your organization must be verified to stream this model. Please go to: https://x',
      'unsupported_value',
    ],
    ['openai', 401, 'Incorrect API key provided: sk-ds123', 'invalid_api_key'],
  ])('%s %d %s', (vendor, status, message, code) => {
    const at = { ...upstream, vendor };
    const error = { message, type: 'invalid_request_error', code };
    for (const failure of [
      failureOfResponse(at, status, new Headers({ 'retry-after': '9' }), JSON.stringify({ error })),
      failureOfErrorObject(at, error),
    ]) {
      expect(failure).toMatchObject({ code: 'upstream_error', message: OURS });
      expect(failure.told).toBe(`${OURS} The operator has been told; another model may work meanwhile.`);
      expect(failure.status('messages')).toBe(502);
      expect(failure.details).toEqual({ advice: expect.any(String), cause: expect.any(UpstreamAlert) });
    }
  });

  test.each(['authentication_error', 'permission_error', 'billing_error', 'not_found_error'])(
    '%s in a stream',
    (type) => {
      expect(read({ type, message: 'no' })[1]).toBe(OURS);
    },
  );

  test.each([401, '402', 403, 404])('%p in a stream', (code) => expect(read({ code, message: 'no' })[1]).toBe(OURS));

  test('also where its type alone says so', () => {
    const message = 'Your account org-de52 is suspended due to insufficient balance';
    const error = { message, type: 'exceeded_current_quota_error' };
    for (const failure of [refused(429, { error }), failureOfErrorObject(upstream, error)]) {
      expect(failure).toMatchObject({ code: 'upstream_error', message: OURS });
    }
  });

  test('a limit that passes is none of it', () => {
    expect(refused(429, { error: { message: 'slow', code: 'rate_limit_exceeded' } }).code).toBe('upstream_overloaded');
    expect(refused(400, { error: { message: 'bad', code: 'invalid_value' } }).code).toBe('upstream_rejected');
  });
});

test('an upstream that was never reached is told from a connection that broke', () => {
  const codeOf = (code: string) => failureOfConnection(Object.assign(new Error(), { code })).code;
  for (const code of [
    'ECONNREFUSED',
    'ENOTFOUND',
    'EHOSTUNREACH',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'INVALID_PURPOSE',
    'TLS_HANDSHAKE_FAILED',
    'ERR_PROXY_TUNNEL',
  ]) {
    expect([code, codeOf(code)]).toEqual([code, 'no_available_upstream']);
  }
  for (const code of ['ECONNRESET', 'EPIPE', 'MALFORMED_RESPONSE', '']) {
    expect([code, codeOf(code)]).toEqual([code, 'upstream_error']);
  }
});

test('a body that is too large for it is told so where it gives no reason', () => {
  for (const body of ['<html><h1>413 Request Entity Too Large</h1></html>', '']) {
    expect(refused(413, body)).toMatchObject({
      code: 'request_too_large',
      message: expect.stringContaining('Send less'),
    });
  }
  expect(refused(413, words('too big')).message).toBe('too big');
});

test('retry-after of an upstream is told as it gave it, a date in seconds, nonsense not at all', () => {
  const wait = (value: string | undefined, status = 429): number | undefined => {
    const headers = new Headers(value === undefined ? {} : { 'retry-after': value });
    return failureOfResponse(upstream, status, headers, '').details.retryAfterSeconds;
  };
  for (const status of [429, 500, 502, 503, 504, 529]) expect(wait('300', status)).toBe(300);
  expect(wait('0')).toBe(0);
  expect(wait('7.2')).toBe(8);
  expect(wait('86400')).toBe(86_400);
  const inAnHour = wait(new Date(Date.now() + 3_600_000).toUTCString())!;
  expect(inAnHour).toBeGreaterThan(3590);
  expect(inAnHour).toBeLessThanOrEqual(3600);
  expect(wait('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(0);
  for (const nonsense of [undefined, '', 'soon', '-5', '1e3', '0x10', '12, 13', '9'.repeat(30), 'May', 'Xyz, 99 GMT']) {
    expect([nonsense, wait(nonsense)]).toEqual([nonsense, undefined]);
  }
});

describe('a prompt that does not fit is told by the code that agents compact at, in the words of', () => {
  test.each([
    [
      'OpenAI',
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
    ],
    ['Anthropic', 'prompt is too long: 210000 tokens > 200000 maximum'],
    ['Anthropic', 'input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length'],
    ['Gemini', 'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).'],
    ['xAI', "This model's maximum prompt length is 131072 but the request contains 200000 tokens."],
    ['Kimi', 'Invalid request: Your request exceeded model token limit: 131072'],
    ['Z.ai', 'Prompt exceeds max length'],
    ['DashScope', 'Range of input length should be [1, 98304]'],
    ['MiniMax', 'invalid params, context window exceeds limit'],
    ['Bedrock', 'Input is too long for requested model.'],
    ['Poolside', 'Input length 131393 exceeds the maximum allowed input length of 131040 tokens.'],
    ['vLLM', 'The decoder prompt (length 9000) is longer than the maximum model length of 8192.'],
    ['SGLang', "The input (200000 tokens) is longer than the model's context length (131072 tokens)."],
    ['llama.cpp', 'the request exceeds the available context size, try increasing it'],
    ['Perplexity', 'The total length of all messages is too long.'],
    ['Ollama', 'prompt too long; exceeded max context length by 4 tokens'],
  ])('%s', (_vendor, message) => {
    expect(refused(400, words(message))).toMatchObject({ code: 'context_length_exceeded', message });
  });

  test('and nothing else is', () => {
    for (const message of [
      'max_tokens is too large: 200000. This model supports at most 16384 completion tokens.',
      "Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576.",
      'messages: text content blocks must be non-empty',
    ]) {
      expect(refused(400, words(message)).code).toBe('upstream_rejected');
    }
  });
});

describe('a refusal of the request keeps its words', () => {
  test.each([
    "Invalid schema for function 'user_preferences_get': 'org_chart_lookup' missing",
    "Invalid schema for function 'key_value_store_v2': 'proj-management-tool' missing",
    'Unknown URL: POST https://api.example.com/v1/home/chat.py, see https://docs.example.com/usr/errors',
    "Invalid 'tools[0].function.parameters': /properties/var/items is no schema, nor is #/$defs/home/x",
    'Failed to deserialize the JSON body into the target type: messages[1].role at line 1 column 51036',
    "'media_type' must be image/png, text/x-c or application/json",
    'Expected one of:\nat least one message\nat most 128 tools',
    'tool_use ids without tool_result blocks immediately after: 3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    "messages[3]: cannot read '~/projects/my-app/README.md' nor 'src/projects/list.json'",
  ])('%s', (text) => expect(refused(400, words(text)).message).toBe(text));

  test('but for ids of an account and for secrets', () => {
    const ids =
      'ak-f7azbgd8toki11ce3e1i user-AbCdEfGhIj key_1234abcd org-AbCdEfGhIjKl proj_abcdefgh1 sk-proj-abcdefgh user_550e8400-e29b-41d4';
    for (const id of ids.split(' '))
      expect(refused(400, words(`no ${id}, sorry`)).message).toBe('no [redacted], sorry');
  });

  test("but for ids that are an account's by where they stand or how they look", () => {
    const ids = 'wrkspc_01AbCdEf project_number:123456789 projects/our-prod/locations/eu wrkspc_7';
    for (const id of ids.split(' ')) {
      const text = `no ${id}, sorry`;
      expect(refused(400, words(text)).message).not.toContain(id.replace('/locations/eu', ''));
      expect(read({ message: text })[1]).toMatch(/^The upstream failed: no \[redacted\](\/locations\/eu)?, sorry$/);
    }
    const uuid = '3f2504e0-4f89-11d3-9a0c-0305e82c3301';
    for (const [before, after] of [
      ["This would exceed your organization's rate limit (org: ", ', model: claude-opus-4-8)'],
      ['no such model in workspace "', '"'],
      ['organization `', '` is disabled'],
    ] as const) {
      expect(refused(400, words(before + uuid + after)).message).toBe(`${before}[redacted]${after}`);
    }
    expect(refused(400, words('API unused in project 1234567890, or disabled')).message).toBe(
      'API unused in [redacted], or disabled',
    );
    expect(refused(400, words('projects are limited; project names too')).message).toContain('project names');
  });

  test('also where they are its code or the field that it names', () => {
    const { details } = refused(400, {
      error: { message: 'no', code: 'org-AbCd1234efgh', param: 'metadata.org-AbCd1234efgh upstream-secret' },
    });
    expect(details).toMatchObject({ wireCode: '[redacted]', param: 'metadata.[redacted] [redacted]' });
  });

  test('but for paths on its disk', () => {
    for (const path of [
      '/srv/app/main.py',
      '/workspace/server/src/handler.ts:12:5',
      '/usr/local/lib/python3.11/site-packages/vllm',
      '/home/vllm/.cache',
      'C:\\inetpub\\api\\handler.dll',
    ]) {
      expect(refused(400, words(`no model in "${path}", sorry`)).message).toBe('no model in "[redacted]", sorry');
    }
  });

  test.each([
    ['Python', 'Traceback (most recent call last):\n  File "/srv/app/main.py", line 3, in <module>\nKeyError: 1'],
    ['JavaScript', '    at handle (file:///srv/app/main.js:3:14)\n    at async run (node:internal/x:1:2)'],
    ['Java', '\tat com.example.Api.call(Api.java:12)\n\tat java.base/java.lang.Thread.run(Thread.java:1)'],
    ['.NET', '   at Api.Handler.Call() in D:\\a\\Handler.cs:line 12'],
    ['Go', 'goroutine 1 [running]:\nmain.main()'],
  ])('up to where a stack of %s begins', (_language, stack) => {
    expect(refused(400, words(`Bad input.\n${stack}`)).message).toBe('Bad input.');
    expect(refused(422, words(stack)).message).toMatch(/^The upstream refused the request and gave no reason\. /);
  });

  test('in whatever shape it comes', () => {
    const shapes: [body: unknown, message: string, param?: string][] = [
      [
        { detail: [{ type: 'missing', loc: ['body', 'messages', 0, 'role'], msg: 'field required' }] },
        'messages.0.role: field required',
        'messages.0.role',
      ],
      [
        {
          detail: [
            { loc: ['body', 'x'], msg: 'too long' },
            { loc: ['body'], msg: 'no object' },
          ],
        },
        'x: too long; no object',
        'x',
      ],
      [
        { object: 'error', message: { detail: [{ loc: ['body', 'x'], msg: 'not permitted' }] }, code: null },
        'x: not permitted',
        'x',
      ],
      [
        { object: 'Error', message: [{ loc: ['body', 'x'], msg: 'not permitted' }], code: 3001 },
        'x: not permitted',
        'x',
      ],
      [{ error: { message: 'Provider returned error', code: 400, metadata: { raw: 'too hot' } } }, 'too hot'],
      [
        {
          error: {
            message: 'Provider returned error',
            metadata: { raw: '{"error":{"message":"too hot","param":"t"}}' },
          },
        },
        'too hot',
        't',
      ],
      [{ error: { message: 'Provider returned error', metadata: { raw: '' } } }, 'Provider returned error'],
      [{ detail: 'Model is loading' }, 'Model is loading'],
      ['"Model is loading"', 'Model is loading'],
      ['Model is loading\n', 'Model is loading'],
      [{ error: 'Model is loading' }, 'Model is loading'],
      [{ message: 'Model is loading' }, 'Model is loading'],
    ];
    for (const [body, message, param] of shapes) {
      const failure = refused(422, body);
      expect([failure.message, failure.details.param]).toEqual([message, param]);
      expect(failure.status('messages')).toBe(400);
    }
    for (const body of ['', '<html></html>', '{}', '[]', 'null', '{"detail":[7]}']) {
      expect(refused(400, body).message).toMatch(/^The upstream refused the request and gave no reason\. /);
    }
  });
});

describe('a failure of its own', () => {
  const stack = 'Traceback (most recent call last):\n  File "/srv/app/main.py", line 3, in <module>\nKeyError';

  test('is told by its status and what to do, never in its words', () => {
    for (const body of [stack, words('boom in /srv/app/main.py'), '"boom"', '']) {
      expect(refused(500, body)).toMatchObject({
        code: 'upstream_error',
        told: 'The upstream failed with status 500. Send the request again; if it keeps failing, use another model or tell the operator the request id.',
      });
    }
  });

  test('shows no stack and no path where its words are told', () => {
    expect(refused(503, stack).told).toBe('The upstream is overloaded. Send the request again in a moment.');
    expect(refused(429, words('slow down')).told).toBe(
      'The upstream is overloaded: slow down. Send the request again in a moment.',
    );
    expect(read({ message: stack })).toEqual(['upstream_error', 'The upstream failed.']);
    expect(read({ message: `cannot open /srv/app/main.py\n${stack}` })[1]).toBe(
      'The upstream failed: cannot open [redacted]',
    );
    expect(read({ type: 'timeout_error', message: stack })[1]).toBe('The upstream timed out.');
  });
});

// The time limit of the test is what it is about: a square of the length would be far over it.
test('a long text of any kind is read through once', () => {
  for (const piece of ['*', '/a', '/a+', '/a@', 'key-', 'at in ', ' \n', '"error"', '{', 'C:\\a'])
    refused(400, words(`{${piece.repeat(50_000)}`));
});
