import { afterEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { openMoney } from '../../src/billing/index.ts';
import { formatUsd } from '../../src/billing/rates.ts';
import { bytespike, cleanUp, serving, workingFolder } from '../support/gateway-process.ts';
import { chatAnswer, jsonAnswer, messagesAnswer, scriptedUpstream } from '../support/scripted-upstream.ts';

/** A few rounds in the suite; hundreds before a release: BYTESPIKE_TEST_CRASH_ROUNDS=300. */
const ROUNDS = Number(process.env.BYTESPIKE_TEST_CRASH_ROUNDS ?? 5);
const CLIENTS = 24;
const KEY = 'sk-byts-bootstrap-key-of-a-test-0000000000';

afterEach(cleanUp);

test(
  `kill -9 of the gateway at ${ROUNDS} random instants under calls and streams: billed once what was answered in full`,
  async () => {
    await using upstream = await scriptedUpstream();
    upstream.otherwise((request) => {
      const { stream } = request.json() as { stream?: boolean };
      if (request.path.includes('/anthropic/')) return stream ? messagesStream() : messagesWhole();
      return stream ? chatStream() : chatWhole();
    });
    const cwd = await workingFolder();
    /** The cost that a whole answer told; undefined for a stream, which does not tell. */
    const answered = new Map<string, string | undefined>();
    for (let round = 0; round < ROUNDS; round++) {
      const server = await serving(cwd, {
        BYTESPIKE_BOOTSTRAP_KEY: KEY,
        DEEPSEEK_API_KEY: 'upstream-credential',
        DEEPSEEK_BASE_URL: upstream.url,
      });
      const clients = Array.from({ length: CLIENTS }, (_, number) => callUntilCut(server.url, number, answered));
      setTimeout(() => server.kill('SIGKILL'), 20 + Math.random() * 250);
      await Promise.all(clients);
      await server.exited;
    }
    expect(answered.size).toBeGreaterThan(ROUNDS);

    const money = await openMoney({ dataFolder: join(cwd, 'data'), creditUsd: '100' });
    const billed = new Map<string, bigint>();
    let cursor: string | undefined;
    do {
      const page = await money.store.usageRows({ accountId: 'default', limit: 1_000, cursor });
      for (const row of page.rows) billed.set(row.requestId, row.cost);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    const wallet = money.walletStatus();
    await money.close();
    const wrong = [...answered].filter(([id, told]) => {
      const cost = billed.get(id);
      return cost === undefined || (told !== undefined && told !== formatUsd(cost));
    });
    expect(wrong).toEqual([]);
    expect(wallet.reserved).toBe(0n);
    expect(wallet.spent).toBe([...billed.values()].reduce((sum, cost) => sum + cost, 0n));
    const doctor = bytespike(['doctor'], cwd);
    expect(await doctor.exited).toBe(0);
  },
  30_000 + ROUNDS * 5_000,
);

/** Calls without a pause, streamed and whole on both protocols, until the server is gone. */
async function callUntilCut(url: string, number: number, answered: Map<string, string | undefined>): Promise<void> {
  const [path, last] = number % 4 < 2 ? ['chat/completions', 'data: [DONE]'] : ['messages', 'event: message_stop'];
  const stream = number % 2 === 0;
  const body = { model: 'deepseek-v4-pro', max_tokens: 500, stream, messages: [{ role: 'user', content: 'hi' }] };
  for (;;) {
    let text = '';
    let response: Response | undefined;
    try {
      response = await fetch(`${url}/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) text += decoder.decode(chunk, { stream: true });
    } catch {
      // Cut; but what a client has is what it has.
    }
    if (response === undefined) return;
    const whole = stream ? text.includes(last!) : text.endsWith('}');
    if (!whole) return;
    expect(response.status).toBe(200);
    answered.set(response.headers.get('x-request-id') ?? '', response.headers.get('x-bytespike-cost-usd') ?? undefined);
  }
}

const some = (): number => Math.floor(Math.random() * 900);
const chatUsage = () => ({ prompt_tokens: 1 + some(), completion_tokens: 1 + some() });
const messagesUsage = () => ({ input_tokens: 1 + some(), output_tokens: 1 + some() });
const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'x',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
});
const frame = (type: string, more: object = {}) => ({ type, ...more });

const chatWhole = () =>
  jsonAnswer({
    id: 'x',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }],
    usage: chatUsage(),
  });
const chatStream = () =>
  chatAnswer([
    chunk({ role: 'assistant', content: 'a' }),
    { waitMs: some() / 100 },
    chunk({ content: 'b' }),
    chunk({}, 'stop'),
    { id: 'x', object: 'chat.completion.chunk', choices: [], usage: chatUsage() },
    '[DONE]',
  ]);
const messagesWhole = () =>
  jsonAnswer({
    id: 'm',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'a' }],
    stop_reason: 'end_turn',
    usage: messagesUsage(),
  });
const messagesStream = () =>
  messagesAnswer([
    frame('message_start', {
      message: { id: 'm', type: 'message', role: 'assistant', content: [], usage: messagesUsage() },
    }),
    frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'a' } }),
    { waitMs: some() / 100 },
    frame('content_block_stop', { index: 0 }),
    frame('message_delta', { delta: { stop_reason: 'end_turn' }, usage: messagesUsage() }),
    frame('message_stop'),
  ]);
