import { afterEach, expect, spyOn, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Write } from '../writes.ts';
import { migrate, openForWriting } from './connection.ts';
import { GroupCommit } from './group-commit.ts';
import type { ToWriter } from './write-worker.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A writer on a new database that is ready, how many writes each of its commits has had, how it fared and what was wrong. */
async function open(
  stallMs?: number,
): Promise<{ commit: GroupCommit; sizes: number[]; health: boolean[]; faults: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'bytespike-commit-'));
  undo.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'bytespike.db');
  const db = openForWriting(path, true);
  migrate(db);
  db.close();
  const posting = spyOn(Worker.prototype, 'postMessage');
  undo.push(() => posting.mockRestore());
  const health: boolean[] = [];
  const faults: string[] = [];
  const onHealth = (healthy: boolean, reason: string): void => {
    health.push(healthy);
    if (!healthy) faults.push(reason);
  };
  const commit = new GroupCommit(path, { giveUpMs: 1_000, ...(stallMs === undefined ? {} : { stallMs }), onHealth });
  undo.push(() => commit.close());
  const sizes: number[] = [];
  await commit.write(account('first'));
  posting.mockImplementation(function (this: Worker, message: ToWriter) {
    if (message.type === 'commit') sizes.push(message.writes.length);
    return original.call(this, message);
  });
  return { commit, sizes, health, faults };
}

const original = Worker.prototype.postMessage;
const account = (id: string): Write => ({
  kind: 'account',
  account: { id, name: id, unlimited: false, createdAt: 1 },
  audit: undefined,
});
/** Calls `write` in every turn of the event loop, before anybody who waits for the turn's end, until it says that it is enough. */
function everyTurn(write: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const step = (): void => {
      const next = setImmediate(step);
      if (write()) return;
      clearImmediate(next);
      resolve();
    };
    step();
  });
}

test('writes that come turn after turn leave together', async () => {
  const { commit, sizes } = await open();
  const writes: Promise<unknown>[] = [];
  await everyTurn(() => writes.push(commit.write(account(`account ${writes.length}`))) < 10);
  await Promise.all(writes);
  // Ten turns may take longer than a batch gathers.
  expect(sizes[0]).toBeGreaterThan(1);
  expect(sizes.reduce((sum, size) => sum + size)).toBe(10);
});

test('a batch leaves after some milliseconds although more comes in every turn', async () => {
  const { commit, sizes } = await open();
  let written = false;
  let turns = 0;
  await everyTurn(() => {
    const write = commit.write(account(`account ${turns % 100}`));
    if (turns++ === 0) void write.then(() => (written = true));
    return !written && turns < 1_000_000;
  });
  expect(written).toBe(true);
  expect(sizes[0]).toBeGreaterThan(1);
});

test('a lone write leaves without waiting for another', async () => {
  const { commit, sizes } = await open();
  await commit.write(account('lone'));
  expect(sizes).toEqual([1]);
});

test('a disk that does not answer is told as one that refuses, and loses nothing once it does', async () => {
  const { commit, health } = await open(50);
  const held: (() => void)[] = [];
  const posting = spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message: ToWriter) {
    held.push(() => original.call(this, message));
  });
  undo.push(() => posting.mockRestore());
  const written = commit.write(account('in flight'));
  while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
  commit.doubt();
  await expect(commit.ensureWritable()).rejects.toMatchObject({
    kind: 'unavailable',
    message: 'the disk does not answer',
  });
  expect(commit.healthy()).toBe(false);
  posting.mockRestore();
  for (const send of held) send();
  await written;
  expect(commit.healthy()).toBe(true);
  expect(health).toEqual([false, true]);
  await commit.ensureWritable();
});

test('a slow disk is waited for: what one answer stands for takes several syncs', async () => {
  const { commit, health } = await open();
  const held: (() => void)[] = [];
  const posting = spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message: ToWriter) {
    held.push(() => original.call(this, message));
  });
  undo.push(() => posting.mockRestore());
  const written = commit.write(account('in flight'));
  while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const clock = spyOn(performance, 'now').mockReturnValue(performance.now() + 5 * 2_500);
  undo.push(() => clock.mockRestore());
  expect(commit.healthy()).toBe(true);
  clock.mockReturnValue(performance.now() + 2_500);
  expect([commit.healthy(), health]).toEqual([false, [false]]);
  clock.mockRestore();
  posting.mockRestore();
  for (const send of held) send();
  await written;
});

test('why a disk refuses that did not answer before is told', async () => {
  const { commit, faults } = await open(50);
  const held: (() => void)[] = [];
  const posting = spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker) {
    const failure = { kind: 'storage', reason: 'the disk is full' } as const;
    held.push(() => this.onmessage?.(new MessageEvent('message', { data: { type: 'failed', failure } })));
  });
  undo.push(() => posting.mockRestore());
  const written = commit.write(account('in flight')).catch(() => {});
  while (commit.healthy()) await Bun.sleep(10);
  posting.mockRestore();
  for (const refuse of held) refuse();
  await written;
  expect(faults).toEqual(['the disk does not answer', 'the disk is full']);
});

test('nobody waits for a thread that has died', async () => {
  const { commit } = await open();
  let told = 0;
  const posting = spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker) {
    if (told++ === 0) setImmediate(() => this.onerror?.(new ErrorEvent('error')));
  });
  undo.push(() => posting.mockRestore());
  const refused = { kind: 'unavailable', message: 'the writing thread failed: start the gateway again' };
  await expect(commit.write(account('in flight'))).rejects.toMatchObject(refused);
  await expect(commit.write(account('later'))).rejects.toMatchObject(refused);
  await expect(commit.ensureWritable()).rejects.toMatchObject(refused);
  expect(commit.healthy()).toBe(false);
  await commit.close();
});

test('that the thread has died is told, though the disk had failed before', async () => {
  const { commit, faults } = await open();
  let told = 0;
  const posting = spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker) {
    const data = { type: 'failed', failure: { kind: 'storage', reason: 'the disk is full' } };
    const full = told++ === 0;
    setImmediate(() =>
      full ? this.onmessage?.(new MessageEvent('message', { data })) : this.onerror?.(new ErrorEvent('error')),
    );
  });
  undo.push(() => posting.mockRestore());
  await expect(commit.write(account('refused'))).rejects.toMatchObject({ kind: 'unavailable' });
  expect(faults).toEqual(['the disk is full', 'the writing thread failed: start the gateway again']);
});
