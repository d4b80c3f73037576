import { afterEach, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { openMoney } from '../../src/billing/index.ts';
import { formatUsd } from '../../src/billing/rates.ts';
import { bytespike, cleanUp, serving, workingFolder } from '../support/gateway-process.ts';
import {
  chatAnswer,
  jsonAnswer,
  messagesAnswer,
  type ScriptedAnswer,
  scriptedUpstream,
} from '../support/scripted-upstream.ts';

/** A few rounds in the suite; hundreds before a release: BYTESPIKE_TEST_CRASH_ROUNDS=300. */
const ROUNDS = Number(process.env.BYTESPIKE_TEST_CRASH_ROUNDS ?? 5);
const CLIENTS = 24;
const KEY = 'sk-byts-bootstrap-key-of-a-test-0000000000';
/** Native on both protocols, on Chat Completions, on Messages: half of the calls to the latter two are translated. */
const MODELS = ['deepseek-v4-pro', 'gpt-5-4-mini', 'claude-haiku-4-5'] as const;

afterEach(cleanUp);

test(
  `kill -9 of the gateway at ${ROUNDS} random instants under calls and streams: billed once, at its price, what was answered in full, and nothing that failed`,
  async () => {
    await using upstream = await scriptedUpstream();
    upstream.otherwise((request) => {
      const { stream } = request.json() as { stream?: boolean };
      const [whole, pieces] = request.path.endsWith('/messages')
        ? [messagesWhole, messagesStream]
        : [chatWhole, chatStream];
      if (some() > 250) return stream ? pieces(counts()) : whole(counts());
      return stream ? broken(pieces(counts())) : jsonAnswer({ error: { message: 'no' } }, 500);
    });
    const cwd = await workingFolder();
    const told: Told = { answered: new Map(), failed: new Set() };
    for (let round = 0; round < ROUNDS; round++) {
      const server = await serving(cwd, {
        BYTESPIKE_BOOTSTRAP_KEY: KEY,
        DEEPSEEK_API_KEY: 'upstream-credential',
        DEEPSEEK_BASE_URL: upstream.url,
        OPENAI_API_KEY: 'upstream-credential-of-another',
        OPENAI_BASE_URL: upstream.url,
        ANTHROPIC_API_KEY: 'upstream-credential-of-a-third',
        ANTHROPIC_BASE_URL: upstream.url,
      });
      const clients = Array.from({ length: CLIENTS }, (_, number) => callUntilCut(server.url, number, told));
      // Every other round while all is still cold.
      setTimeout(() => server.kill('SIGKILL'), 20 + (round % 2) * 500 + Math.random() * 250);
      await Promise.all(clients);
      await server.exited;
    }
    expect(told.answered.size).toBeGreaterThan(ROUNDS);

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
    const wrong = [...told.answered].filter(([id, cost]) => billed.get(id) !== cost);
    expect(wrong).toEqual([]);
    expect([...told.failed].filter((id) => billed.has(id))).toEqual([]);
    expect(wallet.reserved).toBe(0n);
    expect(wallet.spent).toBe([...billed.values()].reduce((sum, cost) => sum + cost, 0n));
    const doctor = bytespike(['doctor'], cwd);
    expect(await doctor.exited).toBe(0);
  },
  30_000 + ROUNDS * 5_000,
);

interface Told {
  /** What an answer costs by the usage that its text names. */
  answered: Map<string, bigint>;
  failed: Set<string>;
}

/** Calls without a pause, streamed and whole on both protocols, until the server is gone. */
async function callUntilCut(url: string, number: number, told: Told): Promise<void> {
  const [path, last] = number % 4 < 2 ? ['chat/completions', 'data: [DONE]'] : ['messages', 'event: message_stop'];
  const stream = number % 2 === 0;
  const model = MODELS[number % MODELS.length]!;
  const body = { model, max_tokens: 1_000, stream, messages: [{ role: 'user', content: 'hi'.repeat(400) }] };
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
    const id = response.headers.get('x-request-id') ?? '';
    if (text.includes('"error"')) {
      told.failed.add(id);
      continue;
    }
    if (!(stream ? text.includes(last!) : text.endsWith('}'))) return;
    expect(response.status).toBe(200);
    const cost = costOf(model, text);
    if (!stream) expect(response.headers.get('x-bytespike-cost-usd')).toBe(formatUsd(cost));
    told.answered.set(id, cost);
  }
}

/** By the cards' decimals, of which a token of these models costs whole nano-dollars. */
function costOf(model: string, text: string): bigint {
  const [, input, output] = /used (\d+) and (\d+)/.exec(text)!;
  const rates = RATES.get(model)!;
  return BigInt(input!) * rates.input + BigInt(output!) * rates.output;
}

const RATES = new Map<string, ReturnType<typeof ratesOf>>(MODELS.map((model) => [model, ratesOf(model)]));

function ratesOf(model: string): { input: bigint; output: bigint } {
  const card = readFileSync(resolve(import.meta.dir, '..', '..', 'catalog', `${model}.yaml`), 'utf8');
  const { input, output } = parse(card).prices.at(-1);
  const rate = (decimal: string): bigint => BigInt(Math.round(Number(decimal) * 1_000));
  return { input: rate(input), output: rate(output) };
}

const some = (): number => Math.floor(Math.random() * 900);
interface Counts {
  input: number;
  output: number;
}
const counts = (): Counts => ({ input: 1 + some(), output: 1 + some() });
/** The answer says what it costs. */
const textOf = ({ input, output }: Counts): string => `used ${input} and ${output}`;
const chatUsage = ({ input, output }: Counts) => ({ prompt_tokens: input, completion_tokens: output });
const messagesUsage = ({ input, output }: Counts) => ({ input_tokens: input, output_tokens: output });
/** Reset in the middle of its frames. */
const broken = (answer: ScriptedAnswer): ScriptedAnswer => ({
  ...answer,
  body: [...answer.body!.slice(0, 3), { waitMs: 2 }, 'reset'],
});
const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'x',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
});
const frame = (type: string, more: object = {}) => ({ type, ...more });

const chatWhole = (used: Counts) =>
  jsonAnswer({
    id: 'x',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: textOf(used) }, finish_reason: 'stop' }],
    usage: chatUsage(used),
  });
const chatStream = (used: Counts) =>
  chatAnswer([
    chunk({ role: 'assistant', content: textOf(used) }),
    { waitMs: some() / 100 },
    chunk({ content: 'b' }),
    chunk({}, 'stop'),
    { id: 'x', object: 'chat.completion.chunk', choices: [], usage: chatUsage(used) },
  ]);
const messagesWhole = (used: Counts) =>
  jsonAnswer({
    id: 'm',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: textOf(used) }],
    stop_reason: 'end_turn',
    usage: messagesUsage(used),
  });
const messagesStream = (used: Counts) =>
  messagesAnswer([
    frame('message_start', {
      message: { id: 'm', type: 'message', role: 'assistant', content: [], usage: messagesUsage(used) },
    }),
    frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: textOf(used) } }),
    { waitMs: some() / 100 },
    frame('content_block_stop', { index: 0 }),
    frame('message_delta', { delta: { stop_reason: 'end_turn' }, usage: messagesUsage(used) }),
    frame('message_stop'),
  ]);
