import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASE_FILE, type OpenedMoney, openMoney } from '../../billing/open-money.ts';
import { type KeySettings, NO_LIMITS } from '../../keys/key-service.ts';
import { PlaygroundKey } from './playground-key.ts';

const ADMIN = { name: 'admin', ip: '127.0.0.1' };
const COMMAND_LINE = { name: 'command-line', ip: '' };

let folder: string;
let money: OpenedMoney;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bytespike-playground-'));
  money = await openMoney({ dataFolder: folder, creditUsd: '100' });
});
afterEach(async () => {
  await money.close();
  await rm(folder, { recursive: true });
});

async function restart(dataFolder = folder): Promise<void> {
  await money.close();
  money = await openMoney({ dataFolder, creditUsd: '100' });
}

/** As after a start of the gateway. */
const started = () =>
  new PlaygroundKey({ issuePlaygroundSecret: async (admin) => (await money.keys.issuePlayground(admin)).secret });
const keyNow = async () => money.findKey(await started().secret(ADMIN))!;
const namesake = (changes: Partial<KeySettings> = {}, actor = ADMIN) =>
  money.keys.create({ ...NO_LIMITS, name: 'console-playground', ...changes }, undefined, actor);

test('the key is made once, keeps its limits over starts and restores, and is never a client’s of the same name', async () => {
  const client = await namesake();
  const first = started();
  const secret = await first.secret(ADMIN);
  expect(await first.secret(ADMIN)).toBe(secret);
  const { id } = money.findKey(secret)!;
  expect(id).not.toBe(client.key.id);
  await money.keys.update(id, { quota: 1_000n, name: 'renamed' }, ADMIN);
  const later = await namesake();

  await restart();
  expect(await keyNow()).toMatchObject({ id, quota: 1_000n, status: 'active' });
  expect(money.findKey(secret)?.status).toBe('revoked');

  const restored = join(folder, 'restored');
  await mkdir(restored);
  await money.backup(join(restored, DATABASE_FILE));
  await restart(restored);
  expect(await keyNow()).toMatchObject({ id, quota: 1_000n });
  expect(money.directory.keys()).toHaveLength(3);
  for (const { key, secret } of [client, later]) expect(money.findKey(secret)).toEqual(key);
});

test('a key that was revoked is made anew', async () => {
  const { id } = await keyNow();
  await money.keys.revoke(id, ADMIN);
  const next = await keyNow();
  expect(next.id).not.toBe(id);
  expect((await keyNow()).id).toBe(next.id);
});

test('a database of before keeps the key that the console made, and clients keep theirs', async () => {
  const older = await namesake();
  const { id } = (await namesake()).key;
  await money.keys.update(id, { quota: 1_000n }, ADMIN);
  const clients = [await namesake({}, COMMAND_LINE), await namesake({ rpm: 5 })];
  await money.close();
  // The step that is done again adds this one thing.
  const db = new Database(join(folder, DATABASE_FILE));
  db.run('PRAGMA user_version = 3');
  db.close();

  money = await openMoney({ dataFolder: folder, creditUsd: '100' });
  expect(await keyNow()).toMatchObject({ id, quota: 1_000n });
  await restart();
  expect(await keyNow()).toMatchObject({ id, quota: 1_000n });
  for (const { key, secret } of [older, ...clients]) expect(money.findKey(secret)).toEqual(key);
});
