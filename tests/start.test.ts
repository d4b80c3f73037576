import { Database } from 'bun:sqlite';
import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { askControlStatus } from '../src/server/control-socket.ts';
import { bytespike, cleanUp, serving, workingFolder } from './support/gateway-process.ts';
import { chatAnswer, scriptedUpstream } from './support/scripted-upstream.ts';

afterEach(cleanUp);

const KEY = 'sk-byts-bootstrap-key-of-a-test-0000000000';

describe('a start', () => {
  test('hands over by exec, answers, and ends with 0 at SIGTERM', async () => {
    const cwd = await workingFolder();
    const server = await serving(cwd);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    // The process that was started as a shell script is the server now.
    expect((await askControlStatus(join(cwd, 'data')))?.pid).toBe(server.pid);
    server.kill('SIGTERM');
    expect(await server.exited).toBe(0);
    expect(await server.stdout()).toBe('');
    expect(existsSync(join(cwd, 'data', 'control.sock'))).toBe(false);
  });

  test('keeps generated secrets out of the log and in a private file', async () => {
    const cwd = await workingFolder();
    const server = await serving(cwd);
    server.kill('SIGINT');
    expect(await server.exited).toBe(0);
    const path = join(cwd, 'data', 'first-start.txt');
    const secrets = (await readFile(path, 'utf8')).match(/(sk-byts|bytespike-admin)-\w+/g) ?? [];
    expect(secrets).toHaveLength(2);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const log = await server.stderr();
    expect(log).toContain(path);
    for (const secret of secrets) expect(log).not.toContain(secret);
  });

  test('is refused while another process holds the data folder, and works after kill -9 of that one', async () => {
    const cwd = await workingFolder();
    const first = await serving(cwd);
    const second = bytespike(['serve'], cwd, { BYTESPIKE_PORT: '0' });
    expect(await second.exited).toBe(2);
    expect(await second.stderr()).toMatch(/^bytespike: BYTESPIKE_DATA: [^\n]*in use by process \d+[^\n]*\n$/);
    first.kill('SIGKILL');
    await first.exited;
    const third = await serving(cwd);
    expect((await fetch(`${third.url}/healthz`)).status).toBe(200);
  });

  test('warns of an upstream that serves nothing, and says why the simulator answers', async () => {
    const cwd = await workingFolder();
    const upstream = '{ name: b, vendor: deepseak, protocol: chat-completions, base_url: "http://127.0.0.1:9" }';
    await Bun.write(join(cwd, 'bytespike.yaml'), `upstreams: [${upstream}]\nsimulator: on\n`);
    const server = await serving(cwd);
    expect(await server.line(/upstream\.simulator/)).toContain('BYTESPIKE_SIMULATOR is on');
    expect(await server.line(/config\.warning/)).toContain(
      'the upstream b serves no model: no card names the vendor deepseak on chat-completions',
    );
  });

  test('is refused on a port that is taken, in one line', async () => {
    const taken = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() });
    const server = bytespike(['serve'], await workingFolder(), { BYTESPIKE_PORT: String(taken.port) });
    expect(await server.exited).toBe(2);
    expect(await server.stderr()).toMatch(/^bytespike: BYTESPIKE_PORT: [^\n]+\n$/);
    await taken.stop(true);
  });

  test.each(['nope.invalid', 'fe80::1%nope'])('is refused on %s, which this machine is not', async (host) => {
    const server = bytespike(['serve', '--host', host], await workingFolder());
    expect(await server.exited).toBe(2);
    expect(await server.stderr()).toMatch(/^bytespike: BYTESPIKE_HOST: [^\n]+ cannot be bound[^\n]+\n$/);
  });

  test('is refused on the port of another gateway, which would else share its calls', async () => {
    const first = await serving(await workingFolder());
    const second = bytespike(['serve'], await workingFolder(), { BYTESPIKE_PORT: new URL(first.url).port });
    expect(await second.line(/^bytespike: |server\.started/)).toMatch(/^bytespike: BYTESPIKE_PORT: \d+ is in use/);
    expect(await second.exited).toBe(2);
  });

  test('makes no secret that it cannot show, says so in one line, and makes others once it can', async () => {
    const cwd = await workingFolder();
    const data = join(cwd, 'data');
    // What cannot be opened for writing.
    await mkdir(join(data, 'first-start.txt'), { recursive: true });
    const server = bytespike(['serve'], cwd, { BYTESPIKE_PORT: '0' });
    expect(await server.exited).toBe(2);
    expect(await server.stderr()).toMatch(
      /^bytespike: BYTESPIKE_DATA: [^\n]*cannot be used \(EISDIR\); allowed: [^\n]*\n$/,
    );
    await rmdir(join(data, 'first-start.txt'));
    const next = await serving(cwd);
    const secrets = (await readFile(join(data, 'first-start.txt'), 'utf8')).match(/sk-byts-\w+/g) ?? [];
    expect(secrets).toHaveLength(1);
    expect((await fetch(`${next.url}/v1/models`, { headers: { 'x-api-key': secrets[0]! } })).status).toBe(200);
  });

  test('that cannot bind its control socket ends, in one line', async () => {
    const cwd = await workingFolder();
    await mkdir(join(cwd, 'data', 'control.sock'), { recursive: true });
    const server = bytespike(['serve'], cwd, { BYTESPIKE_PORT: '0' });
    expect(await server.exited).toBe(2);
    expect(await server.stderr()).toMatch(/^bytespike: BYTESPIKE_DATA: [^\n]*cannot be used \(EISDIR\)[^\n]*\n$/);
    expect(existsSync(join(cwd, 'data', 'control.new'))).toBe(false);
  });

  /** A real full disk, where this user may mount a file system of their own. */
  const canMount = Bun.spawnSync(['unshare', '-m', 'true'], { stderr: 'ignore' }).success;
  test.skipIf(!canMount).each([
    ['room', 'size=64k', 'the disk is full [^\n]*'],
    ['another file', 'nr_inodes=1', 'ENOSPC'],
  ])(
    'on a disk without %s ends with 1, for it may have that later, in one line (skipped where this user may not mount one)',
    async (_, limit, reason) => {
      const cwd = await workingFolder();
      await mkdir(join(cwd, 'data'));
      const script = 'mount -t tmpfs -o "$1" none data && exec sh "$2" serve';
      const { PATH = '' } = process.env;
      const server = Bun.spawn(
        ['unshare', '-m', 'sh', '-c', script, 'sh', limit, resolve(import.meta.dir, '..', 'bin', 'bytespike')],
        { cwd, env: { PATH, BYTESPIKE_PORT: '0' }, stdio: ['ignore', 'ignore', 'pipe'] },
      );
      expect(await new Response(server.stderr).text()).toMatch(
        new RegExp(
          `^bytespike: BYTESPIKE_DATA: "[^"\\n]*/data" cannot be used now \\(${reason}\\); see that [^\\n]*\\n$`,
        ),
      );
      expect(await server.exited).toBe(1);
    },
  );

  test('has written the generated secrets before its first answer', async () => {
    const cwd = await workingFolder();
    const free = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() });
    const { port } = free;
    await free.stop(true);
    const server = bytespike(['serve'], cwd, { BYTESPIKE_PORT: String(port) });
    let ended = false;
    void server.exited.then(() => {
      ended = true;
    });
    const answered = async () => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.ok === true;
    while (!ended && !(await answered()));
    expect(existsSync(join(cwd, 'data', 'first-start.txt'))).toBe(true);
  });

  test('is refused where an upstream is said to serve a model that no card has', async () => {
    const cwd = await workingFolder();
    await writeFile(
      join(cwd, 'bytespike.yaml'),
      'upstreams: [{name: local, vendor: vllm, protocol: chat-completions, base_url: "http://127.0.0.1:1/v1", ' +
        'models: {deepseek-v4-por: mine}}]\n',
    );
    const server = bytespike(['serve'], cwd, { BYTESPIKE_PORT: '0' });
    expect(await server.line(/^bytespike: |server\.started/)).toMatch(
      /^bytespike: bytespike\.yaml: upstreams\[0\]\.models: .*deepseek-v4-por.*deepseek-v4-pro\?; allowed: /,
    );
    expect(await server.exited).toBe(2);
  });

  test('is refused where a price is for no model, with the models and no second advice', async () => {
    const cwd = await workingFolder();
    await writeFile(join(cwd, 'own.yaml'), 'prices: {deepseek-v4-por: {input: 1}}\n');
    const server = bytespike(['serve'], cwd, { BYTESPIKE_PORT: '0', BYTESPIKE_CONFIG: 'own.yaml' });
    expect(await server.line(/^bytespike: |server\.started/)).toMatch(
      /^bytespike: catalog: own\.yaml: prices\.deepseek-v4-por is no model; allowed are claude-[^;]*$/,
    );
    expect(await server.exited).toBe(2);
  });

  test.each([
    [{ BYTESPIKE_PORT: 'eighty' }, 'BYTESPIKE_PORT'],
    [{ BYTESPIKE_ADMIN_TOKEN: 'short' }, 'BYTESPIKE_ADMIN_TOKEN'],
    [{ OPENAI_API_KEY: 'sk-byts-000000000000000000000000000000' }, 'OPENAI_API_KEY'],
    [{ ANTHROPIC_BASE_URL: 'http://localhost:8787' }, 'ANTHROPIC_BASE_URL'],
    [{ BYTESPIKE_CONFIG: 'nowhere.yaml' }, 'BYTESPIKE_CONFIG'],
  ] as [Record<string, string>, string][])('with %p exits with 2 and one line', async (environment, name) => {
    const cwd = await workingFolder();
    const server = bytespike(['serve'], cwd, environment);
    expect(await server.exited).toBe(2);
    expect(await server.stderr()).toMatch(new RegExp(`^bytespike: ${name}: [^\\n]+; allowed: [^\\n]+\\n$`));
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });

  test('whose first secret is that of another key ends with 2, and has changed nothing', async () => {
    const cwd = await workingFolder();
    const first = await serving(cwd, { BYTESPIKE_BOOTSTRAP_KEY: KEY });
    const other = 'sk-byts-key-of-somebody-else-0000000000000';
    const made = bytespike(['keys', 'create', 'other', '--custom-key', other], cwd);
    expect(await made.exited).toBe(0);
    first.kill('SIGTERM');
    await first.exited;
    const second = bytespike(['serve'], cwd, { BYTESPIKE_PORT: '0', BYTESPIKE_BOOTSTRAP_KEY: other });
    expect(await second.exited).toBe(2);
    expect(await second.line(/^bytespike: /)).toMatch(/^bytespike: BYTESPIKE_BOOTSTRAP_KEY: [^\n]+; allowed: /);
    const third = await serving(cwd, { BYTESPIKE_BOOTSTRAP_KEY: KEY });
    const models = await fetch(`${third.url}/v1/models`, { headers: { 'x-api-key': KEY } });
    expect(models.status).toBe(200);
  });

  test('is refused by name on a database of a newer release, and on a damaged one', async () => {
    const cwd = await workingFolder();
    const first = await serving(cwd);
    first.kill('SIGTERM');
    await first.exited;
    const path = join(cwd, 'data', 'bytespike.db');
    const db = new Database(path);
    db.run('PRAGMA user_version = 999');
    db.close();
    const says = { serve: [2, 'bytespike: BYTESPIKE_DATA'], doctor: [1, 'bytespike doctor'] } as const;
    for (const [command, [code, begin]] of Object.entries(says)) {
      const newer = bytespike([command], cwd, { BYTESPIKE_PORT: '0' });
      expect(await newer.exited).toBe(code);
      expect(await newer.stderr()).toMatch(
        new RegExp(`^${begin}: [^\\n]*schema version 999[^\\n]*start the newer release[^\\n]*\\n$`),
      );
    }
    await writeFile(path, 'no database, but long enough to have a header of one hundred bytes '.repeat(100));
    for (const [command, [code, begin]] of Object.entries(says)) {
      const damaged = bytespike([command], cwd, { BYTESPIKE_PORT: '0' });
      expect(await damaged.exited).toBe(code);
      expect(await damaged.stderr()).toMatch(
        new RegExp(`^${begin}: the database file is damaged[^\\n]*put a backup in its place\\n$`),
      );
    }
  });

  test('reads .env and no other file of that kind, and leaves the word to the environment', async () => {
    const cwd = await workingFolder();
    await writeFile(join(cwd, '.env.local'), 'BYTESPIKE_LOG=nonsense\n');
    await writeFile(join(cwd, '.env.production'), 'BYTESPIKE_LOG=nonsense\n');
    await writeFile(join(cwd, '.env'), 'BYTESPIKE_DATA=elsewhere\nBYTESPIKE_LOG=nonsense\n');
    const server = await serving(cwd, { BYTESPIKE_LOG: 'info' });
    expect((await askControlStatus(join(cwd, 'elsewhere')))?.url).toBe(server.url);
  });
});

describe('a stop', () => {
  /** Starts a streamed answer of about a second and resolves when its first frame is here. */
  async function slowAnswer(url: string, signal: AbortSignal | null = null) {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      signal,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', 'x-sim-fault': 'slow=20ms' },
      body: JSON.stringify({
        model: 'deepseek-v4-pro',
        stream: true,
        max_tokens: 60,
        thinking: { type: 'disabled' },
        messages: [{ role: 'user', content: 'Tell me about rivers.' }],
      }),
    });
    expect(response.status).toBe(200);
    const reader = response.body!.getReader();
    let text = new TextDecoder().decode((await reader.read()).value);
    return {
      rest: async () => {
        for (let part = await reader.read(); !part.done; part = await reader.read())
          text += new TextDecoder().decode(part.value);
        return text;
      },
    };
  }

  test('lets running answers end and takes no new ones; signals close together are one', async () => {
    const server = await serving(await workingFolder(), { BYTESPIKE_BOOTSTRAP_KEY: KEY });
    const answer = await slowAnswer(server.url);
    server.kill('SIGINT');
    server.kill('SIGTERM');
    await server.line(/"event":"server.stopping"/);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
    expect(await answer.rest()).toContain('data: [DONE]');
    expect(await server.exited).toBe(0);
  });

  test('ends with an error what still runs at the drain timeout, unbilled, and with 0 all the same', async () => {
    const server = await serving(await workingFolder(), {
      BYTESPIKE_BOOTSTRAP_KEY: KEY,
      BYTESPIKE_DRAIN_TIMEOUT_MS: '50',
    });
    const answer = await slowAnswer(server.url);
    server.kill('SIGTERM');
    const text = await answer.rest();
    expect(text).toMatch(/data: \{"error":.*"no_available_upstream".*\n\n$/);
    expect(text).not.toContain('[DONE]');
    expect(await server.exited).toBe(0);
    const log = await server.stderr();
    expect(log).toContain('"event":"server.cut"');
    expect(log).toContain('"outcome":"failed"');
    expect(log).not.toContain('client_left');
  });

  test('charges a client that leaves meanwhile before it ends, also where its tokens are still counted', async () => {
    await using upstream = await scriptedUpstream();
    // More than is counted on the spot.
    upstream.enqueue(
      chatAnswer([
        { id: 'x', choices: [{ index: 0, delta: { content: 'Rivers run. '.repeat(500) }, finish_reason: null }] },
        'stall',
      ]),
    );
    const server = await serving(await workingFolder(), {
      BYTESPIKE_BOOTSTRAP_KEY: KEY,
      DEEPSEEK_API_KEY: 'upstream-credential',
      DEEPSEEK_BASE_URL: upstream.url,
    });
    const leave = new AbortController();
    const answer = await slowAnswer(server.url, leave.signal);
    server.kill('SIGTERM');
    await server.line(/"event":"server.stopping"/);
    leave.abort();
    expect(await server.exited).toBe(0);
    expect(await server.stderr()).toMatch(/"event":"request".*"outcome":"client_left".*"cost_usd":"0\.00\d/);
    await expect(answer.rest()).rejects.toThrow();
  });
});
