/**
 * Runs in a mount namespace of its own: makes a small file system, lets it fail under an open store, mends it, and
 * reports what the store did as JSON. Arguments: folder to mount on, `full` or `read-only`.
 */
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
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
  const report = await (fault === 'full' ? fullDisk(folder) : readOnlyDisk(folder));
  writeSync(1, JSON.stringify(report));
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

function open(folder: string): { store: Store; reasons: string[] } {
  const reasons: string[] = [];
  const onHealth = (_healthy: boolean, reason: string) => reasons.push(reason);
  return { store: openSqliteStore({ path: join(folder, 'bytespike.db'), giveUpMs: 300, onHealth }), reasons };
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
