import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseUsd } from '../../src/billing/usd.ts';
import { type BookedGateway, bookedGateway } from '../support/booked-gateway.ts';
import {
  anyOperation,
  anyPlan,
  isUsd,
  KEYS,
  LIMITS,
  type LimitName,
  type Operation,
  type Plan,
  startOf,
} from '../support/money-plans.ts';
import {
  chatAnswer,
  jsonAnswer,
  type RecordedRequest,
  type ScriptedAnswer,
  type ScriptedUpstream,
  scriptedUpstream,
} from '../support/scripted-upstream.ts';

/** A few in the suite; hundreds before a release: BYTESPIKE_TEST_PROPERTY_RUNS=300. */
const RUNS = Math.ceil(Number(process.env.BYTESPIKE_TEST_PROPERTY_RUNS ?? 100) / 50);
const CLIENTS_PER_KEY = 8;

let upstream: ScriptedUpstream;
let gateway: BookedGateway;

beforeAll(async () => {
  upstream = await scriptedUpstream();
  upstream.otherwise(answer);
});
afterAll(() => upstream.close());

function answer(request: RecordedRequest): ScriptedAnswer {
  const { messages } = request.json() as { messages: { content: string }[] };
  const { stream, end, waitMs, output } = JSON.parse(messages[0]!.content) as Plan;
  // Less than what is counted of it here.
  const input = Math.floor(request.text().length / 6);
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  const before = [{ waitMs }];
  if (end === 'refused') return { ...jsonAnswer({ error: { message: 'no' } }, 500), before };
  if (!stream) {
    if (end === 'broken') return { ...jsonAnswer({}), before: [{ waitMs }, 'reset'] };
    if (end === 'stalls') return { before: ['stall'] };
    const message = { role: 'assistant', content: 'Hi' };
    return { ...jsonAnswer({ id: 'x', choices: [{ index: 0, message, finish_reason: 'stop' }], usage }), before };
  }
  const chunk = (delta: object, finish_reason: string | null) => ({
    id: 'x',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const first = chunk({ content: 'Hi' }, null);
  if (end === 'broken') return { ...chatAnswer([first, { waitMs }, 'reset']), before };
  if (end === 'stalls') return { ...chatAnswer([first, 'stall']), before };
  return { ...chatAnswer([first, { waitMs }, { ...chunk({}, 'stop'), usage }]), before };
}

// biome-ignore lint/suspicious/noExplicitAny: the test looks into answers of every shape.
type Row = any;

async function manage(method: string, path: string, body?: object, secret = gateway.adminToken): Promise<Row> {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { ...((await response.json()) as object), http: response.status };
}

const nano = (usd: string): bigint => (usd.startsWith('-') ? -parseUsd(usd.slice(1)) : parseUsd(usd));
/** As the key's account tells it. */
const inForce = (name: LimitName, value: string | number): bigint =>
  isUsd(name) ? nano(String(value)) : BigInt(value);
const sumOf = (rows: Row[], field: string): bigint => rows.reduce((sum, row) => sum + nano(row[field]), 0n);

/** A key of the test. A limit that is lowered below what is used holds again once use has sunk under it. */
class TestKey {
  secret = '';
  id = '';
  /** Output tokens that the upstream has reported, or that count for a call that was left: they come on top of TPM. */
  outputs = 0;
  /** What may be used of each limit: the largest that was in force since use was last seen within the one in force. */
  readonly #most = new Map<string, bigint>();
  #changes = 0;
  #rotated: Promise<void> | undefined;

  async create(): Promise<this> {
    const limits = Object.fromEntries(LIMITS.map((name) => [name, startOf(name)]));
    const made = await manage('POST', '/api/v1/keys', { name: 'test', ...limits });
    this.secret = made.key;
    this.id = made.id;
    for (const name of LIMITS) this.#mayUse(name, inForce(name, startOf(name)));
    return this;
  }

  async setLimit(name: LimitName, percent: number): Promise<void> {
    const value = startOf(name, percent);
    this.#mayUse(name, inForce(name, value));
    expect((await manage('PUT', `/api/v1/keys/${this.id}`, { [name]: value })).http).toBe(200);
    this.#mayUse(name, inForce(name, value));
  }

  async rotate(grace: number): Promise<void> {
    this.#rotated = manage('POST', `/api/v1/keys/${this.id}/rotate`, { grace_seconds: grace }).then(({ key }) => {
      this.secret = key;
    });
    await this.#rotated;
  }

  async poll(): Promise<Row> {
    const changes = this.#changes;
    let account = await manage('GET', '/api/v1/me/account', undefined, this.secret);
    while (account.http === 401) {
      await this.#rotated;
      account = await manage('GET', '/api/v1/me/account', undefined, this.secret);
    }
    const reserved = nano(account.balance.reserved_usd);
    const uses = [
      ...account.limits.map((row: Row) => [row.name, nano(row.spent_usd) + reserved, nano(row.limit_usd)]),
      ...account.rate_limits.map((row: Row) => [
        row.name,
        BigInt(Math.max(0, row.used - (row.name === 'tpm' ? this.outputs : 0))),
        BigInt(row.limit),
      ]),
    ] as [string, bigint, bigint][];
    expect(uses.length).toBe(LIMITS.length);
    for (const [name, used, limit] of uses) {
      const most = this.#most.get(name) ?? 0n;
      const over = used > limit && used > most;
      expect({ name, over, used, limit, most }).toEqual({ name, over: false, used, limit, most });
      if (used <= limit && changes === this.#changes) this.#most.set(name, limit);
    }
    return account;
  }

  #mayUse(name: string, limit: bigint): void {
    this.#changes++;
    const most = this.#most.get(name) ?? 0n;
    this.#most.set(name, limit > most ? limit : most);
  }
}

/** What clients were told, to be compared with the books. */
class Told {
  /** Request ids of calls that must have been charged, with the cost where the answer said it. */
  readonly charged = new Map<string, string | undefined>();
  readonly free = new Set<string>();
  /** Calls of which a client cannot know whether they were charged. */
  unknown = 0;

  async call(key: TestKey, plan: Plan): Promise<void> {
    key.outputs += plan.output;
    const abort = new AbortController();
    const before = upstream.requests.length;
    const answered = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'deepseek-v4-pro',
        stream: plan.stream,
        max_tokens: plan.maxTokens,
        messages: [
          { role: 'user', content: JSON.stringify(plan) },
          { role: 'user', content: 'a b '.repeat(plan.padding / 4) },
        ],
      }),
      signal: abort.signal,
    });
    if (plan.leave === 'at some time') setTimeout(() => abort.abort(), plan.waitMs);
    // Of a whole answer that stalls nothing comes: the client leaves when some call has reached the upstream, or is told no.
    if (plan.leave === 'before an answer') {
      const reached = upstream.received(before + 1).then(() => abort.abort());
      await Promise.race([reached, answered.catch(() => {})]);
    }
    try {
      await this.#read(await answered, plan, abort);
    } catch (error) {
      if (plan.leave === 'never') throw error;
      this.unknown++;
    }
  }

  async #read(response: Response, plan: Plan, abort: AbortController): Promise<void> {
    const id = response.headers.get('x-request-id')!;
    if (plan.leave === 'after a delta' && response.ok) {
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      for (let read = ''; !read.includes('"Hi"'); read += (await reader.read()).value);
      this.charged.set(id, undefined);
      await reader.cancel();
      abort.abort();
      return;
    }
    const text = await response.text();
    if (!response.ok || text.includes('"error"')) this.free.add(id);
    else this.charged.set(id, response.headers.get('x-bytespike-cost-usd') ?? undefined);
    if (plan.stream && response.ok) expect(text.includes('[DONE]')).toBe(plan.end === 'complete');
  }
}

async function operate(one: Operation, keys: TestKey[], n: number): Promise<void> {
  if (one.do === 'limit') return keys[one.key]!.setLimit(one.name, one.percent);
  if (one.do === 'rotate') return keys[one.key]!.rotate(one.grace);
  const body = { amount_usd: one.milliUsd / 1_000, idempotency_key: `n${n}` };
  const { http } = await manage('POST', `/api/v1/wallet/${one.kind}`, body);
  // The wallet may not have what is to be taken out.
  expect([201, 409]).toContain(http);
}

async function pollWallet(): Promise<Row> {
  const wallet = await manage('GET', '/api/v1/wallet');
  const [available, reserved, toppedUp, adjusted, spent] = (
    ['available_usd', 'reserved_usd', 'lifetime_topup_usd', 'lifetime_adjusted_usd', 'lifetime_spent_usd'] as const
  ).map((name) => nano(wallet[name])) as [bigint, bigint, bigint, bigint, bigint];
  expect(available).toBeGreaterThanOrEqual(0n);
  expect(reserved).toBeGreaterThanOrEqual(0n);
  expect(available).toBe(toppedUp + adjusted - spent - reserved);
  return wallet;
}

/** Texts are not the matter here: what is counted is a quarter of their length, at once. */
function countRoughly(): void {
  const { counter } = gateway.house;
  const rough = (text: string): number => Math.ceil(text.length / 4);
  counter.countText = async (text) => rough(text);
  counter.countPrompt = async (_protocol, body) => {
    const tokens = rough(JSON.stringify(body));
    return { tokens, most: tokens, estimated: true, unbounded: false };
  };
}

async function run(plans: readonly Plan[], operations: readonly Operation[]): Promise<void> {
  await using opened = await bookedGateway({ upstream: upstream.url, creditUsd: '0.05', holdWaitMs: 20 });
  gateway = opened;
  countRoughly();
  const keys = await Promise.all(Array.from({ length: KEYS }, () => new TestKey().create()));
  const told = new Told();
  const waiting = [...plans];
  const client = async (key: TestKey): Promise<void> => {
    for (let plan = waiting.pop(); plan !== undefined; plan = waiting.pop()) await told.call(key, plan);
  };
  const operator = async (): Promise<void> => {
    for (const [n, one] of operations.entries()) await operate(one, keys, n);
  };
  let running = true;
  const poll = async (): Promise<void> => {
    for (;;) {
      const last = !running;
      const [wallet, ...accounts] = await Promise.all([pollWallet(), ...keys.map((key) => key.poll())]);
      // Who was left is charged after its client has gone.
      const free = accounts.every(({ rate_limits }) =>
        rate_limits.every((row: Row) => row.name !== 'concurrency' || row.used === 0),
      );
      if (last && free && wallet.reserved_usd === '0') return;
    }
  };
  const polled = poll();
  const clients = keys.flatMap((key) => Array.from({ length: CLIENTS_PER_KEY }, () => client(key)));
  await Promise.all([...clients, operator(), Promise.race([polled, Promise.all(clients)])]);
  running = false;
  await polled;
  await checkBooks(keys, told);
  expect([opened.faults, (await opened.books.doctor()).faults]).toEqual([[], []]);
}

/** What clients were told, usage rows, keys, wallet and ledger are one. */
async function checkBooks(keys: TestKey[], told: Told): Promise<void> {
  const { data: rows } = await manage('GET', '/api/v1/usage?limit=1000');
  const costs = new Map<string, string>(rows.map((row: Row) => [row.request_id, row.cost_usd]));
  expect(costs.size).toBe(rows.length);
  for (const [id, cost] of told.charged) expect([id, costs.get(id)]).toEqual([id, cost ?? expect.any(String)]);
  for (const id of told.free) expect([id, costs.get(id)]).toEqual([id, undefined]);
  expect(rows.length - told.charged.size).toBeLessThanOrEqual(told.unknown);
  for (const key of keys) {
    const { balance } = await key.poll();
    const own = rows.filter((row: Row) => row.api_key_id === key.id);
    expect([nano(balance.lifetime_spent_usd), balance.reserved_usd]).toEqual([sumOf(own, 'cost_usd'), '0']);
  }
  const wallet = await pollWallet();
  const { data: ledger } = await manage('GET', '/api/v1/wallet/transactions?limit=1000');
  const booked = (kind: string) =>
    sumOf(
      ledger.filter((row: Row) => row.kind === kind),
      'amount_usd',
    );
  expect(nano(wallet.lifetime_spent_usd)).toBe(sumOf(rows, 'cost_usd'));
  expect(nano(wallet.lifetime_spent_usd)).toBe(-booked('charge'));
  expect(nano(wallet.lifetime_topup_usd)).toBe(booked('top_up'));
  expect(nano(wallet.lifetime_adjusted_usd)).toBe(booked('adjustment'));
}

/** Sampled and not shrunk: what interleaves is another each time. */
const samples = fc.sample(
  fc.tuple(
    fc.array(anyPlan, { minLength: 60, maxLength: 120 }),
    fc.array(anyOperation, { minLength: 10, maxLength: 40 }),
  ),
  RUNS,
);

test.each(samples.map((sample, n) => [n + 1, ...sample] as const))(
  'whatever calls and operators do at once, no look finds a limit passed, and in the end all sums agree: %i',
  (_n, plans, operations) => run(plans, operations),
  120_000,
);
