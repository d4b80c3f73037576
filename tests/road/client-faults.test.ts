import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import type { UpstreamBody } from '../../src/upstreams/upstream-response.ts';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { loopTime } from '../support/loop-time.ts';
import {
  chatAnswer,
  jsonAnswer,
  type ScriptedUpstream,
  scriptedUpstream,
  sseAnswer,
} from '../support/scripted-upstream.ts';

/** `BYTESPIKE_TEST_ABORTS=10000` for the long run. */
const ABORTS = Number(process.env.BYTESPIKE_TEST_ABORTS ?? 600);

let upstream: ScriptedUpstream;
let gateway: TestGateway;
const stray: unknown[] = [];
const noteStray = (error: unknown): void => void stray.push(error);

beforeAll(async () => {
  process.on('unhandledRejection', noteStray);
  upstream = await scriptedUpstream();
  const timeouts = { connectMs: 5000, firstByteMs: 5000, idleMs: 5000, clientStallMs: 300 };
  gateway = await testGateway({ upstream: upstream.url, config: { timeouts } });
});

afterAll(async () => {
  process.off('unhandledRejection', noteStray);
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

const hello = { model: 'deepseek-v4-pro', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] };
const delta = (content: string) => ({ id: 'x', choices: [{ index: 0, delta: { content }, finish_reason: null }] });

function call(body: object, signal?: AbortSignal, to = gateway): Promise<Response> {
  return fetch(`${to.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}` },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(2);
}

/** Sends a streamed request over a raw socket that the test reads, or does not. */
function rawStream(body: string, to = gateway): Socket {
  const socket = connect(Number(new URL(to.url).port), '127.0.0.1');
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TEST_KEY}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.on('error', () => {});
  return socket;
}

describe('a client that leaves', () => {
  test('in the middle of its upload reaches no upstream and holds nothing', async () => {
    const before = upstream.requests.length;
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TEST_KEY}\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"model":`,
    );
    await until(() => gateway.money.admitted === 1);
    socket.destroy();
    await until(() => gateway.money.admitted === 0);
    expect(upstream.requests.length).toBe(before);
    expect(gateway.money.held).toBe(0);
  });

  test('before the headers closes the upstream at once (J03)', async () => {
    upstream.enqueue({ before: ['stall'] });
    const abort = new AbortController();
    const count = upstream.requests.length + 1;
    const left = call(hello, abort.signal).catch(() => {});
    const request = await upstream.received(count).then(() => upstream.requests.at(-1)!);
    const since = loopTime();
    abort.abort();
    await request.aborted;
    expect(since.elapsed()).toBeLessThan(100);
    await left;
    await until(() => gateway.money.held === 0 && gateway.money.admitted === 0);
    expect(gateway.money.charged).toEqual([]);
  });

  test('pays for reasoning, tool input and words in parts that it had been handed too', async () => {
    const deltas = [
      { reasoning_content: 'one two three' },
      { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":' } }] },
      { function_call: { name: 'f', arguments: '{"a":' } },
      { content: [{ type: 'text', text: 'one two three' }] },
      { audio: { id: 'a', transcript: 'one two three' } },
    ];
    for (const handed of deltas) {
      gateway.money.charged.length = 0;
      upstream.enqueue(chatAnswer([{ choices: [{ index: 0, delta: handed, finish_reason: null }] }, 'stall']));
      const abort = new AbortController();
      const response = await call({ ...hello, stream: true }, abort.signal);
      await response.body!.getReader().read();
      abort.abort();
      await until(() => gateway.money.charged.length === 1);
      const { usage, ending } = gateway.money.charged[0]!.outcome;
      expect(ending).toBe('client_left');
      expect(usage.output.text + usage.output.reasoning).toBeGreaterThan(2);
    }
  });

  test('after an empty first chunk pays nothing: a role is no delta', async () => {
    gateway.money.charged.length = 0;
    const role = { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] };
    upstream.enqueue(chatAnswer([role, 'stall']));
    const abort = new AbortController();
    const response = await call({ ...hello, stream: true }, abort.signal);
    await response.body!.getReader().read();
    abort.abort();
    await until(() => gateway.money.held === 0 && gateway.money.admitted === 0);
    expect(gateway.money.charged).toEqual([]);
  });

  test('of a whole answer while its tokens are counted pays nothing', async () => {
    gateway.money.charged.length = 0;
    const { counter } = gateway.house;
    const { reserve } = gateway.money;
    let signal: Parameters<typeof reserve>[0]['signal'];
    gateway.money.reserve = (input) => {
      signal = input.signal;
      return reserve(input);
    };
    const countText = counter.countText;
    const [counting, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    counter.countText = async () => {
      counting.resolve();
      await gate.promise;
      return 3;
    };
    const message = { role: 'assistant', content: 'text without usage' };
    upstream.enqueue(jsonAnswer({ id: 'x', choices: [{ index: 0, message, finish_reason: 'stop' }] }));
    const abort = new AbortController();
    const left = call(hello, abort.signal).catch(() => {});
    await counting.promise;
    abort.abort();
    await left;
    // The server hears of it through its socket, after the client.
    await until(() => signal?.aborted === true);
    counter.countText = countText;
    gateway.money.reserve = reserve;
    gate.resolve();
    await until(() => gateway.money.held === 0 && gateway.money.admitted === 0);
    expect(gateway.money.charged).toEqual([]);
  });

  test(`${ABORTS} times, at any moment, leaves nothing behind (J01, J02, J04, J06)`, async () => {
    upstream.otherwise(chatAnswer([delta('a'), { waitMs: 2 }, delta('b'), { waitMs: 4 }, delta('c'), 'stall']));
    let left = ABORTS;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const abort = new AbortController();
        const timer = setTimeout(() => abort.abort(), Math.random() * 12);
        try {
          const response = await call({ ...hello, stream: left % 3 !== 0 }, abort.signal);
          await response.text();
        } catch {
          // Left, as meant.
        }
        clearTimeout(timer);
      }
    };
    await Promise.all(Array.from({ length: 40 }, worker));
    await until(() => gateway.money.held === 0 && gateway.money.admitted === 0 && gateway.house.watch.size === 0);
    await until(() => upstream.openConnections <= 64);
    expect(stray).toEqual([]);
    expect(gateway.faults).toEqual([]);
  }, 60_000);
});

describe('a client that does not read', () => {
  const frame = `data: ${JSON.stringify(delta('x'.repeat(16_000)))}\n\n`;

  test('keeps memory flat, then counts as one that left', async () => {
    gateway.money.charged.length = 0;
    // 160 MB, far beyond what socket buffers take.
    upstream.enqueue(sseAnswer(Array.from({ length: 10_000 }, () => frame)));
    // What it was handed is counted in the end: that thread and its vocabulary are no growth.
    await gateway.house.counter.ready();
    Bun.gc(true);
    const before = process.memoryUsage.rss();
    const socket = rawStream(JSON.stringify({ ...hello, stream: true }));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.pause();
    await until(() => gateway.money.charged.length === 1);
    await upstream.requests.at(-1)!.aborted;
    const grown = process.memoryUsage.rss() - before;
    expect(gateway.money.charged[0]!.outcome.ending).toBe('client_left');
    expect(grown).toBeLessThan(100 * 1024 * 1024);
    expect(gateway.money.held).toBe(0);
    // It is cut: what it reads now ends.
    socket.resume();
    await closed;
  }, 60_000);

  test('fast, but goes on reading, gets everything', async () => {
    const timeouts = { connectMs: 5000, firstByteMs: 5000, idleMs: 5000, clientStallMs: 600 };
    await using patient = await testGateway({ upstream: upstream.url, config: { timeouts } });
    const done = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;
    upstream.enqueue(sseAnswer([...Array.from({ length: 1_000 }, () => frame), done]));
    const socket = rawStream(JSON.stringify({ ...hello, stream: true }), patient);
    let size = 0;
    // So slowly that the kernel tells of room less often than the stall timeout.
    socket.on('data', (bytes) => {
      size += bytes.length;
      socket.pause();
      setTimeout(() => socket.resume(), 250);
    });
    await until(() => patient.money.charged.length === 1);
    expect(patient.money.charged[0]!.outcome.ending).toBe('complete');
    // The charge comes before the last bytes; how fast those are taken does not matter.
    socket.removeAllListeners('data').on('data', (bytes) => {
      size += bytes.length;
    });
    socket.resume();
    await until(() => size > 1_000 * frame.length + done.length);
    socket.destroy();
  }, 60_000);

  test('and then does read in time gets everything', async () => {
    const timeouts = { connectMs: 5000, firstByteMs: 5000, idleMs: 5000, clientStallMs: 3000 };
    await using patient = await testGateway({ upstream: upstream.url, config: { timeouts } });
    const frames = 400;
    const done = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;
    upstream.enqueue(sseAnswer([...Array.from({ length: frames }, () => frame), done]));
    const response = await call({ ...hello, stream: true }, undefined, patient);
    await Bun.sleep(100);
    const text = await response.text();
    expect(text.length).toBe(frames * frame.length + done.length);
    expect(patient.money.charged[0]!.outcome.ending).toBe('complete');
  });

  test('does not keep the end of an answer that it has whole from the upstream’s connection', async () => {
    await using deaf = await testGateway({ upstream: upstream.url });
    const card = deaf.house.catalog.cards.find(({ id }) => id === hello.model)!;
    const asked: string[] = [];
    const body: UpstreamBody = {
      getReader: () => {
        throw new Error('it flows');
      },
      flowTo: (consumer) => {
        // More than socket buffers take, together with the end of the answer, but not of its transfer.
        const end = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
        const text = `data: ${JSON.stringify(delta('x'.repeat(30_000_000)))}\n\ndata: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`;
        const bytes = Buffer.from(text);
        setImmediate(() => consumer.onBytes(bytes, 0, bytes.length));
        return {
          pause: () => void asked.push('pause'),
          resume: () => {
            asked.push('resume');
            consumer.onEnd();
          },
          cancel: () => void asked.push('cancel'),
        };
      },
    };
    deaf.house.registry.chooseExactly(card, 'chat-completions')!.upstream.transport = async () => ({
      status: 200,
      ok: true,
      headers: new Headers({ 'content-type': 'text/event-stream' }),
      body,
    });
    const socket = rawStream(JSON.stringify({ ...hello, stream: true }), deaf);
    socket.pause();
    await until(() => asked.length === 2);
    expect([asked, deaf.money.charged.length]).toEqual([['pause', 'resume'], 1]);
    socket.destroy();
  });
});
