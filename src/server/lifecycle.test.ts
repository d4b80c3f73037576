import { afterEach, describe, expect, spyOn, test } from 'bun:test';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { unfinishedIn } from '../admin/backup-files.ts';
import { ConfigError, UnavailableError } from '../config/config-error.ts';
import { loadConfig } from '../config/load-config.ts';
import { silentLogger } from '../observability/log.ts';
import { createMetrics } from '../observability/metrics.ts';
import { StorageError } from '../storage/store.ts';
import { askControlStatus, controlPath } from './control-socket.ts';
import { asFolderError } from './data-folder.ts';
import { drain } from './drain.ts';
import { showGeneratedSecrets } from './first-start.ts';
import { installationId } from './installation-id.ts';
import { type OwnedLifecycle, openLifecycle, type RunningServer } from './lifecycle.ts';
import { FolderInUse, lockFolder } from './lock.ts';
import { watchStopSignals } from './stop-signals.ts';

const folders: string[] = [];
const lives: OwnedLifecycle[] = [];

afterEach(async () => {
  for (const life of lives.splice(0)) await life.dispose();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bytespike-life-'));
  folders.push(folder);
  return folder;
}

async function openIn(folder: string): Promise<OwnedLifecycle> {
  const config = await loadConfig({ environment: { BYTESPIKE_DATA: 'data' }, workingFolder: folder });
  const life = await openLifecycle({ config, log: silentLogger, metrics: createMetrics(), exit: () => {} });
  lives.push(life);
  return life;
}

const mode = async (path: string) => (await stat(path)).mode & 0o777;

describe('the lock', () => {
  test('is held once, and free again after release', async () => {
    const folder = await newFolder();
    const lock = lockFolder(folder);
    Bun.gc(true);
    expect(() => lockFolder(folder)).toThrow(FolderInUse);
    lock.release();
    lock.release();
    lockFolder(folder).release();
  });

  test('is gone with a process that was killed', async () => {
    const folder = await newFolder();
    const script = `
      const { lockFolder } = await import(${JSON.stringify(join(import.meta.dir, 'lock.ts'))});
      lockFolder(${JSON.stringify(folder)});
      console.log('held');
      setInterval(() => {}, 1000);`;
    const owner = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' });
    const reader = owner.stdout.getReader();
    await reader.read();
    expect(() => lockFolder(folder)).toThrow(FolderInUse);
    owner.kill('SIGKILL');
    await owner.exited;
    lockFolder(folder).release();
  });
});

describe('the data folder', () => {
  test('is made for its owner alone, and so is what lies in it', async () => {
    const life = await openIn(await newFolder());
    expect(await mode(life.dataFolder)).toBe(0o700);
    expect(await mode(controlPath(life.dataFolder))).toBe(0o600);
    expect(await mode(join(life.dataFolder, 'installation-id'))).toBe(0o600);
  });

  test('is rid of the copies that a killed process did not finish, and of nothing else', async () => {
    const folder = await newFolder();
    const backups = join(folder, 'data', 'backups');
    await mkdir(backups, { recursive: true });
    const unfinished = unfinishedIn(backups);
    const kept = ['bytespike-2026.db', '.backup_of-mine.db'];
    for (const path of [unfinished, `${unfinished}-journal`, ...kept.map((name) => join(backups, name))]) {
      await writeFile(path, 'a part');
    }
    await openIn(folder);
    expect((await readdir(backups)).sort()).toEqual(kept.sort());
    // Only who has the folder knows that nobody is writing one.
    await writeFile(unfinished, 'underway');
    await openIn(folder).catch(() => {});
    expect(await readdir(backups)).toContain(basename(unfinished));
  });

  test('leaves what is written to another folder that its `backups` leads to', async () => {
    const [shared, folder] = [await newFolder(), await newFolder()];
    await mkdir(join(folder, 'data'));
    await symlink(shared, join(folder, 'data', 'backups'));
    await writeFile(unfinishedIn(shared), 'of another');
    await openIn(folder);
    expect(await readdir(shared)).toHaveLength(1);
  });

  test('a second owner is refused in one line that names the first', async () => {
    const folder = await newFolder();
    await openIn(folder);
    const refused = await openIn(folder).catch((error) => error);
    expect(refused).toBeInstanceOf(ConfigError);
    expect(refused.message).toStartWith('BYTESPIKE_DATA: ');
    expect(refused.message).toContain(`in use by process ${process.pid}`);
  });

  test('a file in its place is refused by name', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'data'), '');
    expect(((await openIn(folder).catch((error) => error)) as Error).message).toMatch(
      /^BYTESPIKE_DATA: .*cannot be used/,
    );
  });

  test('what is wrong with the lock or the way to the folder is told by name', async () => {
    const folder = await newFolder();
    await symlink('nowhere', join(folder, 'data'));
    await expect(openIn(folder)).rejects.toThrow(/^BYTESPIKE_DATA: .*cannot be used \(ENOENT\); allowed: /);
    await rm(join(folder, 'data'));
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'lock'), 'no database, but long enough for the header of one. '.repeat(100));
    await expect(openIn(folder)).rejects.toThrow(/^BYTESPIKE_DATA: .*cannot be used \(SQLITE_NOTADB\); allowed: /);
  });

  test('a control socket left by a killed process is replaced', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'data'), { mode: 0o700 });
    await writeFile(controlPath(join(folder, 'data')), '');
    const life = await openIn(folder);
    expect((await askControlStatus(life.dataFolder))?.pid).toBe(process.pid);
  });

  test('that cannot take the installation id is refused by name, and the process can end', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'data', 'installation-id.new'), { recursive: true });
    await expect(openIn(folder)).rejects.toThrow(/^BYTESPIKE_DATA: .*cannot be used/);
    expect(await askControlStatus(join(folder, 'data'))).toBeUndefined();
  });

  test('that has no room is told apart from one that is wrong', () => {
    const shown = (code: string) => asFolderError(Object.assign(new Error('hush'), { code }), '/books') as Error;
    for (const code of ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_BUSY']) {
      expect(shown(code)).toBeInstanceOf(UnavailableError);
      expect(shown(code).message).toMatch(
        new RegExp(`^BYTESPIKE_DATA: "/books" cannot be used now \\(${code}\\); see that [^\\n]*$`),
      );
    }
    for (const code of ['EACCES', 'EROFS', 'E2BIG', 'ERR_FS_EISDIR', 'SQLITE_NOTADB', 'SQLITE_CANTOPEN']) {
      expect(shown(code)).toBeInstanceOf(ConfigError);
    }
    const full = asFolderError(new StorageError('unavailable', 'the disk is full'), '/books');
    expect(full).toBeInstanceOf(UnavailableError);
    expect((full as Error).message).toContain('BYTESPIKE_DATA: "/books" cannot be used now (the disk is full); see');
    expect(asFolderError(new StorageError('unusable', 'is damaged'), '/books')).toBeInstanceOf(ConfigError);
  });

  test('is not blamed for an error of ours', () => {
    for (const code of ['ERR_INVALID_ARG_TYPE', 'ERR_STREAM_WRITE_AFTER_END', 'ExitCode']) {
      const error = Object.assign(new TypeError(), { code });
      expect(asFolderError(error, '/books')).toBe(error);
    }
  });

  test('keeps its installation id', async () => {
    const folder = await newFolder();
    const first = await installationId(folder);
    expect(first).toMatch(/^inst_[0-9a-f]{24}$/);
    expect(await installationId(folder)).toBe(first);
  });
});

describe('the control socket', () => {
  test('that cannot take its place is closed, and leaves nothing', async () => {
    const folder = await newFolder();
    const path = join(folder, 'data', 'control.sock');
    await mkdir(path, { recursive: true });
    await expect(openIn(folder)).rejects.toThrow(/^BYTESPIKE_DATA: .*cannot be used \(EISDIR\)/);
    expect(await Bun.file(join(folder, 'data', 'control.new')).exists()).toBe(false);
    await rm(path, { recursive: true });
    expect((await askControlStatus((await openIn(folder)).dataFolder))?.pid).toBe(process.pid);
  });

  test('of another process is left alone, where the folder was moved and made anew', async () => {
    const folder = await newFolder();
    const old = await openIn(folder);
    await rename(old.dataFolder, join(folder, 'moved'));
    const { dataFolder } = await openIn(folder);
    await old.dispose();
    expect((await askControlStatus(dataFolder))?.pid).toBe(process.pid);
  });

  const ask = (life: OwnedLifecycle, path: string) =>
    fetch(`http://control${path}`, { unix: controlPath(life.dataFolder) });

  test('answers 503 before there is a handler, then what the handler says', async () => {
    const life = await openIn(await newFolder());
    expect((await ask(life, '/api/v1/keys')).status).toBe(503);
    life.handleControl(async (request) => (request.url.endsWith('/keys') ? Response.json({ data: [] }) : undefined));
    expect(await (await ask(life, '/api/v1/keys')).json()).toEqual({ data: [] });
    expect((await ask(life, '/elsewhere')).status).toBe(404);
  });

  test('waits for a check of the whole ledger, however long that takes', async () => {
    // The runtime's shortest limit is longer than a test may be.
    const serve = spyOn(Bun, 'serve');
    await openIn(await newFolder());
    const [options] = serve.mock.calls[0] ?? [];
    serve.mockRestore();
    expect(options).toMatchObject({ idleTimeout: 0 });
  });

  test('a handler that throws tells no inner word', async () => {
    const life = await openIn(await newFolder());
    life.handleControl(async () => {
      throw new Error('hush');
    });
    const response = await ask(life, '/api/v1/keys');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hush');
  });
});

test('an error that nobody caught is counted and ends nothing', async () => {
  const folder = await newFolder();
  const metrics = createMetrics();
  const config = await loadConfig({ environment: { BYTESPIKE_DATA: 'data' }, workingFolder: folder });
  const before = process.listenerCount('unhandledRejection');
  const life = await openLifecycle({ config, log: silentLogger, metrics, exit: () => {} });
  process.emit('unhandledRejection', new Error('forgotten'), Promise.resolve());
  process.emit('uncaughtException', new Error('thrown'));
  await life.dispose();
  expect(metrics.expose()).toContain('bytespike_stray_errors_total{kind="rejection"} 1');
  expect(metrics.expose()).toContain('bytespike_stray_errors_total{kind="exception"} 1');
  expect(process.listenerCount('unhandledRejection')).toBe(before);
});

describe('stop signals', () => {
  function watch() {
    const listeners = new Map<string, (signal: string) => void>();
    const source = {
      on: (name: string, listener: (signal: string) => void) => void listeners.set(name, listener),
      off: (name: string) => void listeners.delete(name),
    };
    const exits: number[] = [];
    let time = 5_000;
    const signals = watchStopSignals({
      now: () => time,
      exitAtOnce: (code) => void exits.push(code),
      process: source as unknown as NodeJS.Process,
    });
    const send = (name: string, at: number) => {
      time = 5_000 + at;
      listeners.get(name)?.(name);
    };
    return { signals, exits, send };
  }

  test('within two seconds are one wish, a later one ends at once', () => {
    const { signals, exits, send } = watch();
    expect(signals.stopping.aborted).toBe(false);
    send('SIGINT', 0);
    expect(signals.stopping.reason).toBe('SIGINT');
    send('SIGINT', 10);
    send('SIGTERM', 2_000);
    expect(exits).toEqual([]);
    send('SIGTERM', 2_001);
    send('SIGINT', 3_000);
    expect(exits).toEqual([143, 130]);
  });
});

describe('drain', () => {
  const server = (parts: Partial<RunningServer>): RunningServer => ({
    url: '',
    drain: async () => {},
    close: async () => {},
    ...parts,
  });

  test('waits for answers, then closes, in this order', async () => {
    const steps: string[] = [];
    const code = await drain(
      server({ drain: async () => void steps.push('drain'), close: async () => void steps.push('close') }),
      { timeoutMs: 1_000, beforeClose: async () => void steps.push('control'), log: silentLogger },
    );
    expect([code, ...steps]).toEqual([0, 'drain', 'control', 'close']);
  });

  test('cuts what runs at the timeout and still ends well', async () => {
    let cutAfter = false;
    const untilCut = (cut: AbortSignal) =>
      new Promise<void>((resolve) => {
        cut.addEventListener('abort', () => {
          cutAfter = true;
          resolve();
        });
      });
    const code = await drain(server({ drain: untilCut }), {
      timeoutMs: 5,
      beforeClose: async () => {},
      log: silentLogger,
    });
    expect([code, cutAfter]).toEqual([0, true]);
  });

  test('a storage that cannot close is no good end', async () => {
    const broken = server({
      close: async () => {
        throw new Error('disk');
      },
    });
    expect(await drain(broken, { timeoutMs: 5, beforeClose: async () => {}, log: silentLogger })).toBe(1);
  });
});

describe('generated secrets', () => {
  const audience = (dataFolder: string, isTTY: boolean) => {
    const written: string[] = [];
    return {
      written,
      audience: { dataFolder, log: silentLogger, terminal: { isTTY, write: (text: string) => written.push(text) } },
    };
  };

  test('go to the terminal if there is one, and then into no file', async () => {
    const folder = await newFolder();
    const { written, audience: to } = audience(folder, true);
    await showGeneratedSecrets({ adminToken: 'A', bootstrapKey: 'B' }, to);
    expect(written.join('')).toMatch(/admin token +A\n +API key +B\n/);
    expect(await Bun.file(join(folder, 'first-start.txt')).exists()).toBe(false);
  });

  test('else go into a private file, each one kept', async () => {
    const folder = await newFolder();
    const { written, audience: to } = audience(folder, false);
    await showGeneratedSecrets({ adminToken: 'A-1' }, to);
    await showGeneratedSecrets({ bootstrapKey: 'B-2' }, to);
    const path = join(folder, 'first-start.txt');
    expect(await mode(path)).toBe(0o600);
    expect(await readFile(path, 'utf8')).toMatch(/A-1[\s\S]*B-2/);
    expect(written).toEqual([]);
  });

  test('are shown where a folder cannot be synced, but not where that fails', async () => {
    const folder = await newFolder();
    const { audience: to } = audience(folder, false);
    const handle = await open(folder, 'r');
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    for (const code of ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EIO']) {
      const sync = spyOn(prototype, 'sync');
      // The file's own, then the folder's.
      sync.mockResolvedValueOnce(undefined).mockRejectedValueOnce(Object.assign(new Error(), { code }));
      const shown = await showGeneratedSecrets({ adminToken: code }, to).catch((error) => error);
      expect(sync).toHaveBeenCalledTimes(2);
      sync.mockRestore();
      if (code === 'EIO') expect(shown).toMatchObject({ code });
      else expect(shown).toBeUndefined();
    }
  });

  test('are not mentioned when there are none', async () => {
    const folder = await newFolder();
    await showGeneratedSecrets({}, audience(folder, false).audience);
    expect(await Bun.file(join(folder, 'first-start.txt')).exists()).toBe(false);
  });
});
