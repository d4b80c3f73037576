import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openMoney } from '../src/billing/open-money.ts';
import type { Command } from '../src/cli/command.ts';
import { runCommand } from '../src/cli/run-command.ts';
import { openDataFolder } from '../src/server/data-folder.ts';
import { bytespike, cleanUp, serving, workingFolder } from './support/gateway-process.ts';

const table: Record<string, { load: () => Promise<{ command: Command }> }> = {
  keys: { load: () => import('../src/cli/keys.ts') },
  groups: { load: () => import('../src/cli/groups.ts') },
  wallet: { load: () => import('../src/cli/wallet.ts') },
  models: { load: () => import('../src/cli/models.ts') },
  usage: { load: () => import('../src/cli/usage.ts') },
  admin: { load: () => import('../src/cli/admin.ts') },
  backup: { load: () => import('../src/cli/backup.ts') },
  doctor: { load: () => import('../src/cli/doctor.ts') },
};

/** Runs a command in this process. */
async function run(cwd: string, line: string, stdin = '') {
  const [name = '', ...args] = line.split(' ');
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(name, args, table, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    readStdin: async () => stdin,
    environment: {},
    workingFolder: cwd,
  });
  const text = out.join('');
  return { code, out: text, err: err.join(''), json: () => JSON.parse(text) };
}

/** What a command does is the same with a server and without one. */
function everyCommand(folder: () => string) {
  const $ = (line: string, stdin?: string) => run(folder(), line, stdin);

  test('keys: create, list, show, update, rotate, revoke', async () => {
    const created = await $(
      'keys create first --quota 5 --rate-limit-5h 1.5 --rpm 10 --ip-whitelist 10.0.0.0/8,::1 --models deepseek-v4-pro',
    );
    expect(created.out).toMatch(/^sk-byts-\w{36}\n$/);
    expect(created.err).toContain('shown this once');
    const { id } = (await $('keys list --name first --json')).json().data[0];
    expect((await $(`keys show ${id} --json`)).json()).toMatchObject({
      name: 'first',
      quota: '5',
      rate_limit_5h: '1.5',
      rpm: 10,
      ip_whitelist: ['10.0.0.0/8', '::1'],
      models: ['deepseek-v4-pro'],
    });
    expect((await $(`keys update ${id} --models all --ip-whitelist none --json`)).json()).toMatchObject({
      ip_whitelist: [],
      models: [],
    });
    expect((await $(`keys update ${id} --quota 0.000000001 --status disabled --json`)).json()).toMatchObject({
      quota: '0.000000001',
      rate_limit_5h: '1.5',
      status: 'disabled',
    });
    const evil = await $('keys create \x1b[2Jevil');
    expect([evil.err.includes('\x1b'), evil.err]).toEqual([
      false,
      expect.stringContaining('name must be one line of text'),
    ]);
    const own = 'an-own-secret-0123456789-0123456789';
    expect((await $(`keys rotate ${id} --custom-key -`, `${own}\n`)).out).toBe(`${own}\n`);
    expect((await $(`keys revoke ${id} --json`)).json().status).toBe('revoked');
    expect((await $('keys list')).out).toContain('revoked');
  });

  test('groups: create, update, list', async () => {
    expect((await $('groups create resale --models deepseek-v4-pro --multiplier 1.2 --json')).json().multiplier).toBe(
      '1.2',
    );
    expect((await $('groups update resale --models all --json')).json().models).toBeNull();
    expect((await $('groups')).out).toContain('resale');
  });

  test('wallet: show, topup, adjust, transactions', async () => {
    const before = Number((await $('wallet --json')).json().available_usd);
    expect((await $('wallet topup 12.5 --note gift --idempotency-key k1 --json')).json().amount_usd).toBe('12.5');
    expect((await $('wallet topup 12.5 --idempotency-key k1 --json')).json().repeated).toBe(true);
    expect((await $('wallet adjust --json -- -2.5')).json().amount_usd).toBe('-2.5');
    expect(Number((await $('wallet --json')).json().available_usd)).toBe(before + 10);
    expect((await $('wallet transactions --kind top_up')).out).toContain('gift');
  });

  test('admin: create, list, revoke, reset, audit', async () => {
    expect((await $('admin create alice')).out).toMatch(/^bytespike-admin-\w{36}\n$/);
    expect((await $('admin list')).out).toContain('alice');
    expect((await $('admin revoke alice --json')).json().status).toBe('revoked');
    expect((await $('admin reset')).out).toMatch(/^bytespike-admin-\w{36}\n$/);
    expect((await $('admin audit')).out).toContain('admin.create');
  });

  test('usage: rows and sums', async () => {
    expect((await $('usage --json')).json()).toEqual({ data: [], next_cursor: null });
    // Page by page in a shell's loop, whose variable is empty at first.
    expect((await $('usage --json --cursor=')).json()).toEqual({ data: [], next_cursor: null });
    // The head names each thing that is grouped by.
    const heads = async (groups: string) => (await $(`usage --group-by ${groups}`)).out.split(/\n/, 1)[0];
    expect(await heads('model')).toMatch(/^model +calls/);
    expect(await heads('day,model')).toMatch(/^day +model +calls/);
    expect(await heads('model,api_key,hour')).toMatch(/^hour +model +api key id +calls/);
    expect((await $('usage --group-by day,model')).out).toContain('total');
    // Whatever is charged by the token has its column.
    expect(await heads('model')).toMatch(/ input +cache read +cache write +output +cost usd$/);
  });

  test('backup and doctor', async () => {
    const written = await $('backup copy.db');
    expect(written.out).toBe(`${join(folder(), 'copy.db')}\n`);
    expect((await stat(join(folder(), 'copy.db'))).mode & 0o777).toBe(0o600);
    expect((await $('doctor')).out).toContain('the books are right');
    const again = await $('backup copy.db');
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('already')]);
  });

  test('what the API refuses is said in its words, with exit code 1', async () => {
    // What a variable that is not set leaves of an option lifts nothing.
    for (const line of ['keys create x --models ', 'keys update key_x --ip-whitelist ']) {
      const empty = await $(line);
      expect([empty.code, empty.err]).toEqual([2, expect.stringContaining(' has no value')]);
    }
    const refused = await $('keys create x --models nonsense');
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toMatch(/^bytespike keys: .*no model of the catalog.*\n$/);
  });
}

describe('without a server', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await workingFolder();
    const dataFolder = join(folder, 'data');
    await mkdir(dataFolder, { mode: 0o700 });
    await (await openMoney({ dataFolder, creditUsd: '100' })).close();
  });
  afterAll(cleanUp);
  everyCommand(() => folder);

  test('the folder is free again after a command', async () => {
    await run(folder, 'wallet');
    (await openDataFolder(join(folder, 'data'))).release();
  });
});

describe('with a server', () => {
  let folder = '';
  let url = '';
  beforeAll(async () => {
    folder = await workingFolder();
    ({ url } = await serving(folder));
  });
  afterAll(cleanUp);
  everyCommand(() => folder);

  test('what a command does acts on the next request', async () => {
    const { key, id } = (await run(folder, 'keys create live --json')).json();
    const ask = () => fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await ask()).status).toBe(200);
    await run(folder, `keys revoke ${id}`);
    expect((await ask()).status).toBe(401);
  });

  test('a key that is bound to other addresses opens nothing from here', async () => {
    const { key } = (await run(folder, 'keys create elsewhere --ip-whitelist 192.0.2.0/24 --json')).json();
    const ask = async (path: string, headers: object) => {
      const response = await fetch(url + path, { headers: { 'x-api-key': key, ...headers } });
      const { error } = (await response.json()) as { error: { type: string } };
      return [response.status, error.type, response.headers.has('request-id')];
    };
    for (const path of ['/v1/models', '/v1/models/deepseek-v4-pro']) {
      expect(await ask(path, {})).toEqual([403, 'permission_error', false]);
      expect(await ask(path, { 'anthropic-version': '2023-06-01' })).toEqual([403, 'permission_error', true]);
    }
  });
});

describe('a wrong command line', () => {
  afterEach(cleanUp);

  test.each([
    ['kyes list', 'did you mean keys?'],
    ['keys lst', 'did you mean list?'],
    ['keys create x --quoat 3', 'did you mean --quota?'],
    ['keys show', 'ID is missing'],
    ['keys update ID', 'nothing to change'],
    ['wallet topup 1e3', 'a decimal such as'],
    ['groups create g --exclusive maybe', 'yes or no'],
  ])('%s exits with 2 and a hint', async (line, hint) => {
    const result = await run('/nonexistent', line);
    expect([result.code, result.out]).toEqual([2, '']);
    expect(result.err).toContain(hint);
    expect(result.err.trimEnd()).not.toContain('\n');
  });

  test('a command in the wrong folder makes no new database', async () => {
    const folder = await workingFolder();
    const result = await run(folder, 'keys list');
    expect(result.code).toBe(2);
    expect(result.err).toStartWith('bytespike: BYTESPIKE_DATA: there is no folder');
    expect(await Bun.file(join(folder, 'data')).exists()).toBe(false);
  });

  test.each([
    ['nothing in it', undefined],
    ['an empty database', 'bytespike.db'],
    ['a backup under another name', 'bytespike-2026.db'],
  ])('nor in a folder with %s, whose books it would call right', async (_, file) => {
    const folder = await workingFolder();
    await mkdir(join(folder, 'data'));
    if (file !== undefined)
      await Bun.write(join(folder, 'data', file), file === 'bytespike.db' ? '' : 'SQLite format 3');
    for (const line of ['doctor', 'wallet show', 'keys list']) {
      const result = await run(folder, line);
      expect([line, result.code, result.out]).toEqual([line, 2, '']);
      expect(result.err).toStartWith('bytespike: BYTESPIKE_DATA: there is no database bytespike.db in ');
    }
    expect(Bun.file(join(folder, 'data', 'bytespike.db')).size).toBe(0);
  });
});

describe('models', () => {
  test('lists the catalog, shows one by alias, names the nearest', async () => {
    expect((await run('/nonexistent', 'models')).out).toMatch(/deepseek-v4-pro +deepseek +65536 +16384 +0\.435/);
    expect((await run('/nonexistent', 'models deepseek-v4-pro[1m] --json')).json().id).toBe('deepseek-v4-pro');
    // A write without a price of its own costs what the bill charges for it.
    const { out } = await run('/nonexistent', 'models deepseek-v4-pro');
    expect(out).toMatch(/cache write 5m +0\.435\ncache write 1h +0\.435\n/);
    const unknown = await run('/nonexistent', 'models deepseek-v4-por');
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('deepseek-v4-pro')]);
  });
});

describe('the process', () => {
  afterEach(cleanUp);

  test('has help for everything and a version', async () => {
    const cwd = await workingFolder();
    const overview = bytespike(['--help'], cwd);
    const commands = [...(await overview.stdout()).matchAll(/^ {2}(\w+) {2}/gm)].map(([, name]) => name!);
    expect(commands).toEqual(expect.arrayContaining([...Object.keys(table), 'serve', 'sim']));
    for (const command of commands) {
      const help = bytespike([command, '--help'], cwd);
      expect(await help.stdout()).toStartWith(`usage: bytespike ${command}`);
      expect(await help.exited).toBe(0);
    }
    expect(await bytespike(['--version'], cwd).stdout()).toMatch(/^bytespike \d+\.\d+\.\d+\n$/);
  });

  test('fails without a stack where nobody reads, or nothing can be written', async () => {
    // A pipe whose reader has gone.
    const noReader = 'mkfifo pipe && exec 3<>pipe && exec 1>pipe && exec 3<&-';
    const deserted = bytespike(['models', '--json'], await workingFolder(), {}, noReader);
    expect([await deserted.exited, await deserted.stderr()]).toEqual([1, '']);
    const full = bytespike(['models'], await workingFolder(), {}, 'exec >/dev/full');
    expect([await full.exited, await full.stderr()]).toEqual([1, 'bytespike: the output cannot be written (ENOSPC)\n']);
  });

  // No server of names has to be asked for either: no address has such a zone, no name a label of more than 63 characters.
  test.each(['fe80::1%nope', `${'x'.repeat(64)}.invalid`])(
    'says of a host for the simulator that there is none: %s',
    async (host) => {
      const sim = bytespike(['sim', '--port', '0', '--host', host], await workingFolder());
      expect(await sim.exited).toBe(2);
      expect(await sim.stderr()).toMatch(/^bytespike sim: --host and --port cannot be listened on[^\n]*\n$/);
    },
  );

  test('runs the simulator alone until it is told to stop', async () => {
    const sim = bytespike(['sim', '--port', '0', '--tokens-per-second', '0'], await workingFolder());
    const url = /simulator at (http:\S+):/.exec(await sim.line(/simulator at/))![1];
    const answer = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'deepseek-v4-pro', messages: [{ role: 'user', content: 'hello' }] }),
    });
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
    sim.kill('SIGTERM');
    expect(await sim.exited).toBe(0);
  });
});
