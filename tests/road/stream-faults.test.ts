import { afterAll, describe, expect, test } from 'bun:test';
import { chunk, failingUpstream, hello, told } from '../support/failing-upstream.ts';
import { testGateway } from '../support/gateway.ts';
import {
  chatAnswer,
  jsonAnswer,
  messagesAnswer,
  type ScriptedAnswer,
  sseAnswer,
} from '../support/scripted-upstream.ts';

const { upstream, gateway, call, nothingLeft, close } = await failingUpstream();
/** One that has patience with its upstream, and sends heartbeats as soon. */
const patient = await testGateway({ upstream: upstream.url, heartbeatMs: gateway.house.heartbeatMs });
afterAll(async () => {
  await patient[Symbol.asyncDispose]();
  await close();
});

describe('a stream', () => {
  const stream = { ...hello, stream: true };
  const broken: [name: string, answer: ScriptedAnswer, code: string][] = [
    ['cut in the middle (H01)', chatAnswer([chunk({ content: 'a' }), { waitMs: 10 }, 'close']), 'upstream_error'],
    ['reset in the middle', chatAnswer([chunk({ content: 'a' }), { waitMs: 10 }, 'reset']), 'upstream_error'],
    ['silent in the middle (C07, I10)', chatAnswer([chunk({ content: 'a' }), 'stall']), 'upstream_timeout'],
    [
      'an error frame in the middle (H05, H11)',
      chatAnswer([chunk({ content: 'a' }), { waitMs: 10 }, told('boom')]),
      'upstream_error',
    ],
    [
      'out of capacity (C09)',
      chatAnswer([chunk({ content: 'a' }), { waitMs: 10 }, chunk({}, 'insufficient_system_resource')]),
      'upstream_overloaded',
    ],
    ['without a finish reason (C06)', chatAnswer([chunk({ content: 'a' })]), 'upstream_error'],
  ];
  for (const [name, answer, code] of broken) {
    test(`${name}: ends with one error frame, unbilled`, async () => {
      upstream.enqueue(answer);
      const text = await (await call(stream)).text();
      // Comments may stand before the line that counts.
      const last = text.trim().split('\n').at(-1)!;
      expect(JSON.parse(last.slice('data: '.length))).toMatchObject({ error: { code } });
      expect(text).toContain('"content":"a"');
      expect(text).not.toContain('[DONE]');
      nothingLeft();
    });
  }

  test('that went wrong is not read any further: its upstream is closed, for it may go on (J01)', async () => {
    for (const wrong of [told('boom'), 'data: oops\n\n', chunk({}, 'aborted')]) {
      const before = upstream.requests.length;
      upstream.enqueue(chatAnswer([chunk({ content: 'a' }), { waitMs: 10 }, wrong, chunk({ content: 'b' }), 'stall']));
      expect(await (await call(stream)).text()).toContain('"error"');
      await upstream.requests[before]!.aborted;
      nothingLeft();
    }
  });

  test('that fails before its first frame is a plain error (A18)', async () => {
    for (const answer of [
      sseAnswer(['']),
      jsonAnswer(told('x')),
      sseAnswer([`data: ${JSON.stringify(told('x'))}\n\n`]),
    ]) {
      upstream.enqueue(answer);
      const response = await call(stream);
      expect(response.status).toBe(502);
      expect(response.headers.get('content-type')).toBe('application/json');
    }
    nothingLeft();
  });

  test('in Messages ends with an error event and nothing after it (H06)', async () => {
    const start = {
      type: 'message_start',
      message: { id: 'm', content: [], usage: { input_tokens: 1, output_tokens: 0 } },
    };
    upstream.enqueue(sseAnswer([`event: message_start\ndata: ${JSON.stringify(start)}\n\n`, { waitMs: 10 }, 'close']));
    const text = await (await call(stream, '/v1/messages')).text();
    expect(text).toEndWith('\n\n');
    expect(text.trim().split('\n\n').at(-1)).toStartWith('event: error\n');
    expect(text).not.toContain('message_stop');
    nothingLeft();
  });

  test('in Messages that breaks off behind a report without a stop reason is no answer, and unbilled', async () => {
    const usage = { input_tokens: 1, output_tokens: 9 };
    const block = (index: number, content_block: object, delta: object) => [
      { type: 'content_block_start', index, content_block },
      { type: 'content_block_delta', index, delta },
    ];
    const said = [
      { type: 'message_start', message: { id: 'm', content: [], usage } },
      ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'a' }),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: null, stop_sequence: null }, usage },
    ];
    const called = block(
      1,
      { type: 'tool_use', id: 't', name: 'f', input: {} },
      { type: 'input_json_delta', partial_json: '{"a":' },
    );
    for (const more of [[], called]) {
      upstream.enqueue(messagesAnswer([...said, ...more, 'close']));
      const text = await (await call(stream, '/v1/messages')).text();
      expect(text.trim().split('\n\n').at(-1)).toStartWith('event: error\n');
      expect(text).not.toContain('message_stop');
      nothingLeft();
    }
  });

  for (const encoding of ['gzip', 'br', 'deflate', 'zstd'] as const) {
    test(`packed as ${encoding} is unpacked and not labelled so (I05, H10)`, async () => {
      upstream.enqueue({ ...chatAnswer([chunk({ content: 'a' }), chunk({}, 'stop')]), encoding });
      const response = await call(stream);
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(await response.text()).toEndWith('data: [DONE]\n\n');
      gateway.money.charged.length = 0;
    });
  }

  test('that rests gets a heartbeat in the protocol’s own way (B10, I07, I08)', async () => {
    const rest = [': keep-alive\n\n', { waitMs: 90 }, ': keep-alive\n\n', { waitMs: 90 }] as const;
    upstream.enqueue(
      sseAnswer([...rest, `data: ${JSON.stringify(chunk({ content: 'a' }, 'stop'))}\n\ndata: [DONE]\n\n`]),
    );
    const chat = await (await call(stream, '/v1/chat/completions', patient.url)).text();
    expect(chat).toMatch(/^(: keep-alive\n)+data: /);
    const start = {
      type: 'message_start',
      message: { id: 'm', content: [], usage: { input_tokens: 1, output_tokens: 0 } },
    };
    const end = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } };
    const frame = (body: { type: string }) => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
    upstream.enqueue(sseAnswer([frame(start), ...rest, frame(end), frame({ type: 'message_stop' })]));
    const messages = await (await call(stream, '/v1/messages', patient.url)).text();
    expect(messages).toContain('event: ping\ndata: {"type": "ping"}\n\n');
    patient.money.charged.length = 0;
  });

  test('gets it after 15 s where nothing else is set', async () => {
    await using plain = await testGateway();
    expect(plain.house.heartbeatMs).toBe(15_000);
  });

  describe('that has no head yet for so long that a heartbeat is due', () => {
    /** What the head waits for: that the client has the beginning of its answer, and so the heartbeat. */
    const late = () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const begun = async (path?: string, { url } = patient): Promise<Response> => {
        const response = await call(stream, path, url);
        resolve();
        return response;
      };
      return { head: { until: promise }, begun };
    };

    test('gets it, then its answer', async () => {
      const done = `data: ${JSON.stringify(chunk({ content: 'a' }, 'stop'))}\n\ndata: [DONE]\n\n`;
      const chat = late();
      upstream.enqueue({ ...sseAnswer([done]), before: [chat.head] });
      const response = await chat.begun();
      expect([response.status, response.headers.get('x-bytespike-upstream')]).toEqual([200, 'deepseek']);
      expect(await response.text()).toMatch(/^(: keep-alive\n)+data: .*"a"(.|\n)*data: \[DONE\]\n\n$/);
      patient.money.charged.length = 0;
      const frames = [
        { type: 'message_start', message: { id: 'm', content: [], usage: { input_tokens: 1, output_tokens: 0 } } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
        { type: 'message_stop' },
      ].map((body) => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`);
      const { head, begun } = late();
      upstream.enqueue({ ...sseAnswer(frames), before: [head] });
      const messages = await (await begun('/v1/messages')).text();
      expect(messages).toMatch(/^(event: ping\ndata: {"type": "ping"}\n\n)+event: message_start\n/);
      expect(messages).toContain('event: message_stop');
      patient.money.charged.length = 0;
    });

    test('gets its failure in the stream, unbilled', async () => {
      type Head = ReturnType<typeof late>['head'];
      const failures: [answer: (head: Head) => ScriptedAnswer, code: string, type: string][] = [
        [
          (head) => ({ ...jsonAnswer(told('slow down'), 429), before: [head] }),
          'upstream_overloaded',
          'overloaded_error',
        ],
        [() => ({ before: ['stall'] }), 'upstream_timeout', 'timeout_error'],
        [(head) => ({ before: [head, 'reset'] }), 'upstream_error', 'api_error'],
      ];
      for (const [answer, code, type] of failures) {
        const through = code === 'upstream_timeout' ? gateway : patient;
        const fail = async (path?: string): Promise<string> => {
          const { head, begun } = late();
          upstream.enqueue(answer(head));
          // A connection that broke before a byte of the answer is tried once more.
          if (code === 'upstream_error') upstream.enqueue(answer(head));
          return (await begun(path, through)).text();
        };
        const chat = await fail();
        expect(JSON.parse(chat.trim().split('\ndata: ').at(-1)!)).toMatchObject({ error: { code } });
        expect(chat).not.toContain('[DONE]');
        const messages = await fail('/v1/messages');
        expect(messages).toStartWith('event: ping\n');
        expect(messages.trim().split('\n\n').at(-1)).toMatch(new RegExp(`^event: error\\ndata: .*"${type}"`));
        nothingLeft(through);
      }
    });

    test('is closed where it fails together with its head: it may go on', async () => {
      const wrong = `data: ${JSON.stringify(told('boom'))}\n\n`;
      const answer = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
      const before = upstream.requests.length;
      const { head, begun } = late();
      upstream.enqueue({ before: [head, answer + wrong, 'stall'] });
      expect(await (await begun()).text()).toMatch(/^(: keep-alive\n)+data: .*"error"/);
      await upstream.requests[before]!.aborted;
      nothingLeft(patient);
    });

    test('closes the upstream when the client leaves, and nothing is owed', async () => {
      const before = upstream.requests.length;
      upstream.enqueue({ before: [{ waitMs: 20_000 }], ...chatAnswer([chunk({ content: 'a' })]) });
      const response = await call(stream, '/v1/chat/completions', patient.url);
      const reader = response.body!.getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(': keep-alive\n');
      await reader.cancel();
      await upstream.requests[before]!.aborted;
      while (patient.money.held > 0 || patient.house.watch.size > 0) await Bun.sleep(2);
      nothingLeft(patient);
    });
  });

  test('blank lines before a whole answer keep it alive and pass', async () => {
    const body = JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] });
    const timeouts = { connectMs: 2_000, firstByteMs: 1_000, idleMs: 1_000, clientStallMs: 60_000 };
    await using other = await testGateway({ upstream: upstream.url, config: { timeouts } });
    // For longer than the upstream may be silent.
    const blanks = Array.from({ length: 14 }, () => ['\n', { waitMs: 80 }]).flat();
    upstream.enqueue({ headers: { 'content-type': 'application/json' }, body: [...blanks, body] });
    expect((await (await call(hello, '/v1/chat/completions', other.url)).text()).trim()).toBe(body);
  });
});
