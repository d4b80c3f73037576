/**
 * What money costs: microseconds per request, durable charges per second, look-ups among 100,000 keys, usage queries on
 * a million rows. Run alone: `bun bench/money.ts [requests|durable|keys|usage]`; prints a table, asserts nothing.
 */
import { heapStats } from 'bun:jsc';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenedMoney, openMoney } from '../src/billing/index.ts';
import { CARD, outcome, TestBench, UNLIMITED, usage } from '../src/billing/test-bench.ts';
import { NANO_PER_USD } from '../src/billing/usd.ts';
import type { Key } from '../src/keys/key.ts';
import { fillKeys, fillUsage } from './fill-database.ts';

const LOOK_UPS = 200_000;
const actor = { name: 'bench', ip: '' };
const parts = { requests, durable, keys, usage: usageQueries };
const wanted = process.argv.slice(2);

for (const [name, run] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) await run();
}

/** The work on the event loop alone: commits happen elsewhere, here at once and in memory of a scripted store. */
async function requests(): Promise<void> {
  title('authenticate + admit + reserve + settle, on the event loop');
  for (const [name, limits] of [
    ['no limits', {}],
    [
      'quota, three windows, rpm, tpm, concurrency',
      {
        quota: NANO_PER_USD * 1_000_000n,
        limit5h: NANO_PER_USD * 1_000_000n,
        limit1d: NANO_PER_USD * 1_000_000n,
        limit7d: NANO_PER_USD * 1_000_000n,
        rpm: 1_000_000_000,
        tpm: 1_000_000_000_000,
        concurrency: 100,
      },
    ],
  ] as const) {
    const bench = new TestBench('unlimited');
    const { key, secret } = await bench.money.keys.create({ ...UNLIMITED, ...limits }, undefined, actor);
    // Only what this process does counts: the write is taken and forgotten.
    bench.store.write = async () => undefined;
    const one = async (n: number) => {
      const found = bench.money.findKey(secret) as Key;
      const slot = bench.money.admit(found, '127.0.0.1');
      const hold = await bench.money.reserve({ ...bench.input(key), requestId: `req_${n}`, key: found });
      bench.money.limitHeaders(found, bench.now);
      await hold.settle(outcome(usage(300, 50)));
      slot.release();
    };
    for (let n = 0; n < 20_000; n++) await one(n);
    const runs = 100_000;
    const start = performance.now();
    for (let n = 0; n < runs; n++) await one(n);
    line(name, `${(((performance.now() - start) * 1_000) / runs).toFixed(2)} µs per request`);
  }
}

/** Real file, real commits; batches as the load itself makes them. */
async function durable(): Promise<void> {
  title('durable charges, WAL, synchronous=FULL');
  for (const clients of [1, 8, 64, 512]) {
    await withMoney(async (money) => {
      const { key } = await money.keys.create(UNLIMITED, undefined, actor);
      const waits: number[] = [];
      let commits = 0;
      let sameTurn = false;
      const until = performance.now() + 3_000;
      let done = 0;
      const client = async (id: number) => {
        for (let n = 0; performance.now() < until; n++) {
          const hold = await money.reserve(input(key, `req_${clients}_${id}_${n}`));
          const start = performance.now();
          await hold.settle(outcome(usage(300, 50)));
          waits.push(performance.now() - start);
          done++;
          // The charges of one commit come back in one turn of the event loop.
          if (sameTurn) continue;
          sameTurn = true;
          commits++;
          setImmediate(() => {
            sameTurn = false;
          });
        }
      };
      await Promise.all(Array.from({ length: clients }, (_, id) => client(id)));
      waits.sort((a, b) => a - b);
      const at = (share: number) => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(2);
      const batch = (done / commits).toFixed(1);
      line(
        `${clients} clients`,
        `${Math.round(done / 3)} /s, ${batch} a commit, settle p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
      );
    });
  }
}

async function keys(): Promise<void> {
  title('look-up of a key, and memory');
  for (const count of [100, 1_000, 10_000, 100_000]) {
    const folder = mkdtempSync(join(tmpdir(), 'bytespike-bench-'));
    try {
      const secrets = fillKeys(join(folder, 'bytespike.db'), count);
      Bun.gc(true);
      const before = heapStats().heapSize;
      let start = performance.now();
      const money = await openMoney({ dataFolder: folder, creditUsd: '100' });
      const opened = performance.now() - start;
      Bun.gc(true);
      const memory = heapStats().heapSize - before;
      const lookUp = (inUse: number): string => {
        start = performance.now();
        for (let n = 0; n < LOOK_UPS; n++) money.findKey(secrets[(n * 7_919) % inUse] as string);
        return (((performance.now() - start) * 1_000) / LOOK_UPS).toFixed(2);
      };
      lookUp(100);
      line(
        `${count} keys`,
        `${lookUp(100)} µs per look-up with 100 in use, ${lookUp(count)} µs with all, open in ${opened.toFixed(0)} ms, +${(memory / 2 ** 20).toFixed(0)} MiB of heap, ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB in all`,
      );
      await money.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

async function usageQueries(): Promise<void> {
  title('usage queries on 1,000,000 rows over 30 days, 50 keys, 8 models');
  const folder = mkdtempSync(join(tmpdir(), 'bytespike-bench-'));
  try {
    const start = performance.now();
    const now = fillUsage(join(folder, 'bytespike.db'), 1_000_000);
    line('fill', `${((1_000_000 / (performance.now() - start)) * 1_000).toFixed(0)} rows/s, 1,000 a commit`);
    const money = await openMoney({ dataFolder: folder, creditUsd: '100' });
    const { store } = money;
    const accountId = 'default';
    const month = now - 30 * 86_400_000;
    await store.usageRows({ accountId, limit: 100_000 });
    const cases: [string, () => Promise<unknown>][] = [
      ['page of 100, newest', () => store.usageRows({ accountId, limit: 100 })],
      ['page of 100, one key', () => store.usageRows({ accountId, keyId: 'key_7', limit: 100 })],
      ['page of 100, one model', () => store.usageRows({ accountId, model: 'model_3', limit: 100 })],
      [
        'page of 100, one key and model',
        () => store.usageRows({ accountId, keyId: 'key_7', model: 'model_3', limit: 100 }),
      ],
      ['page of 100, rare model', () => store.usageRows({ accountId, model: 'rare', limit: 100 })],
      [
        'page of 100, one key and rare model',
        () => store.usageRows({ accountId, keyId: 'key_7', model: 'rare', limit: 100 }),
      ],
      [
        'page of 1000, a day in the middle',
        () =>
          store.usageRows({ accountId, since: month + 15 * 86_400_000, until: month + 16 * 86_400_000, limit: 1_000 }),
      ],
      ['one request', () => store.usageRows({ accountId, requestId: 'req_500000', limit: 1 })],
      [
        '30 days by day',
        () => store.usageBuckets({ accountId, since: month, until: now, groupBy: ['day'], limit: 100_000 }),
      ],
      [
        '30 days by model and key',
        () => store.usageBuckets({ accountId, since: month, groupBy: ['model', 'api_key'], limit: 100_000 }),
      ],
      [
        '30 days by hour, one key',
        () => store.usageBuckets({ accountId, since: month, keyId: 'key_7', groupBy: ['hour'], limit: 100_000 }),
      ],
      ['newest 100 of the ledger', () => store.ledgerRows({ accountId, limit: 100 })],
    ];
    for (const [name, ask] of cases) {
      const times: number[] = [];
      for (let n = 0; n < 5; n++) {
        const begun = performance.now();
        await ask();
        times.push(performance.now() - begun);
      }
      line(name, `${Math.max(...times).toFixed(1)} ms at worst of 5`);
    }
    const begun = performance.now();
    const report = await money.doctor();
    line(
      'doctor',
      `${report.ok ? 'books are right' : JSON.stringify(report.faults[0])}, ${((performance.now() - begun) / 1_000).toFixed(1)} s`,
    );
    await money.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function input(key: Key, requestId: string) {
  const startMs = Date.now();
  return {
    key,
    card: CARD,
    requestId,
    startMs,
    inputBound: 1_000,
    countInput: async () => 400,
    maxOutput: 1_000,
    choices: 1,
    cacheWrite: () => undefined,
  };
}

async function withMoney(work: (money: OpenedMoney) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bytespike-bench-'));
  const money = await openMoney({ dataFolder: folder, creditUsd: 'unlimited' });
  try {
    await work(money);
  } finally {
    await money.close();
    rmSync(folder, { recursive: true });
  }
}

function title(text: string): void {
  console.log(`\n${text}`);
}

function line(name: string, figure: string): void {
  console.log(`  ${name.padEnd(44)} ${figure}`);
}
