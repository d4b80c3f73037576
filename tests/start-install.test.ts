import { afterEach, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cleanUp, workingFolder } from './support/gateway-process.ts';

afterEach(cleanUp);

const repository = resolve(import.meta.dir, '..');

/** Stands in for npm: notes how it was called and lays out what the real one would. */
const fakeNpm = `#!/bin/sh
set -eu
echo "$*" >>"$NPM_CALLS"
echo 'added 6 packages'
mkdir running || { echo 'two at once' >&2; exit 9; }
[ -z "\${NPM_HANGS:-}" ] || { echo $$ >"$NPM_HANGS"; exec sleep 60; }
sleep "\${NPM_SECONDS:-0}"
[ "$1" != ci ] || rm -rf node_modules
mkdir -p node_modules/bun/bin
case "\${NPM_LAYOUT:-postinstalled}" in
  postinstalled) ln -sf "$REAL_BUN" node_modules/bun/bin/bun.exe ;;
  no-scripts)
    printf '#!/bin/sh\\nexit 1\\n' >node_modules/bun/bin/bun.exe
    chmod +x node_modules/bun/bin/bun.exe
    mkdir -p node_modules/@oven/bun-other-musl/bin node_modules/@oven/bun-this/bin
    printf '#!/bin/sh\\nexit 127\\n' >node_modules/@oven/bun-other-musl/bin/bun
    chmod +x node_modules/@oven/bun-other-musl/bin/bun
    ln -sf "$REAL_BUN" node_modules/@oven/bun-this/bin/bun ;;
esac
case "$*" in *--include=dev*) mkdir -p node_modules/typescript ;; esac
echo '{}' >node_modules/.package-lock.json
rmdir running
`;

interface Checkout {
  folder: string;
  run: (script: string[], environment?: Record<string, string>) => ReturnType<typeof start>;
  npmCalls: () => Promise<string[]>;
  environment: Record<string, string>;
}

/** A fresh clone with a program that only says that it runs. */
async function checkout(): Promise<Checkout> {
  const folder = join(await workingFolder(), 'a clone');
  const tools = join(folder, '..', 'tools');
  await mkdir(join(folder, 'src'), { recursive: true });
  await mkdir(tools);
  for (const part of ['bin', 'scripts', 'bunfig.toml', 'package-lock.json']) {
    await cp(join(repository, part), join(folder, part), { recursive: true });
  }
  await writeFile(
    join(folder, 'src', 'main.ts'),
    'console.log(JSON.stringify({ args: process.argv.slice(2), limit: process.env.BUN_CONFIG_MAX_HTTP_REQUESTS, mode: process.env.NODE_ENV, cwd: process.cwd() })); process.exitCode = 7;',
  );
  await writeFile(join(tools, 'npm'), fakeNpm);
  await chmod(join(tools, 'npm'), 0o755);
  const calls = join(folder, '..', 'npm-calls');
  await writeFile(calls, '');
  const environment = { PATH: `${tools}:/usr/bin:/bin`, HOME: tools, NPM_CALLS: calls, REAL_BUN: process.execPath };
  return {
    folder,
    environment,
    run: (script, more = {}) => start(script, folder, { ...environment, ...more }),
    npmCalls: async () => (await readFile(calls, 'utf8')).split('\n').filter((line) => line !== ''),
  };
}

async function start(script: string[], cwd: string, env: Record<string, string>) {
  const child = Bun.spawn(['sh', ...script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, code };
}

const installed = (folder: string, name: string) =>
  lstat(join(folder, 'node_modules', name)).then(
    () => true,
    () => false,
  );

test('the first start installs production packages quietly, later ones nothing', async () => {
  const { folder, run, npmCalls } = await checkout();
  const first = await run(['bin/bytespike', 'serve', 'two words']);
  expect(first.code).toBe(7);
  // Whatever the installer says, stdout belongs to the command.
  expect(JSON.parse(first.stdout)).toEqual({
    args: ['serve', 'two words'],
    limit: '65000',
    mode: 'production',
    cwd: folder,
  });
  expect(first.stderr).toContain('installing packages (production)');
  const second = await run(['bin/bytespike']);
  expect([second.code, second.stderr]).toEqual([7, '']);
  const calls = await npmCalls();
  expect(calls).toHaveLength(1);
  expect(calls[0]).toStartWith('ci --omit=dev');
});

test('the command works through a link and from another folder', async () => {
  const { folder, run } = await checkout();
  const link = join(folder, '..', 'linked');
  await symlink('a clone/bin/bytespike', link);
  expect((await run([link, 'x'])).code).toBe(7);
  expect(await installed(folder, '.bin/bytespike')).toBe(true);
  expect((await run([join(folder, 'node_modules/.bin/bytespike'), 'x'])).code).toBe(7);
});

test('development packages come on top of what is there, and stay', async () => {
  const { folder, run, npmCalls } = await checkout();
  await run(['bin/bytespike']);
  await writeFile(join(folder, 'node_modules', 'in-use'), '');
  const development = await run(['scripts/install.sh', 'development']);
  expect(development.stdout.trim()).toBe(join(folder, 'node_modules/.bytespike/bun'));
  expect(await installed(folder, 'in-use')).toBe(true);
  await run(['bin/bytespike']);
  await run(['scripts/install.sh', 'development']);
  // Another lock file, as after a pull: still with development packages.
  await writeFile(join(folder, 'package-lock.json'), '{"other":1}');
  await run(['bin/bytespike']);
  expect((await npmCalls()).map((call) => call.split(' ').slice(0, 3).join(' '))).toEqual([
    'ci --omit=dev --no-audit',
    'install --no-save --include=dev',
    'install --no-save --include=dev',
  ]);
});

test('with install scripts switched off the binary of the platform is found', async () => {
  const { run } = await checkout();
  expect((await run(['bin/bytespike'], { NPM_LAYOUT: 'no-scripts' })).code).toBe(7);
  expect((await run(['bin/bytespike'])).code).toBe(7);
});

test('a platform without a binary is told, not half installed', async () => {
  const { run, npmCalls } = await checkout();
  const failed = await run(['bin/bytespike'], { NPM_LAYOUT: 'nothing' });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('there is no Bun for this platform');
  expect((await run(['bin/bytespike'])).code).toBe(7);
  expect(await npmCalls()).toHaveLength(2);
});

test('starts at the same time install once', async () => {
  const { run, npmCalls } = await checkout();
  const slow = { NPM_SECONDS: '0.3' };
  const runs = await Promise.all([1, 2, 3, 4].map(() => run(['bin/bytespike'], slow)));
  expect(runs.map(({ code }) => code)).toEqual([7, 7, 7, 7]);
  expect(await npmCalls()).toHaveLength(1);
});

test('the lock of a process that is gone does not stand in the way', async () => {
  const { folder, run } = await checkout();
  const gone = Bun.spawn(['true']);
  await gone.exited;
  await symlink(String(gone.pid), join(folder, '.install.lock'));
  expect((await run(['bin/bytespike'])).code).toBe(7);
  expect(await Bun.file(join(folder, '.install.lock')).exists()).toBe(false);
});

test.skipIf(!existsSync('/proc/self'))(
  'nor does that of one whose number another process has now (skipped where there is no /proc)',
  async () => {
    const { folder, run } = await checkout();
    await symlink(String(process.pid), join(folder, '.install.lock'));
    expect((await run(['bin/bytespike'])).code).toBe(7);
  },
);

test('nor does that of one whose number is now that of who waits for it', async () => {
  const { folder, run } = await checkout();
  // A container that begins anew gives the same numbers again.
  const waits = run(['-c', 'ln -s $$ .install.lock && exec sh scripts/install.sh production']);
  const ended = await Promise.race([waits, Bun.sleep(10_000)]);
  if (ended === undefined) await rm(join(folder, '.install.lock'));
  expect((await waits).code).toBe(0);
  expect(ended).toBeDefined();
});

test('who waits for another installation says for which', async () => {
  const { folder, environment } = await checkout();
  const other = Bun.spawn(['sleep', '60'], { cwd: folder });
  await symlink(String(other.pid), join(folder, '.install.lock'));
  const waits = Bun.spawn(['sh', 'bin/bytespike'], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  for await (const text of waits.stderr.pipeThrough(new TextDecoderStream())) {
    told += text;
    if (told.includes(`waiting for process ${other.pid}, `)) other.kill();
  }
  expect(await waits.exited).toBe(7);
  expect(told.split('waiting for process')).toHaveLength(2);
});

test('a failing npm is told and leaves nothing that looks installed', async () => {
  const { folder, run } = await checkout();
  await mkdir(join(folder, 'running'));
  const failed = await run(['bin/bytespike']);
  expect([failed.code, failed.stdout]).toEqual([1, '']);
  expect(failed.stderr).toContain('npm could not install the packages');
  await rm(join(folder, 'running'), { recursive: true });
  expect((await run(['bin/bytespike'])).code).toBe(7);
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s while packages are installed ends the installer with it, and leaves no lock', async (signal, code) => {
  const { folder, environment, run } = await checkout();
  const note = join(folder, '..', 'npm-pid');
  const child = Bun.spawn(['sh', 'bin/bytespike'], {
    cwd: folder,
    env: { ...environment, NPM_HANGS: note },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const npmPid = async () => Number(await readFile(note, 'utf8').catch(() => ''));
  while ((await npmPid()) === 0) await Bun.sleep(5);
  child.kill(signal);
  expect(await child.exited).toBe(code);
  const pid = await npmPid();
  expect(() => process.kill(pid, 0)).toThrow();
  expect(await lstat(join(folder, '.install.lock')).catch(() => undefined)).toBeUndefined();
  await rm(join(folder, 'running'), { recursive: true });
  expect((await run(['bin/bytespike'])).code).toBe(7);
});
