import { afterEach, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../observability/log.ts';
import { openControlSocket } from '../server/control-socket.ts';
import { openDataFolder } from '../server/data-folder.ts';
import { FolderInUse } from '../server/lock.ts';
import { type AdminClient, openAdminClient } from './admin-client.ts';
import { CommandError } from './command.ts';
import type { Io } from './io.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function dataFolder(): Promise<{ path: string; io: Io }> {
  const workingFolder = await mkdtemp(join(tmpdir(), 'bytespike-client-'));
  folders.push(workingFolder);
  const path = join(workingFolder, 'data');
  await mkdir(path);
  const io = { out: () => {}, err: () => {}, readStdin: async () => '', environment: {}, workingFolder };
  return { path, io };
}

const fromDatabase: AdminClient = { fetch: async () => new Response('database'), close: async () => {} };
const text = async (client: AdminClient) => (await client.fetch('/api/v1/keys')).text();

test('a running server is asked over its socket', async () => {
  const { path, io } = await dataFolder();
  const held = await openDataFolder(path);
  const status = { pid: 1, version: '0', url: 'http://127.0.0.1:1', started_at: '' };
  const socket = await openControlSocket(path, () => status, silentLogger);
  socket.handle(async () => new Response('server'));
  expect(await text(await openAdminClient(io, async () => fromDatabase))).toBe('server');
  await socket.stop();
  held.release();
});

test('a server that ends before it has answered is told in words, and asked once', async () => {
  const { path, io } = await dataFolder();
  const held = await openDataFolder(path);
  const status = { pid: 1, version: '0', url: 'http://127.0.0.1:1', started_at: '' };
  const socket = await openControlSocket(path, () => status, silentLogger);
  const asked: string[] = [];
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  socket.handle(async ({ url }) => {
    asked.push(url);
    resolve(socket.stop());
    await stopped;
    return new Response('late');
  });
  const { fetch } = await openAdminClient(io, async () => fromDatabase);
  await expect(fetch('/api/v1/doctor')).rejects.toThrow(
    'the server closed the connection before it had answered; its log',
  );
  expect(asked).toHaveLength(1);
  await expect(fetch('/api/v1/doctor')).rejects.toThrow(CommandError);
  // It takes its socket out of the folder, which is about to go.
  await stopped;
  held.release();
});

test('without a server the folder is held while the database is open, and let go after', async () => {
  const { path, io } = await dataFolder();
  const client = await openAdminClient(io, async () => fromDatabase);
  expect(await text(client)).toBe('database');
  await expect(openDataFolder(path)).rejects.toThrow(FolderInUse);
  await client.close();
  (await openDataFolder(path)).release();
});

test('a database that cannot be opened lets the folder go', async () => {
  const { path, io } = await dataFolder();
  const broken = openAdminClient(io, async () => {
    throw new Error('broken');
  });
  await expect(broken).rejects.toThrow('broken');
  (await openDataFolder(path)).release();
});

test('another command is waited for', async () => {
  const { path, io } = await dataFolder();
  const other = await openDataFolder(path);
  const waiting = openAdminClient(io, async () => fromDatabase);
  setTimeout(() => other.release(), 100);
  const client = await waiting;
  expect(await text(client)).toBe('database');
  await client.close();
});

test('a server that is still starting is waited for, not gone round', async () => {
  const { path, io } = await dataFolder();
  const held = await openDataFolder(path);
  const status: { pid: number; version: string; url?: string; started_at: string } = {
    pid: 1,
    version: '0',
    started_at: '',
  };
  const socket = await openControlSocket(path, () => status, silentLogger);
  socket.handle(async () => new Response('server'));
  const waiting = openAdminClient(io, async () => fromDatabase);
  setTimeout(() => {
    status.url = 'http://127.0.0.1:1';
  }, 100);
  expect(await text(await waiting)).toBe('server');
  await socket.stop();
  held.release();
});
