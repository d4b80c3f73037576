import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenedMoney, openMoney } from './open-money.ts';

/** A few rounds in the suite; hundreds before a release: BYTESPIKE_TEST_CRASH_ROUNDS=500. */
const ROUNDS = Number(process.env.BYTESPIKE_TEST_CRASH_ROUNDS ?? 10);
/** So many crashes does one database live through: everything in it is looked at after each of them. */
const ROUNDS_OF_A_FOLDER = 20;

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bytespike-crash-'));
});
afterAll(() => rm(root, { recursive: true }));

test(
  `kill -9 at ${ROUNDS} random instants under load: what was answered is billed, once, and nothing stays reserved`,
  async () => {
    const answered = new Map<string, bigint>();
    let folder = '';
    let answers = 0;
    for (let round = 0; round < ROUNDS; round++) {
      if (round % ROUNDS_OF_A_FOLDER === 0) {
        folder = await mkdtemp(join(root, 'data-'));
        answered.clear();
      }
      const before = answered.size;
      for (const [requestId, cost] of await runAndKill(folder, round)) answered.set(requestId, cost);
      answers += answered.size - before;
      const money = await openMoney({ dataFolder: folder, creditUsd: '50' });
      try {
        await check(money, answered);
      } finally {
        await money.close();
      }
    }
    expect(answers).toBeGreaterThan(ROUNDS * 10);
  },
  30_000 + ROUNDS * 2_000,
);

/** The answers that clients had in full when the process died. */
async function runAndKill(folder: string, round: number): Promise<[string, bigint][]> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'crash-child.ts'), folder, String(round)], {
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const lines: string[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    const ready = text.startsWith('ready');
    text += decoder.decode(chunk, { stream: true });
    if (!ready && text.startsWith('ready')) setTimeout(() => child.kill('SIGKILL'), 20 + Math.random() * 200);
  }
  await child.exited;
  // A last line without its end was not written in full.
  lines.push(...text.split('\n').slice(1, -1));
  return lines.map((line) => {
    const [requestId = '', cost = ''] = line.split(' ');
    return [requestId, BigInt(cost)];
  });
}

async function check(money: OpenedMoney, answered: ReadonlyMap<string, bigint>): Promise<void> {
  const billed = await billedRequests(money);
  const missing = [...answered].filter(([requestId, cost]) => billed.get(requestId) !== cost);
  expect(missing).toEqual([]);
  const wallet = money.walletStatus();
  expect(wallet.reserved).toBe(0n);
  expect(wallet.spent).toBe([...billed.values()].reduce((sum, cost) => sum + cost, 0n));
  expect(wallet.balance).toBe(50_000_000_000n - wallet.spent);
  expect((await money.doctor()).faults).toEqual([]);
}

async function billedRequests(money: OpenedMoney): Promise<Map<string, bigint>> {
  const billed = new Map<string, bigint>();
  let cursor: string | undefined;
  do {
    const page = await money.store.usageRows({ accountId: 'default', limit: 1_000, cursor });
    for (const row of page.rows) {
      expect(billed.has(row.requestId)).toBe(false);
      billed.set(row.requestId, row.cost);
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return billed;
}
