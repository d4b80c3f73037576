import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { founding } from '../../billing/bootstrap.ts';
import { BatchWriter } from './batch-writer.ts';
import { openForWriting } from './connection.ts';
import { migrations } from './migrations.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bytespike-migrations-'));
});
afterEach(() => rm(folder, { recursive: true }));

const older = migrations.slice(1).map((_, index) => index + 1);

test.each(older)('a database of schema version %d is brought forward with all that it holds', async (version) => {
  const path = join(folder, 'bytespike.db');
  const before = openForWriting(path, true);
  for (const step of migrations.slice(0, version)) before.run(step);
  before.run(`PRAGMA user_version = ${version}`);
  new BatchWriter(before).commit(founding('12.5', Date.now()));
  // What says how far sums lag behind came later; before, they never did.
  if (version < 3) before.run("DELETE FROM meta WHERE name = 'summed_to'");
  before.close();

  const store = openSqliteStore({ path, founding: founding('999', Date.now()) });
  expect(store.snapshot).toMatchObject({ fresh: false, wallets: [{ balance: 12_500_000_000n }] });
  expect(await store.findFaults()).toEqual([]);
  await store.close();

  const after = new Database(path);
  expect(after.query('PRAGMA user_version').get()).toEqual({ user_version: migrations.length });
  after.close();
});

test('the newest schema is the sum of all steps, and a second start changes nothing', async () => {
  const path = join(folder, 'bytespike.db');
  await openSqliteStore({ path, founding: founding('1', Date.now()) }).close();
  const schema = () => {
    const db = new Database(path);
    try {
      return db.query('SELECT name, sql FROM sqlite_master ORDER BY name').all();
    } finally {
      db.close();
    }
  };
  const first = schema();
  await openSqliteStore({ path, founding: founding('1', Date.now()) }).close();
  expect(schema()).toEqual(first);
});
