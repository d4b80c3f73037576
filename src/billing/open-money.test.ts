import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_LIMITS } from '../keys/key-service.ts';
import { type OpenedMoney, openMoney } from './open-money.ts';
import { TestBench } from './test-bench.ts';

let folder = '';
let money: OpenedMoney;
const open = async (creditUsd = '100') => {
  money = await openMoney({ dataFolder: folder, creditUsd });
};
const restart = async (creditUsd = '100') => {
  await money.close();
  await open(creditUsd);
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bytespike-money-'));
  await open();
});
afterEach(async () => {
  await money.close();
  await rm(folder, { recursive: true });
});

const A = 'a-first-secret-of-thirty-two-characters-a';
const B = 'a-second-secret-of-thirty-two-characters';
const K = 'a-first-key-secret-of-32-characters-or-so';
const L = 'a-second-key-secret-of-32-characters-or-so';
const TEST = { name: 'test', ip: '' };
const audited = async () =>
  (await money.store.auditRows({ accountId: 'default', limit: 50 })).rows.map(({ action }) => action);

describe('a first start', () => {
  test('generates what is not given, once', async () => {
    const first = await money.ensureBootstrap({ adminToken: undefined, bootstrapKey: undefined });
    expect(money.findKey(first.bootstrapKey ?? '')).toMatchObject({ name: 'bootstrap', groupId: 'default', quota: 0n });
    expect(money.directory.findToken(first.adminToken ?? '')?.name).toBe('first-start');
    await restart();
    const second = await money.ensureBootstrap({ adminToken: undefined, bootstrapKey: undefined });
    expect(second).toEqual({ adminToken: undefined, bootstrapKey: undefined });
    expect(money.findKey(first.bootstrapKey ?? '')?.status).toBe('active');
  });

  test('shows what it generates before anything is stored: one that could not show makes others', async () => {
    let shown: (string | undefined)[] = [];
    const none = { adminToken: undefined, bootstrapKey: undefined };
    const failing = money.ensureBootstrap(none, async ({ adminToken, bootstrapKey }) => {
      shown = [adminToken, bootstrapKey];
      throw new Error('the disk is full');
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect([shown.length, shown.includes(undefined)]).toEqual([2, false]);
    await restart();
    expect([money.adminTokens.any(), money.keys.list()]).toEqual([false, []]);
    const next = await money.ensureBootstrap(none, async ({ adminToken, bootstrapKey }) => {
      shown = [adminToken, bootstrapKey];
    });
    expect(shown).toEqual([next.adminToken, next.bootstrapKey]);
    expect(money.findKey(next.bootstrapKey ?? '')?.status).toBe('active');
  });

  test('credits the wallet, later ones do not', async () => {
    expect(money.walletStatus().balance).toBe(100_000_000_000n);
    await restart('500');
    expect(money.walletStatus().balance).toBe(100_000_000_000n);
  });

  test('refuses a credit that is no amount', async () => {
    await money.close();
    await rm(join(folder, 'bytespike.db'));
    await expect(openMoney({ dataFolder: folder, creditUsd: '1e9' })).rejects.toThrow('BYTESPIKE_BOOTSTRAP_CREDIT_USD');
    await open();
  });

  test('keeps the database from other users', async () => {
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
  });
});

describe('a variable that is set is the truth at every start', () => {
  test('for the admin token', async () => {
    const generated = await money.ensureBootstrap({ adminToken: undefined, bootstrapKey: undefined });
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: undefined });
    expect(money.directory.findToken(generated.adminToken ?? '')).toBeUndefined();
    expect(money.directory.findToken(A)?.name).toBe('env');
    await restart();
    await money.ensureBootstrap({ adminToken: B, bootstrapKey: undefined });
    expect([money.directory.findToken(A), money.directory.findToken(B)?.name]).toEqual([undefined, 'env']);
    expect(await audited()).toEqual(
      expect.arrayContaining([
        'admin.create',
        'admin.revoke',
        'admin.create',
        'admin.revoke',
        'admin.create',
        'key.create',
      ]),
    );
    const before = (await audited()).length;
    await restart();
    await money.ensureBootstrap({ adminToken: B, bootstrapKey: undefined });
    expect(await audited()).toHaveLength(before);
  });

  test('for the first key, which keeps its row', async () => {
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: K });
    const { id } = money.findKey(K) ?? {};
    await restart();
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: L });
    expect(money.findKey(K)?.status).toBe('revoked');
    expect(money.findKey(L)).toMatchObject({ id, status: 'active' });
    await money.keys.revoke(id ?? '', { name: 'test', ip: '' });
    await restart();
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: L });
    expect(money.findKey(L)).toMatchObject({ id, status: 'active' });
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: K });
    expect([money.findKey(K)?.status, money.findKey(L)?.status]).toEqual(['active', 'revoked']);
    expect((await money.doctor()).faults).toEqual([]);
  });

  test('for the first key, whatever it and others are named', async () => {
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: K });
    const { id = '' } = money.findKey(K) ?? {};
    const { secret: namesake } = await money.keys.create({ ...NO_LIMITS, name: 'bootstrap' }, undefined, TEST);
    await money.keys.update(id, { name: 'renamed' }, TEST);
    await restart();
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: L });
    expect([money.findKey(K)?.status, money.findKey(namesake)?.status]).toEqual(['revoked', 'active']);
    expect(money.findKey(L)).toMatchObject({ id, name: 'renamed', status: 'active' });
    expect(money.directory.keys()).toHaveLength(2);
  });

  test('for the first key of a database that does not name it: the one with the secret, or the newest of its name', async () => {
    const forget = async () => {
      await money.close();
      const db = new Database(join(folder, 'bytespike.db'));
      db.run("DELETE FROM meta WHERE name = 'first_key'");
      db.close();
      await open();
    };
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: K });
    const { id = '' } = money.findKey(K) ?? {};
    await money.keys.update(id, { name: 'renamed' }, TEST);
    const namesake = (await money.keys.create({ ...NO_LIMITS, name: 'bootstrap' }, undefined, TEST)).key.id;
    await forget();
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: K });
    expect(money.findKey(K)).toMatchObject({ id, status: 'active' });
    await forget();
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: L });
    expect([money.findKey(K)?.status, money.findKey(L)?.id]).toEqual(['active', namesake]);
    await restart();
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: L });
    expect(money.directory.firstKeyId).toBe(namesake);
    expect(money.directory.keys()).toHaveLength(2);
  });

  test('but not where it is the secret of another key', async () => {
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: K });
    const { key, secret } = await money.keys.create({ ...NO_LIMITS, name: 'other', quota: 5n }, undefined, TEST);
    await restart();
    const start = money.ensureBootstrap({ adminToken: A, bootstrapKey: secret });
    await expect(start).rejects.toMatchObject({ code: 'conflict', details: { param: 'BYTESPIKE_BOOTSTRAP_KEY' } });
    expect(money.findKey(K)?.status).toBe('active');
    expect(money.findKey(secret)).toMatchObject({ id: key.id, name: 'other', quota: 5n });
  });

  test('but never for one secret in both places: whoever has the key would be the administrator', async () => {
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: B });
    const token = await money.adminTokens.create('second', TEST);
    const key = await money.keys.create({ ...NO_LIMITS, name: 'other' }, undefined, TEST);
    await money.keys.revoke(key.key.id, TEST);
    for (const secret of [A, token.secret]) {
      const custom = money.keys.create({ ...NO_LIMITS, name: 'third' }, secret, TEST);
      await expect(custom).rejects.toMatchObject({ code: 'conflict', details: { param: 'custom_key' } });
      const rotated = money.keys.rotate(money.findKey(B)?.id ?? '', 0, secret, TEST);
      await expect(rotated).rejects.toMatchObject({ code: 'conflict', details: { param: 'custom_key' } });
    }
    await restart();
    for (const secret of [B, key.secret]) {
      const start = money.ensureBootstrap({ adminToken: secret, bootstrapKey: undefined });
      await expect(start).rejects.toMatchObject({ code: 'conflict', details: { param: 'BYTESPIKE_ADMIN_TOKEN' } });
    }
    const start = money.ensureBootstrap({ adminToken: A, bootstrapKey: token.secret });
    await expect(start).rejects.toMatchObject({ code: 'conflict', details: { param: 'BYTESPIKE_BOOTSTRAP_KEY' } });
    expect([money.directory.findToken(A)?.name, money.findKey(B)?.status]).toEqual(['env', 'active']);
  });

  test('for the admin token, also where it was made by hand', async () => {
    await money.ensureBootstrap({ adminToken: A, bootstrapKey: undefined });
    const { secret } = await money.adminTokens.create('second', TEST);
    await restart();
    await money.ensureBootstrap({ adminToken: secret, bootstrapKey: undefined });
    expect([money.directory.findToken(A), money.directory.findToken(secret)?.name]).toEqual([undefined, 'second']);
    await restart();
    const before = (await audited()).length;
    await money.ensureBootstrap({ adminToken: secret, bootstrapKey: undefined });
    expect(await audited()).toHaveLength(before);
  });
});

test('a call waits two seconds for the holds of others where nothing else is set', async () => {
  const { key } = await money.keys.create({ ...NO_LIMITS, name: 'test', quota: 5_000n }, undefined, TEST);
  const bench = new TestBench();
  await money.reserve(bench.input(key));
  jest.useFakeTimers();
  try {
    let refused: unknown;
    const waiting = Promise.resolve(money.reserve(bench.input(key))).catch((error: unknown) => {
      refused = error;
    });
    while (jest.getTimerCount() === 0) await Promise.resolve();
    jest.advanceTimersByTime(1_999);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1);
    await waiting;
    expect(refused).toMatchObject({ code: 'rate_limit_exceeded' });
  } finally {
    jest.useRealTimers();
  }
});
