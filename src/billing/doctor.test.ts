import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect, spyOn, test } from 'bun:test';
import { cpSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Key } from '../keys/key.ts';
import { type OpenedMoney, openMoney } from './open-money.ts';
import { CARD, outcome, TestBench, UNLIMITED, usage } from './test-bench.ts';

/** A call that is held and charged at the money's own time. */
async function charge(money: OpenedMoney, key: Key, requestId: string): Promise<void> {
  const hold = await money.reserve({
    key,
    card: CARD,
    requestId,
    startMs: money.now(),
    inputBound: 1_000,
    countInput: async () => 400,
    maxOutput: 1_000,
    choices: 1,
    cacheWrite: () => undefined,
  });
  await hold.settle(outcome(usage(300, 50)));
}

let sound = '';
beforeAll(async () => {
  sound = await mkdtemp(join(tmpdir(), 'bytespike-doctor-'));
  const money = await openMoney({ dataFolder: sound, creditUsd: '1' });
  const { key } = await money.keys.create(UNLIMITED, undefined, { name: 'test', ip: '' });
  for (let n = 0; n < 3; n++) {
    await charge(money, key, `req_${n}`);
  }
  expect(await money.doctor()).toEqual({ ok: true, faults: [], chargesChecked: 3 });
  await money.close();
});
afterAll(() => rm(sound, { recursive: true }));

test.each([
  [
    "UPDATE ledger SET wallet = -1, revenue = 1 WHERE cause = 'charge' AND id = (SELECT max(id) FROM ledger)",
    'running balance',
  ],
  ['DELETE FROM ledger WHERE id = (SELECT max(id) FROM ledger)', 'charged once'],
  ['DELETE FROM usage WHERE id = (SELECT max(id) FROM usage)', 'has its usage row'],
  ['UPDATE usage SET cost = cost + 1 WHERE id = (SELECT min(id) FROM usage)', 'charged once'],
  ['UPDATE usage SET output_text = output_text + 1 WHERE id = (SELECT min(id) FROM usage)', 'price of its tokens'],
  ["UPDATE terms SET text = replace(text, '2000000000', '1000000000')", 'price of its tokens'],
  ["UPDATE terms SET text = 'nonsense'", 'price of its tokens'],
  ['UPDATE balances SET wallet = wallet + 1', 'balance of wallet'],
  ['UPDATE balances SET revenue = revenue - 1', 'balance of revenue'],
  ['UPDATE spending SET spent = spent - 1', 'what a key spent'],
  ["UPDATE window_parts SET spent = 0 WHERE span = '5h'", '5h window'],
  ["DELETE FROM window_parts WHERE span = '7d'", '7d window'],
  ["UPDATE usage_sums SET reasoning = reasoning + 1 WHERE unit = 'hour'", 'sums of a hour'],
  ["DELETE FROM usage_sums WHERE unit = 'day'", 'sums of a day'],
  ['DELETE FROM secrets', 'one current secret'],
  ['UPDATE ledger SET held = 5, adjustment = -5 WHERE id = (SELECT max(id) FROM ledger)', 'nothing stays reserved'],
  ["UPDATE keys SET group_id = 'nobody'", 'foreign keys'],
  ['UPDATE usage SET status = 500 WHERE id = (SELECT max(id) FROM usage)', 'only answers are billed'],
  ["UPDATE meta SET value = (SELECT max(id) FROM usage) - 1 WHERE name = 'summed_to'", 'what a key spent'],
  ['UPDATE spending SET last_used_at = last_used_at - 1', 'what a key spent'],
  ['UPDATE balances SET topped_up_to = topped_up_to + 1', 'what it last received'],
  ["UPDATE ledger SET cause = 'adjustment' WHERE cause = 'top_up'", 'books of its cause'],
  // Both sides of it: the sums agree.
  [
    "UPDATE ledger SET revenue = revenue - 5, top_up = 5 WHERE id = (SELECT max(id) FROM ledger WHERE cause = 'charge'); UPDATE balances SET revenue = revenue - 5, top_up = top_up + 5",
    'books of its cause',
  ],
  ['DELETE FROM secrets; DELETE FROM keys', 'whoever spent'],
  ['DROP TRIGGER audit_keeps', 'append-only is guarded'],
])('%s is found', async (tampering, rule) => {
  const folder = await mkdtemp(join(tmpdir(), 'bytespike-doctor-'));
  try {
    // The whole folder: what is not yet folded into the file stands in its log.
    cpSync(sound, folder, { recursive: true });
    const db = new Database(join(folder, 'bytespike.db'));
    for (const name of ['ledger_keeps', 'ledger_stays', 'usage_keeps', 'usage_stays']) db.run(`DROP TRIGGER ${name}`);
    db.run(tampering);
    db.close();
    const money = await openMoney({ dataFolder: folder, creditUsd: '1' });
    const report = await money.doctor();
    await money.close();
    expect(report.ok).toBe(false);
    expect(report.faults.map((fault) => fault.rule)).toContainEqual(expect.stringContaining(rule));
    expect(report.faults[0]?.row).not.toBe('none');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each(["'x'", "''", "'-5'", "'9223372036854775807'", "'4102444800000000000'", 'NULL'])(
  'where the sums go to is %s: they are derived from the rows',
  async (value) => {
    const folder = await mkdtemp(join(tmpdir(), 'bytespike-doctor-'));
    try {
      cpSync(sound, folder, { recursive: true });
      const db = new Database(join(folder, 'bytespike.db'));
      db.run(
        value === 'NULL'
          ? "DELETE FROM meta WHERE name = 'summed_to'"
          : `UPDATE meta SET value = ${value} WHERE name = 'summed_to'`,
      );
      const { balance, spent } = db
        .query('SELECT wallet AS balance, revenue + absorbed AS spent FROM balances')
        .get() as { balance: number; spent: number };
      db.close();
      const money = await openMoney({ dataFolder: folder, creditUsd: '1' });
      expect(money.walletStatus()).toMatchObject({ balance: BigInt(balance), spent: BigInt(spent), level: 'ok' });
      expect((await money.doctor()).faults).toEqual([]);
      await money.wallet.topUp({ amount: 1n, note: '', idempotencyKey: 'k' }, { name: 'test', ip: '' });
      expect((await money.doctor()).faults).toEqual([]);
      await money.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test('a clock that was ahead for a while, and is right again, is no fault', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bytespike-doctor-'));
  try {
    // Until the right time is now, when the books are looked into, a window's parts go by.
    let ahead = -80 * 300_000;
    const open = () => openMoney({ dataFolder: folder, creditUsd: '1', now: () => Date.now() + ahead });
    let money = await open();
    const { key } = await money.keys.create(UNLIMITED, undefined, { name: 'test', ip: '' });
    let requests = 0;
    const call = async () => {
      requests++;
      await charge(money, key, `req_${requests}`);
    };
    await call();
    for (ahead += 8 * 86_400_000; requests < 81; ahead += 300_000) await call();
    await money.close();
    ahead = 0;
    money = await open();
    await call();
    expect((await money.doctor()).faults).toEqual([]);
    await money.close();
    money = await open();
    expect((await money.doctor()).faults).toEqual([]);
    await money.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('damage to the file is told before anything is derived from it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bytespike-doctor-'));
  try {
    cpSync(sound, folder, { recursive: true });
    const path = join(folder, 'bytespike.db');
    const db = new Database(path);
    const { rootpage } = db.query("SELECT rootpage FROM sqlite_master WHERE name = 'usage'").get() as {
      rootpage: number;
    };
    const { page_size } = db.query('PRAGMA page_size').get() as { page_size: number };
    db.run('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(page_size, 0xff), 0, page_size, (rootpage - 1) * page_size);
    await file.close();
    const money = await openMoney({ dataFolder: folder, creditUsd: '1' });
    const report = await money.doctor();
    await money.close();
    expect(report).toMatchObject({ ok: false, chargesChecked: 0 });
    expect(report.faults[0]).toMatchObject({ rule: 'file is sound', row: 'database' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('who asks for a second examination while one is underway gets its report', async () => {
  const bench = new TestBench();
  const findFaults = spyOn(bench.store, 'findFaults');
  const [first, second] = await Promise.all([bench.money.doctor(), bench.money.doctor()]);
  expect([first.ok, first === second, findFaults.mock.calls.length]).toEqual([true, true, 1]);
  findFaults.mockRejectedValueOnce(new Error('cut'));
  await expect(bench.money.doctor()).rejects.toThrow('cut');
  expect((await bench.money.doctor()).ok).toBe(true);
});

test('the ledger takes no change and no removal', async () => {
  const db = new Database(join(sound, 'bytespike.db'));
  expect(() => db.run('UPDATE ledger SET wallet = wallet')).toThrow('append-only');
  expect(() => db.run('DELETE FROM ledger')).toThrow('append-only');
  expect(() => db.run('UPDATE usage SET cost = 0')).toThrow('append-only');
  expect(() => db.run('DELETE FROM usage')).toThrow('append-only');
  expect(() => db.run('DELETE FROM audit')).toThrow('append-only');
  expect(() =>
    db.run("INSERT INTO ledger (id, account_id, cause, wallet, wallet_after) VALUES (1, 'default', 'top_up', 5, 5)"),
  ).toThrow();
  db.close();
});
