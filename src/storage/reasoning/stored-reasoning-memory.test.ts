import { afterAll, expect, spyOn, test } from 'bun:test';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasoningMemoryContract } from '../../protocols/reasoning-memory.contract.ts';
import { DEFAULT_BOUNDS } from '../../protocols/reasoning-memory.ts';
import { StoredReasoningMemory } from './stored-reasoning-memory.ts';

const folder = await mkdtemp(join(tmpdir(), 'bytespike-reasoning-'));
const open: StoredReasoningMemory[] = [];
let count = 0;

function make(bounds = DEFAULT_BOUNDS, now: () => number = Date.now, path = join(folder, `${count++}.db`)) {
  const memory = new StoredReasoningMemory(path, bounds, now);
  open.push(memory);
  return memory;
}

afterAll(async () => {
  await Promise.all(open.map((memory) => memory.close()));
  // SQLite may take its log away while the folder is being emptied: what is gone already is as good as removed.
  await rm(folder, { recursive: true, force: true });
});

reasoningMemoryContract(
  'StoredReasoningMemory',
  (bounds, now) => make(bounds, now),
  (memory) => (memory as StoredReasoningMemory).settled(),
);

const turn = { vendor: 'anthropic', blocks: [{ text: '想', signature: 's', afterText: 0, afterCalls: 0 }], calls: {} };

test('finds what still waits to be written, the latest of a lookup', async () => {
  const memory = make();
  memory.remember('key', ['call:a'], turn);
  memory.remember('key', ['call:a'], { ...turn, vendor: 'deepseek' });
  expect((await memory.recall('key', ['call:a'])).get('call:a')?.vendor).toBe('deepseek');
});

test('survives a restart, in a file that only its owner can read', async () => {
  const path = join(folder, 'kept.db');
  const first = make(DEFAULT_BOUNDS, Date.now, path);
  first.remember('key', ['call:a'], turn);
  await first.close();
  expect((await make(DEFAULT_BOUNDS, Date.now, path).recall('key', ['call:a'])).get('call:a')).toEqual(turn);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('an unusable file is a memory that knows nothing', async () => {
  const path = join(folder, 'broken.db');
  await Bun.write(path, 'this is no database at all, whatever its name may say');
  const memory = make(DEFAULT_BOUNDS, Date.now, path);
  memory.remember('key', ['call:a'], turn);
  await memory.settled();
  expect((await memory.recall('key', ['call:a'])).size).toBe(0);
});

test('a file that cannot be opened at first is tried again', async () => {
  const later = join(folder, 'later');
  const path = join(later, 'reasoning.db');
  const memory = make(DEFAULT_BOUNDS, Date.now, path);
  expect((await memory.recall('key', ['call:a'])).size).toBe(0);
  await mkdir(later);
  memory.remember('key', ['call:a'], turn);
  await memory.settled();
  expect((await memory.recall('key', ['call:a'])).get('call:a')).toEqual(turn);
});

test('nobody waits for a thread that has died', async () => {
  const threads = spyOn(globalThis, 'Worker').mockImplementation((() => {
    let told = 0;
    const thread = {
      onerror: () => {},
      postMessage: () => void (told++ === 0 && setImmediate(() => thread.onerror())),
      terminate: () => {},
    };
    return thread;
  }) as never);
  const memory = make();
  memory.remember('key', ['call:a'], turn);
  await memory.settled();
  threads.mockRestore();
  memory.remember('key', ['call:a'], turn);
  await memory.settled();
  expect((await memory.recall('key', ['call:a'])).get('call:a')).toEqual(turn);
});
