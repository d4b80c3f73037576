import { heapStats } from 'bun:jsc';
import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import { agentRequest, plainRequest } from '../../bench/payloads.ts';
import type { Reply } from '../../src/pipeline/reply.ts';
import { travel } from '../../src/pipeline/road.ts';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { IncomingRequest } from '../../src/server/http/incoming-request.ts';
import { readHead } from '../../src/server/http/request-head.ts';
import type { UpstreamResponse } from '../../src/upstreams/upstream-response.ts';
import { TEST_KEY } from '../support/fake-money.ts';
import { testGateway } from '../support/gateway.ts';

/**
 * How often the road does what costs, which no machine changes: what a frame or a request does more than its bound was
 * not meant to be done there. The bounds leave room for one or two; the benchmark says what it means in time.
 */
const COUNTED = {
  parses: [JSON, 'parse'],
  writes: [JSON, 'stringify'],
  decodes: [TextDecoder.prototype, 'decode'],
  encodes: [TextEncoder.prototype, 'encode'],
  views: [Uint8Array.prototype, 'subarray'],
  copies: [Uint8Array.prototype, 'slice'],
  clocks: [performance, 'now'],
  timers: [globalThis, 'setTimeout'],
  promises: [Promise, 'withResolvers'],
} as const;
type Counts = Record<keyof typeof COUNTED, number>;

const restore: (() => void)[] = [];
function stopCounting(): void {
  for (const one of restore.splice(0)) one();
}
afterEach(stopCounting);

/** Counts from now until `stopCounting`. */
function count(): Counts {
  const counts = Object.fromEntries(Object.keys(COUNTED).map((name) => [name, 0])) as Counts;
  for (const [name, [owner, method]] of Object.entries(COUNTED) as [keyof Counts, [object, string]][]) {
    const home = owner as Record<string, (...args: unknown[]) => unknown>;
    const own = Object.getOwnPropertyDescriptor(home, method);
    const original = home[method]!;
    home[method] = function counted(this: unknown, ...args: unknown[]) {
      counts[name]++;
      return original.apply(this, args);
    };
    restore.push(() => {
      if (own === undefined) delete home[method];
      else Object.defineProperty(home, method, own);
    });
  }
  return counts;
}

const gateways = {
  'chat-completions': await testGateway({
    upstream: 'http://127.0.0.1:1',
    vendor: 'openai',
    protocols: ['chat-completions'],
  }),
  messages: await testGateway({ upstream: 'http://127.0.0.1:1', vendor: 'anthropic', protocols: ['messages'] }),
};
const MODELS = { 'chat-completions': 'gpt-5-4', messages: 'claude-opus-4-8' };
afterAll(async () => {
  for (const gateway of Object.values(gateways)) await gateway[Symbol.asyncDispose]();
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What an answer waits for in its middle. */
interface Gate {
  readonly open: Promise<void>;
  /** Answers that have come to it. */
  reached: number;
}
const noGate: Gate = { open: Promise.resolve(), reached: 0 };

/**
 * A client's call to an upstream that answers with these reads, one at a time, the last ones once the gate is open.
 * Resolves when the answer is read.
 */
async function travelTo(
  server: Protocol,
  client: Protocol,
  body: string,
  reads: Uint8Array[],
  stream: boolean,
  gate = noGate,
) {
  const { house } = gateways[server];
  const answer: UpstreamResponse = {
    status: 200,
    ok: true,
    headers: new Headers({ 'content-type': stream ? 'text/event-stream' : 'application/json' }),
    body: {
      flowTo: (consumer) => {
        void (async () => {
          for (const [index, read] of reads.entries()) {
            if (index === reads.length >> 1) {
              gate.reached++;
              await gate.open;
            }
            await Bun.sleep(0);
            consumer.onBytes(read, 0, read.length);
          }
          consumer.onEnd();
        })();
        return { pause() {}, resume() {}, cancel() {} };
      },
      getReader: () => {
        const left = [...reads];
        return { read: async () => ({ done: left.length === 0, value: left.shift() }), cancel: async () => {} };
      },
    },
  };
  const card = house.catalog.cards.find(({ id }) => id === MODELS[server])!;
  house.registry.chooseExactly(card, server)!.upstream.transport = async () => answer;
  const caller = { request: requestOf(body), clientIp: '127.0.0.1' };
  const reply = await travel(house, client, caller);
  expect(reply.status).toBe(200);
  await taken(reply);
}

/** A request as a connection brings it, its body with it. */
function requestOf(body: string): IncomingRequest {
  const head = `POST / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TEST_KEY}\r\ncontent-type: application/json\r\n\r\n`;
  const source = { peerIp: '127.0.0.1', onWanted() {}, onUnwanted() {} };
  const request = new IncomingRequest(readHead(Buffer.from(head), 0, head.length), source);
  const content = Buffer.from(body);
  request.body.push(content, 0, content.length);
  request.body.end();
  return request;
}

/** Takes an answer as a connection does, and lets it go. */
async function taken({ body }: Reply): Promise<void> {
  if (typeof body === 'string') return;
  await new Promise<void>((resolve, reject) => {
    body.start({
      write: () => true,
      flush: () => false,
      end: () => resolve(),
      cut: () => reject(new Error('the answer was cut')),
    });
  });
}

const chatFrame = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-5-4', choices: [{ index: 0, delta, finish_reason: finish }], usage: null })}\n\n`;
const event = (type: string, rest: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;

const STREAMS: Record<Protocol, (frames: number) => Uint8Array[]> = {
  'chat-completions': (frames) =>
    [
      chatFrame({ role: 'assistant', content: '' }),
      ...Array.from({ length: frames }, (_, i) => chatFrame({ content: `word ${i} ` })),
      chatFrame({}, 'stop'),
      `data: ${JSON.stringify({ id: 'c', choices: [], usage: { prompt_tokens: 9, completion_tokens: frames, total_tokens: 9 + frames } })}\n\n`,
      'data: [DONE]\n\n',
    ].map(bytes),
  messages: (frames) =>
    [
      event('message_start', {
        message: {
          id: 'm',
          type: 'message',
          role: 'assistant',
          model: 'claude-opus-4-8',
          content: [],
          usage: { input_tokens: 9, output_tokens: 1 },
        },
      }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      ...Array.from({ length: frames }, (_, i) =>
        event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: `word ${i} ` } }),
      ),
      event('content_block_stop', { index: 0 }),
      event('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: frames },
      }),
      event('message_stop', {}),
    ].map(bytes),
};

const WHOLE: Record<Protocol, string> = {
  'chat-completions': JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-5-4',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello there.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
  }),
  messages: JSON.stringify({
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-4-8',
    content: [{ type: 'text', text: 'Hello there.' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 9, output_tokens: 3 },
  }),
};

/** What one more frame costs: a long stream less a short one, per frame, in hundredths. */
async function perFrame(server: Protocol, client: Protocol): Promise<Counts> {
  const run = async (frames: number): Promise<Counts> => {
    const reads = STREAMS[server](frames);
    const body = plainRequest(client, MODELS[server], 1000, true);
    await travelTo(server, client, body, reads, true);
    const counts = count();
    await travelTo(server, client, body, reads, true);
    const seen = { ...counts };
    stopCounting();
    return seen;
  };
  const [short, long] = [await run(50), await run(250)];
  return Object.fromEntries(
    Object.entries(long).map(([name, n]) => [name, Math.round((n - short[name as keyof Counts]) / 2) / 100]),
  ) as Counts;
}

async function perRequest(server: Protocol, client: Protocol, body: string): Promise<Counts> {
  const reads = [bytes(WHOLE[server])];
  await travelTo(server, client, body, reads, false);
  const counts = count();
  await travelTo(server, client, body, reads, false);
  return counts;
}

const EXPRESS_LANES = [
  ['chat-completions', 'chat-completions'],
  ['messages', 'messages'],
] as const;
const TRANSLATED_LANES = [
  ['chat-completions', 'messages'],
  ['messages', 'chat-completions'],
] as const;

/** Fails for every count above its bound; what has no bound must not happen at all. */
function expectWithin(counts: Counts, bounds: Partial<Counts>): void {
  // A buffer that grows once in fifty frames does no harm.
  const over = Object.entries(counts).filter(([name, n]) => n > (bounds[name as keyof Counts] ?? 0) + 0.05);
  expect(Object.fromEntries(over)).toEqual({});
}

describe('a frame costs', () => {
  for (const [server, client] of EXPRESS_LANES) {
    test(`nothing of it on the express lane of ${server}`, async () => {
      expectWithin(await perFrame(server, client), {});
    });
  }
  for (const [server, client] of TRANSLATED_LANES) {
    test(`an encoding from ${server} to ${client}: it is like the one before it`, async () => {
      expectWithin(await perFrame(server, client), { encodes: 1 });
    });
  }
});

describe('an open stream keeps', () => {
  for (const [server, client] of [...EXPRESS_LANES, ...TRANSLATED_LANES]) {
    test(`few objects alive, from ${server} to ${client}`, async () => {
      const reads = STREAMS[server](200);
      const body = plainRequest(client, MODELS[server], 1000, true);
      const { promise, resolve } = Promise.withResolvers<void>();
      const gate = { open: promise, reached: 0 };
      const running: Promise<unknown>[] = [];
      const aliveWith = async (more: number): Promise<number> => {
        for (let i = 0; i < more; i++) running.push(travelTo(server, client, body, reads, true, gate));
        while (gate.reached < running.length) await Bun.sleep(1);
        return objectsAlive();
      };
      let before = await aliveWith(20);
      const each = await usually(async () => {
        const alive = await aliveWith(80);
        const more = alive - before;
        before = alive;
        return more / 80;
      });
      resolve();
      await Promise.all(running);
      // Most of them of the runtime's making, or of this test's; the bounds leave room for a fifth more.
      expect(each).toBeGreaterThan(20);
      expect(each).toBeLessThan(server === client ? 120 : 170);
    });
  }
});

/** The median of three: what other tests have left in the process may go in the middle of one. */
async function usually(measure: () => Promise<number>): Promise<number> {
  const found = [await measure(), await measure(), await measure()];
  return found.sort((a, b) => a - b)[1]!;
}

async function objectsAlive(): Promise<number> {
  // What the last steps have left to be done in a turn of its own.
  await Bun.sleep(20);
  Bun.gc(true);
  Bun.gc(true);
  return heapStats().objectCount;
}

/** Alive or not, as long as nothing is collected. */
function objectsMade(): number {
  return Object.values(heapStats().objectTypeCounts).reduce((sum, count) => sum + count, 0);
}

describe('a request makes', () => {
  for (const [server, client] of [...EXPRESS_LANES, ...TRANSLATED_LANES]) {
    test(`few objects, from ${client} to ${server}`, async () => {
      const body = plainRequest(client, MODELS[server], 1000, false);
      const run = async (times: number): Promise<void> => {
        for (let i = 0; i < times; i++) await travelTo(server, client, body, [bytes(WHOLE[server])], false);
      };
      await run(50);
      const each = await usually(async () => {
        // So few requests that nothing is collected meanwhile, as a rule.
        Bun.gc(true);
        const before = objectsMade();
        await run(20);
        return (objectsMade() - before) / 20;
      });
      // This test's own among them; the bounds leave room for a fifth more.
      expect(each).toBeGreaterThan(50);
      expect(each).toBeLessThan(server === client ? 320 : 550);
    });
  }
});

const REQUEST: Partial<Counts> = { parses: 3, writes: 4, decodes: 3, clocks: 14, timers: 2, views: 1, promises: 1 };

describe('a request costs', () => {
  for (const [server, client] of EXPRESS_LANES) {
    test(`no more for a long history, to ${server} as it is`, async () => {
      expectWithin(await perRequest(server, client, plainRequest(client, MODELS[server], 1000, false)), REQUEST);
      stopCounting();
      expectWithin(await perRequest(server, client, agentRequest(client, MODELS[server], 100_000, false)), REQUEST);
    });
  }
  for (const [server, client] of TRANSLATED_LANES) {
    test(`a writing per part of it, from ${client} to ${server}`, async () => {
      const plain = await perRequest(server, client, plainRequest(client, MODELS[server], 1000, false));
      expectWithin(plain, { ...REQUEST, writes: 14 });
    });
  }
});

test('what is counted can be seen', () => {
  const counts = count();
  JSON.parse('1');
  new TextDecoder().decode(new Uint8Array(3).subarray(1));
  expect([counts.parses, counts.decodes, counts.views]).toEqual([1, 1, 1]);
});
