import { afterEach, beforeEach, expect } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenedMoney, openMoney } from '../billing/index.ts';
import { CARD, outcome, usage } from '../billing/test-bench.ts';
import { createAdminHandler, type Peer } from './handler.ts';

export const ADMIN = 'an-admin-token-of-thirty-two-characters';
export const KEY = 'sk-byts-a-bootstrap-key-of-thirty-two-characters';
/** Whoever asks over the socket in the data folder. */
export const SOCKET: Peer = { ip: '', admin: { name: 'command-line' } };

/** What tests look into of an answer: a route gives some of it, and more that is only compared. */
interface Told {
  [field: string]: unknown;
  error: { type: string; code: string; param: string; message: string };
  data: Row[];
  next_cursor: string | null;
  buckets: Record<string, unknown>[];
  totals: Record<string, unknown>;
  id: string;
  key: string;
  token: string;
  path: string;
  bytes: number;
  created_at: string;
  expires_at: string;
  limits: Limit[];
  rate_limits: { name: string; limit: number; used: number }[];
}

interface Row {
  [field: string]: unknown;
  id: string;
  name: string;
  model: string;
  request_id: string;
  limits: Limit[];
}

interface Limit {
  [field: string]: string;
  spent_usd: string;
}

interface Asked {
  body?: unknown;
  token?: string | null;
  headers?: Record<string, string>;
  peer?: Peer;
}

/** The management API on money of its own, new for each test; a fault that a test does not take out fails it. */
export class AdminBench {
  folder = '';
  money!: OpenedMoney;
  handle!: ReturnType<typeof createAdminHandler>;
  faults: unknown[] = [];

  constructor() {
    beforeEach(async () => {
      this.folder = await mkdtemp(join(tmpdir(), 'bytespike-admin-'));
      const money = await openMoney({ dataFolder: this.folder, creditUsd: '100' });
      await money.ensureBootstrap({ adminToken: ADMIN, bootstrapKey: KEY });
      this.faults = [];
      this.open(money);
    });
    afterEach(async () => {
      await this.money.close();
      await rm(this.folder, { recursive: true });
      expect(this.faults).toEqual([]);
    });
  }

  open(opened: OpenedMoney): void {
    this.money = opened;
    this.handle = createAdminHandler({
      money: opened,
      publicUrl: 'https://gateway.example',
      modelIds: ['m1', 'm2', CARD.id],
      servedIds: ['m1', CARD.id],
      modelIdOf: (name) => (name === 'an-alias' ? CARD.id : name),
      dataFolder: this.folder,
      onError: (error) => this.faults.push(error),
    });
  }

  readonly ask = async (
    method: string,
    path: string,
    { body, token = ADMIN, headers = {}, peer }: Asked = {},
  ): Promise<{ status: number; body: Told; headers: Headers }> => {
    const request = new Request(`http://127.0.0.1:8787${path}`, {
      method,
      headers: { host: '127.0.0.1:8787', ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const response = await this.handle(request, peer ?? { ip: '203.0.113.7' });
    if (response === undefined) return { status: 0, body: undefined as never, headers: new Headers() };
    return { status: response.status, body: (await response.json()) as Told, headers: response.headers };
  };

  /** A request of this key, billed. */
  readonly call = async (
    secret: string,
    changes: Parameters<typeof outcome>[1] = {},
    requestId = `req_${Math.random()}`,
  ) => {
    const key = this.money.findKey(secret);
    if (key === undefined) throw new Error('unknown key');
    const hold = await this.money.reserve({
      key,
      card: CARD,
      requestId,
      startMs: Date.now(),
      inputBound: 1_000,
      countInput: async () => 400,
      maxOutput: 1_000,
      choices: 1,
      cacheWrite: () => undefined,
    });
    return hold.settle(outcome(usage(300, 50), changes));
  };
}
