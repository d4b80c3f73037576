import type { GatewayError } from '../errors/catalogue.ts';
import type { Key } from '../keys/key.ts';
import { type KeySettings, NO_LIMITS } from '../keys/key-service.ts';
import type { Card } from '../models/card.ts';
import type { Usage } from '../protocols/usage.ts';
import { ScriptedStore } from '../storage/sqlite/scripted-store.ts';
import { founding } from './bootstrap.ts';
import type { MoneyEvent, Outcome, ReserveInput } from './money.ts';
import { moneyOn, type OpenedMoney } from './open-money.ts';

/** A clock, a scripted store and money on top of them, for tests. */
export class TestBench {
  /** Unix ms, and ms since the start of the machine. */
  now = 1_790_000_000_000;
  uptime = 5_000;
  readonly events: MoneyEvent[] = [];
  readonly store: ScriptedStore;
  money: OpenedMoney;
  #requests = 0;

  constructor(creditUsd = '100') {
    this.store = new ScriptedStore(founding(creditUsd, this.now));
    this.money = this.#open();
  }

  /** What a new process finds after `kill -9`. */
  crash(): void {
    this.store.crash();
    this.money = this.#open();
  }

  async key(settings: Partial<KeySettings> = {}): Promise<Key> {
    const { key } = await this.money.keys.create({ ...UNLIMITED, ...settings }, undefined, { name: 'test', ip: '' });
    return key;
  }

  /** A call of 1,000 bytes that counts 400 tokens, and asks for 1,000 tokens of output. */
  input(key: Key, changes: Partial<ReserveInput> = {}): ReserveInput {
    this.#requests++;
    return {
      key,
      card: CARD,
      requestId: `req_${this.#requests}`,
      startMs: this.now,
      inputBound: 1_000,
      countInput: async () => 400,
      maxOutput: 1_000,
      choices: 1,
      cacheWrite: () => undefined,
      ...changes,
    };
  }

  #open(): OpenedMoney {
    return moneyOn(this.store, {
      dataFolder: '',
      creditUsd: '0',
      now: () => this.now,
      monotonicNow: () => this.uptime,
      onEvent: (event) => this.events.push(event),
      holdWaitMs: 20,
    });
  }
}

export const UNLIMITED: KeySettings = { ...NO_LIMITS, name: 'test' };

/** One nano-dollar a token in, two out, two for a cache write that lasts an hour. */
export const CARD = {
  id: 'test-model',
  prices: [
    {
      from: '2020-01-01',
      input: '0.001',
      output: '0.002',
      cache_read: '0.001',
      cache_write_1h: '0.002',
      source: 'test',
    },
  ],
} as unknown as Card;

/** Tokens in and out, all uncached. */
export const usage = (input: number, output: number): Usage => ({
  input: { uncached: input, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  output: { text: output, reasoning: 0 },
  source: 'upstream',
});

export const outcome = (used: Usage, changes: Partial<Outcome> = {}): Outcome => ({
  usage: used,
  protocol: 'chat-completions',
  stream: false,
  status: 200,
  ending: 'complete',
  model: CARD.id,
  upstream: 'test',
  upstreamModel: 'test-upstream-model',
  simulated: false,
  costsByCard: true,
  ttftMs: undefined,
  durationMs: 5,
  ...changes,
});

/** Lets everything that is resolved go on. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The error with which a call of this key is refused. */
export async function refusal(bench: TestBench, key: Key, changes: Partial<ReserveInput> = {}): Promise<GatewayError> {
  try {
    await bench.money.reserve(bench.input(key, changes));
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('was not refused');
}
