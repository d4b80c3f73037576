import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { CONFIG_VARIABLE, settings } from '../src/config/settings.ts';
import { vendorVariables } from '../src/config/vendor-accounts.ts';
import { cleanUp, serving, workingFolder } from './support/gateway-process.ts';

const root = resolve(import.meta.dir, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const isExecutable = (path: string) => (statSync(path).mode & 0o111) !== 0;
const known = new Set<string>(Object.values(settings).map(({ variable }) => variable));

afterEach(cleanUp);

describe('the Dockerfile', () => {
  const instructions = read('Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));
  const all = (name: string) =>
    instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim());
  const inCheckout = (path: string) => path.replace(/^\/app\//, '');

  test('starts the server itself, in exec form, from files that exist', () => {
    const [entrypoint] = all('ENTRYPOINT');
    const command: string[] = JSON.parse(entrypoint!);
    expect(command[0]).toBe('/usr/local/bin/bun');
    for (const part of command.slice(1))
      expect(existsSync(join(root, inCheckout(part.replace('--config=', ''))))).toBe(true);
    expect(JSON.parse(all('CMD')[0]!)).toEqual(['serve']);
    const health: string[] = JSON.parse(/CMD (\[.*\])/.exec(all('HEALTHCHECK')[0]!)![1]!);
    expect(existsSync(join(root, inCheckout(health[1]!)))).toBe(true);
  });

  test('runs as an ordinary user and keeps its data in a volume', () => {
    expect(all('USER')).toEqual(['bytespike']);
    expect(instructions.findIndex((line) => line.startsWith('USER '))).toBeLessThan(
      instructions.findIndex((line) => line.startsWith('ENTRYPOINT ')),
    );
    expect(all('VOLUME')).toEqual(['/data']);
    expect(all('ENV')[0]).toContain('BYTESPIKE_DATA=/data');
  });

  test('does not open the listener by itself', () => {
    expect(read('Dockerfile')).not.toMatch(/BYTESPIKE_HOST=/);
  });

  test('copies what exists and what .dockerignore lets through', () => {
    const open = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    for (const copy of all('COPY').filter((line) => !line.startsWith('--from'))) {
      const sources = copy
        .split(/\s+/)
        .filter((part) => !part.startsWith('--'))
        .slice(0, -1);
      for (const source of sources) {
        expect(existsSync(join(root, source))).toBe(true);
        expect(open.some((path) => source === path || source.split('/')[0] === path)).toBe(true);
      }
    }
  });

  test('sets what the start script sets', () => {
    const script = read('bin/bytespike');
    expect(script).toContain('NODE_ENV=production');
    expect(all('ENV')[0]).toContain('NODE_ENV=production');
    const limit = /BUN_CONFIG_MAX_HTTP_REQUESTS:-(\d+)/.exec(script)![1];
    expect(all('ENV')[0]).toContain(`BUN_CONFIG_MAX_HTTP_REQUESTS=${limit}`);
  });
});

describe('compose.yaml', () => {
  const { services } = parse(read('compose.yaml'));

  test('publishes on loopback, asks for all addresses inside, with settings that exist', () => {
    const { gateway } = services;
    expect(gateway.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
    expect(gateway.environment.BYTESPIKE_HOST).toBe('0.0.0.0');
    for (const name of Object.keys(gateway.environment)) expect(known.has(name)).toBe(true);
    expect(gateway.volumes).toEqual(['data:/data']);
  });

  test('prints in docs and quickstarts the address that it publishes', () => {
    const [published] = /\$\{BYTESPIKE_PUBLISHED_PORT[^}]*\}/.exec(services.gateway.ports[0])!;
    expect(services.gateway.environment.BYTESPIKE_PUBLIC_URL).toContain(`http://127.0.0.1:${published}`);
  });

  test('gives the drain its time', () => {
    expect(Number.parseInt(services.gateway.stop_grace_period, 10) * 1000).toBeGreaterThan(
      settings.drainTimeoutMs.fallback,
    );
  });
});

describe('the systemd unit', () => {
  const lines = read('deploy/bytespike.service')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const value = (name: string) => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);

  test('is well formed', () => {
    for (const line of lines) expect(line).toMatch(/^(\[\w+\]|\w+=.*)$/);
    expect(lines.filter((line) => line.startsWith('['))).toEqual(['[Unit]', '[Service]', '[Install]']);
  });

  test('is enabled by its path: nobody has put it where systemd looks', () => {
    expect(read('deploy/bytespike.service')).toContain(
      'systemctl enable --now /opt/bytespike/deploy/bytespike.service',
    );
  });

  test('lets the gateway ask for the addresses of its machine, which are those of no upstream', () => {
    expect(value('RestrictAddressFamilies')!.split(' ')).toContain('AF_NETLINK');
  });

  test('starts a file that exists and knows the exit code of a wrong setting', () => {
    const [program, ...args] = value('ExecStart')!.replace('/opt/bytespike', root).split(' ');
    expect(isExecutable(program!)).toBe(true);
    expect(args).toEqual(['serve']);
    expect(value('RestartPreventExitStatus')).toBe('2');
    // Else systemd gives up after five starts within ten seconds.
    expect(Number(value('RestartSec'))).toBeGreaterThan(2);
    expect(Number(value('TimeoutStopSec')) * 1000).toBeGreaterThan(settings.drainTimeoutMs.fallback);
  });
});

describe('the README', () => {
  const readme = read('README.md');
  const told = new Map<string, string>();
  for (const [, names, values] of readme.matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+) \| (.+?) \|/gm)) {
    const defaults = values!.split(', ');
    for (const [at, name] of names!.split(', ').entries()) told.set(name.replaceAll('`', ''), defaults[at] ?? '');
  }

  test('has every setting with what holds when nobody sets it', () => {
    for (const { variable, fallback } of Object.values(settings)) {
      // Of a later release: to set it is refused.
      if (variable === 'BYTESPIKE_DATABASE_URL') continue;
      const isPlain = typeof fallback === 'string' || typeof fallback === 'number';
      const expected = isPlain ? `\`${fallback}\`` : expect.stringMatching(/^(none|generated|from the listener)$/);
      expect([variable, told.get(variable)]).toEqual([variable, expected]);
    }
  });

  test('has every variable of a vendor, and none that is not read', () => {
    const names = new Set(readme.match(/\b(BYTESPIKE|DEEPSEEK|OPENAI|ANTHROPIC|GEMINI)_[A-Z_]+/g));
    expect(vendorVariables.filter((name) => !names.has(name))).toEqual([]);
    // Of clients, in the examples.
    const ofClients = ['BYTESPIKE_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_MODEL', 'ANTHROPIC_SMALL_FAST_MODEL'];
    const read = new Set([...known, ...vendorVariables, CONFIG_VARIABLE, ...ofClients]);
    expect([...names].filter((name) => !read.has(name))).toEqual([]);
  });
});

describe('the health check', () => {
  const check = (environment: Record<string, string>, cwd = root) =>
    Bun.spawn([process.execPath, join(root, 'scripts', 'healthcheck.ts')], {
      cwd,
      env: environment,
      stdio: ['ignore', 'ignore', 'ignore'],
    }).exited;

  test('says yes to a gateway that answers and no to none', async () => {
    const server = await serving(await workingFolder());
    const { port } = new URL(server.url);
    expect(await check({ BYTESPIKE_PORT: port })).toBe(0);
    expect(await check({ BYTESPIKE_PORT: port, BYTESPIKE_HOST: '0.0.0.0' })).toBe(0);
    // The proxy is for upstreams.
    expect(await check({ BYTESPIKE_PORT: port, HTTP_PROXY: 'http://127.0.0.1:1' })).toBe(0);
    const folder = await workingFolder();
    await Bun.write(join(folder, 'bytespike.yaml'), `port: ${port}\n`);
    expect(await check({}, folder)).toBe(0);
    server.kill('SIGKILL');
    await server.exited;
    expect(await check({ BYTESPIKE_PORT: port })).toBe(1);
  });
});
