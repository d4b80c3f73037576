import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract } from '../store-contract.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder: string | undefined;

const open = async () => {
  folder ??= await mkdtemp(join(tmpdir(), 'bytespike-store-'));
  return openSqliteStore({ path: join(folder, 'bytespike.db') });
};

const clean = async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
  folder = undefined;
};

storeContract('sqlite', { open, clean });

describe('what reads the whole database', () => {
  test('holds up nobody who looks for a few rows, nor does what sums many', async () => {
    const store = await open();
    const look = () => store.auditRows({ accountId: 'default', limit: 1 });
    // Its thread is there: one that has to be started first is late by many times what a look takes.
    await look();
    const order: string[] = [];
    const note = (name: string, answer: Promise<unknown>) => answer.then(() => order.push(name));
    await Promise.all([
      note('faults', store.findFaults()),
      note('backup', store.backup(join(folder ?? '', 'copy.db'))),
      note('sums', store.usageBuckets({ accountId: 'default', groupBy: ['day'], limit: 1 })),
      note('look', look()),
    ]);
    expect([order[0], order.length]).toEqual(['look', 4]);
    await store.close();
    await clean();
  });

  test('is copied for its owner alone, and over nothing', async () => {
    const store = await open();
    const path = join(folder ?? '', 'copy.db');
    await store.backup(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await expect(store.backup(path)).rejects.toMatchObject({ kind: 'conflict' });
    await store.close();
    await clean();
  });

  test('is cut when the store closes, and refused from then on', async () => {
    const store = await open();
    const cut = store.findFaults().catch((error) => error);
    await store.close();
    expect(await cut).toMatchObject({ name: 'StorageError', kind: 'unavailable' });
    await expect(store.backup(join(folder ?? '', 'copy.db'))).rejects.toMatchObject({ kind: 'unavailable' });
    await clean();
  });
});
