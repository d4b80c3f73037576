import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, open, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../store.ts';
import { auditOf, until } from './disk-failure-child.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bytespike-disk-'));
  path = join(folder, 'bytespike.db');
});
afterEach(() => rm(folder, { recursive: true }));

const refuses = async (store: Store): Promise<boolean> =>
  (await store.ensureWritable()?.then(
    () => false,
    () => true,
  )) ?? false;

const UNAVAILABLE = { name: 'StorageError', kind: 'unavailable' };

describe('a locked database', () => {
  test('refuses while the lock is held, keeps young writes for later, and recovers by itself', async () => {
    const health: boolean[] = [];
    const store = openSqliteStore({ path, giveUpMs: 5_000, onHealth: (healthy) => health.push(healthy) });
    await store.write(auditOf('before'));
    const other = new Database(path);
    other.run('BEGIN IMMEDIATE');
    const during = store.write(auditOf('during'));
    await until(() => !store.healthy());
    await expect(store.ensureWritable()).rejects.toMatchObject(UNAVAILABLE);
    other.run('ROLLBACK');
    other.close();
    await during;
    await store.ensureWritable();
    expect(health).toEqual([false, true]);
    const { rows } = await store.auditRows({ accountId: 'default', limit: 10 });
    expect(rows.map(({ action }) => action)).toEqual(['during', 'before']);
    await store.close();
  });

  test('gives a write up when the lock outlasts it, and then has not written it', async () => {
    const store = openSqliteStore({ path, giveUpMs: 0 });
    const other = new Database(path);
    other.run('BEGIN IMMEDIATE');
    await expect(store.write(auditOf('lost'))).rejects.toMatchObject(UNAVAILABLE);
    other.run('ROLLBACK');
    other.close();
    await until(() => store.healthy());
    await store.write(auditOf('kept'));
    const { rows } = await store.auditRows({ accountId: 'default', limit: 10 });
    expect(rows.map(({ action }) => action)).toEqual(['kept']);
    await store.close();
  });

  test('is noticed before it costs anything: the proof of the last commit lasts a second', async () => {
    const store = openSqliteStore({ path });
    await store.write(auditOf('before'));
    const other = new Database(path);
    other.run('BEGIN IMMEDIATE');
    const refused = until(() => refuses(store));
    await refused;
    other.run('ROLLBACK');
    other.close();
    await until(() => store.healthy());
    await store.close();
  });
});

describe('a damaged database', () => {
  test('is told at the start', async () => {
    await openSqliteStore({ path }).close();
    await writeFile(path, 'not a database at all, but long enough to have a header of one hundred bytes'.repeat(100));
    expect(() => openSqliteStore({ path })).toThrow('the database file is damaged');
  });

  test('and of a newer release too', async () => {
    await openSqliteStore({ path }).close();
    const db = new Database(path);
    db.run('PRAGMA user_version = 999');
    db.close();
    expect(() => openSqliteStore({ path })).toThrow('start the newer release');
  });

  test('is noticed while running, before SQLite would notice', async () => {
    const store = openSqliteStore({ path, giveUpMs: 0 });
    await store.write(auditOf('before'));
    const file = await open(path, 'r+');
    const head = Buffer.alloc(100);
    await file.read(head, 0, 100, 0);
    await file.write(Buffer.alloc(100, 'x'), 0, 100, 0);
    await until(() =>
      store.write(auditOf('x')).then(
        () => false,
        () => true,
      ),
    );
    expect(store.healthy()).toBe(false);
    await file.write(head, 0, 100, 0);
    await file.close();
    await until(() => store.healthy());
    await store.close();
  });

  test('is noticed without a write, when it is asked whether it can be written', async () => {
    const store = openSqliteStore({ path, giveUpMs: 0 });
    await store.ensureWritable();
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(100, 'x'), 0, 100, 0);
    await file.close();
    await until(() => refuses(store));
    // Readiness says so too: every refusal asks the writing thread for a proof.
    await until(async () => (await refuses(store)) && !store.healthy());
    await store.close();
  });

  test('a file that was cut short is noticed', async () => {
    await openSqliteStore({ path }).close();
    const whole = await readFile(path);
    const store = openSqliteStore({ path, giveUpMs: 0 });
    await store.ensureWritable();
    await truncate(path, 8_192);
    await until(() => refuses(store));
    await writeFile(path, whole);
    await until(async () => !(await refuses(store)));
    await store.close();
  });

  test('a removed log is noticed, and what was acknowledged is kept', async () => {
    const store = openSqliteStore({ path, giveUpMs: 0 });
    let acknowledged = 0;
    const write = () => store.write(auditOf(`action ${acknowledged}`)).then(() => void acknowledged++);
    for (let n = 0; n < 5; n++) await write();
    await rm(`${path}-wal`);
    await expect(
      (async () => {
        while (true) await write();
      })(),
    ).rejects.toThrow('the log of the database was removed');
    expect(store.healthy()).toBe(false);
    // As a start after kill -9 finds it.
    await cp(path, `${path}.copy`);
    const copy = openSqliteStore({ path: `${path}.copy` });
    const { rows } = await copy.auditRows({ accountId: 'default', limit: 1_000 });
    expect(rows).toHaveLength(acknowledged);
    await copy.close();
    await store.close();
  });

  test('a log that is found removed before the next commit is kept too', async () => {
    const store = openSqliteStore({ path, giveUpMs: 0 });
    for (let n = 0; n < 5; n++) await store.write(auditOf(`action ${n}`));
    await Bun.sleep(120);
    const { size } = await stat(path);
    await rm(`${path}-wal`);
    expect(store.healthy()).toBe(false);
    await until(async () => (await stat(path)).size > size + 5 * 20_000);
    await cp(path, `${path}.copy`);
    const copy = openSqliteStore({ path: `${path}.copy` });
    expect((await copy.auditRows({ accountId: 'default', limit: 9 })).rows).toHaveLength(5);
    await copy.close();
    await store.close();
  });

  test('a file that is moved keeps what was acknowledged, and goes on where it is put back', async () => {
    const store = openSqliteStore({ path, giveUpMs: 0 });
    let acknowledged = 0;
    let refused = 0;
    const write = () =>
      store.write(auditOf('x')).then(
        () => void acknowledged++,
        () => void refused++,
      );
    await write();
    for (const name of ['', '-wal', '-shm']) await rename(path + name, `${path}.gone${name}`);
    while (refused === 0) await write();
    for (const name of ['', '-wal', '-shm']) await rename(`${path}.gone${name}`, path + name);
    await until(() => store.healthy());
    expect((await store.auditRows({ accountId: 'default', limit: 1_000 })).rows).toHaveLength(acknowledged);
    await store.close();
  });

  test('a folder that cannot be looked into for a while keeps what was acknowledged, and goes on once it can', async () => {
    const inner = join(folder, 'data');
    await mkdir(inner);
    const store = openSqliteStore({ path: join(inner, 'bytespike.db'), giveUpMs: 0 });
    let acknowledged = 0;
    const write = () => store.write(auditOf('x')).then(() => void acknowledged++);
    await write();
    // A link to itself: a user without a right to the folder, or a share that is gone, is told as another code.
    await rename(inner, `${inner}.gone`);
    await symlink('data', inner);
    await expect(
      (async () => {
        while (true) await write();
      })(),
    ).rejects.toMatchObject(UNAVAILABLE);
    await rm(inner);
    await rename(`${inner}.gone`, inner);
    await until(() => store.healthy());
    await write();
    expect((await store.auditRows({ accountId: 'default', limit: 1_000 })).rows).toHaveLength(acknowledged);
    await store.close();
  });

  test('a removed file is noticed', async () => {
    const store = openSqliteStore({ path, giveUpMs: 0 });
    await store.write(auditOf('before'));
    await rename(path, `${path}.gone`);
    await until(() =>
      store.write(auditOf('x')).then(
        () => false,
        () => true,
      ),
    );
    expect(store.healthy()).toBe(false);
    await rename(`${path}.gone`, path);
    await until(() => store.healthy());
    await store.close();
  });
});

// A process that looks into the database and closes it removes the log, unless the locks tell it that others are there.
test.skipIf(!existsSync('/proc/locks'))(
  'looking after the file leaves its locks alone (skipped where the system does not list locks)',
  async () => {
    const store = openSqliteStore({ path });
    for (let n = 0; n < 3; n++) {
      await store.write(auditOf(`action ${n}`));
      // Longer than the guard waits between two looks.
      await Bun.sleep(120);
      await store.ensureWritable();
    }
    const { ino } = await stat(path);
    const locks = (await readFile('/proc/locks', 'utf8')).split('\n').filter((line) => line.includes(`:${ino} `));
    expect(locks).toContainEqual(expect.stringMatching(new RegExp(`POSIX +ADVISORY +READ +${process.pid} `)));
    await store.close();
  },
);

/** A real full disk and a real read-only one, where this user may mount a file system of their own. */
const canMount = Bun.spawnSync(['unshare', '-m', 'mount', '-t', 'tmpfs', 'none', tmpdir()], {
  stderr: 'ignore',
}).success;

/** Syncs fail for as long as the file `REFUSED` is there, which grows by a byte for each. */
const REFUSING_SYNC = `
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
static int sync_by(int call, int fd) {
  int refused = open(getenv("REFUSED"), O_WRONLY | O_APPEND);
  if (refused < 0) return syscall(call, fd);
  write(refused, "x", 1);
  close(refused);
  errno = EIO;
  return -1;
}
int fsync(int fd) { return sync_by(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_by(SYS_fdatasync, fd); }
`;

describe.skipIf(!canMount)('a disk (skipped where this user may not mount one)', () => {
  const reportOf = async (fault: string, env: Record<string, string> = {}): Promise<unknown> => {
    const script = join(import.meta.dir, 'disk-failure-child.ts');
    const child = Bun.spawn(['unshare', '-m', process.execPath, script, folder, fault], {
      stdout: 'pipe',
      env: { ...process.env, ...env },
    });
    return JSON.parse(await new Response(child.stdout).text());
  };

  test('that is full refuses, and serves again when it has room', async () => {
    expect(await reportOf('full')).toEqual({
      refused: 'unavailable',
      reason: 'the disk is full (SQLITE_FULL)',
      proof: 'unavailable',
      readable: true,
      actions: ['after', 'before'],
      faults: [],
    });
  });

  test.skipIf(Bun.which('cc') === null)(
    'that takes what it does not keep refuses until it keeps it (skipped where there is no C compiler)',
    async () => {
      const library = join(folder, 'refusing-sync.so');
      await writeFile(`${library}.c`, REFUSING_SYNC);
      const { success } = Bun.spawnSync(['cc', '-shared', '-fPIC', '-o', library, `${library}.c`]);
      expect(success).toBe(true);
      expect(await reportOf('unsynced', { LD_PRELOAD: library, REFUSED: join(folder, 'refused') })).toEqual({
        refused: 'unavailable',
        // What was refused must not be there after kill -9 either.
        found: ['before'],
        meanwhile: [false],
        health: [false, true],
        actions: ['after', 'before'],
        faults: [],
        // What a sync has failed for may be lost without another word, and with it all that is written behind it.
        logBegunAnew: true,
        // Nor does a process that ends before the disk is mended leave such a log to the next.
        startBeganAnew: true,
      });
    },
  );

  test('that is read-only is told at the start', async () => {
    expect(await reportOf('read-only')).toEqual({
      refused: expect.stringContaining('unavailable: the database file cannot be opened'),
    });
  });
});
