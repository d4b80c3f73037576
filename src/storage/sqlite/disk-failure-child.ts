/**
 * Runs in a mount namespace of its own: makes a small file system, lets it fail under an open store, mends it, and
 * reports what the store did as JSON. Arguments: folder to mount on, a name of `faults`.
 */
import { Database } from 'bun:sqlite';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { StorageError, type Store } from '../store.ts';
import type { Write } from '../writes.ts';
import { openSqliteStore } from './sqlite-store.ts';

export const auditOf = (action: string): Write => ({
  kind: 'audit',
  audit: {
    accountId: 'default',
    at: Date.now(),
    actor: 'test',
    action,
    target: 'x'.repeat(20_000),
    ip: '',
    before: undefined,
    after: undefined,
  },
});

/** Waits for a condition; the test's own time limit is the end of it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(10);
}

const kindOf = (error: unknown): string => (error instanceof StorageError ? error.kind : String(error));

if (import.meta.main) {
  const [folder = '', fault = ''] = process.argv.slice(2);
  mount('-t', 'tmpfs', '-o', 'size=4m', 'none', folder);
  const faults: Record<string, (folder: string) => Promise<unknown>> = {
    full: fullDisk,
    'read-only': readOnlyDisk,
    unsynced: unsyncedDisk,
  };
  writeSync(1, JSON.stringify(await faults[fault]?.(folder)));
}

/** The disk fills up under an open store, and gets room again. */
async function fullDisk(folder: string) {
  const { store, reasons } = open(folder);
  await store.write(auditOf('before'));
  const filler = join(folder, 'filler');
  fill(filler);
  return { ...(await tryAndMend(store, () => unlinkSync(filler))), reason: reasons[0] };
}

/** A start on a disk that is mounted read-only: a log cannot be kept there, so it does not start. */
async function readOnlyDisk(folder: string) {
  await open(folder).store.close();
  mount('-o', 'remount,ro', folder);
  let refused = '';
  try {
    open(folder);
  } catch (error) {
    refused = `${kindOf(error)}: ${error instanceof Error ? error.message : ''}`;
  }
  mount('-o', 'remount,rw', folder);
  await open(folder).store.close();
  return { refused };
}

/** A disk that takes what is written and fails to keep it, while the file `REFUSED` is there; see disk-failure.test.ts. */
async function unsyncedDisk(folder: string) {
  const { store, health } = open(folder);
  await store.write(auditOf('before'));
  const log = logHead(folder);
  const refusals = process.env.REFUSED ?? '';
  writeFileSync(refusals, '');
  const refused = await store.write(auditOf('during')).catch(kindOf);
  // As a start after kill -9 finds it.
  const copy = mkdtempSync(join(folder, 'copy-'));
  for (const name of ['bytespike.db', 'bytespike.db-wal']) Bun.spawnSync(['cp', join(folder, name), copy]);
  const { size } = statSync(refusals);
  // It is tried again without anybody asking for it.
  await until(() => store.healthy() || statSync(refusals).size > size + 1);
  // Whoever reads from the log keeps it from beginning anew.
  const reader = new Database(join(folder, 'bytespike.db'), { readonly: true });
  reader.run('BEGIN');
  reader.query('SELECT count(*) FROM audit').get();
  unlinkSync(refusals);
  await Bun.sleep(700);
  const meanwhile = [...health];
  reader.close();
  await until(() => store.healthy());
  await store.write(auditOf('after'));
  const logBegunAnew = logHead(folder) !== log;
  const { rows } = await store.auditRows({ accountId: 'default', limit: 10 });
  const faults = await store.findFaults();
  await store.close();
  const killed = open(copy).store;
  await killed.ensureWritable();
  const startBeganAnew = logHead(copy) !== log;
  const found = (await killed.auditRows({ accountId: 'default', limit: 10 })).rows.map(({ action }) => action);
  await killed.close();
  return {
    refused,
    found,
    meanwhile,
    health,
    actions: rows.map(({ action }) => action),
    faults,
    logBegunAnew,
    startBeganAnew,
  };
}

/** With the salts by which a log knows its own frames. */
function logHead(folder: string): string {
  return readFileSync(join(folder, 'bytespike.db-wal')).subarray(0, 32).toString('hex');
}

function open(folder: string): { store: Store; health: boolean[]; reasons: string[] } {
  const health: boolean[] = [];
  const reasons: string[] = [];
  const onHealth = (healthy: boolean, reason: string) => {
    health.push(healthy);
    reasons.push(reason);
  };
  return { store: openSqliteStore({ path: join(folder, 'bytespike.db'), giveUpMs: 300, onHealth }), health, reasons };
}

async function tryAndMend(store: Store, mendDisk: () => void) {
  const refused = await store.write(auditOf('during')).catch(kindOf);
  const proof = await store.ensureWritable()?.catch(kindOf);
  const readable = (await store.auditRows({ accountId: 'default', limit: 1 })).rows.length === 1;
  mendDisk();
  await until(() => store.healthy());
  await store.write(auditOf('after'));
  const { rows } = await store.auditRows({ accountId: 'default', limit: 10 });
  const faults = await store.findFaults();
  await store.close();
  return { refused, proof, readable, actions: rows.map(({ action }) => action), faults };
}

function mount(...args: string[]): void {
  const { success, stderr } = Bun.spawnSync(['mount', ...args]);
  if (!success) throw new Error(stderr.toString());
}

/** Leaves less than a page. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    while (true) writeSync(file, Buffer.alloc(4096));
  } catch {
    closeSync(file);
  }
}
