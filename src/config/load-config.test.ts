import { afterEach, describe, expect, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig, locateDataFolder } from './load-config.ts';
import { folderWith, load, refusal, removeFolders } from './test-bench.ts';

afterEach(removeFolders);

describe('defaults', () => {
  test('are those of the contract', async () => {
    const workingFolder = await folderWith();
    expect(await loadConfig({ environment: {}, workingFolder })).toMatchObject({
      host: '127.0.0.1',
      port: 8787,
      publicUrl: undefined,
      trustedProxies: [],
      corsOrigins: [],
      dataFolder: join(workingFolder, 'data'),
      adminToken: undefined,
      bootstrapKey: undefined,
      bootstrapCreditUsd: '100',
      simulator: 'auto',
      logLevel: 'info',
      timeouts: { connectMs: 10_000, firstByteMs: 600_000, idleMs: 300_000, clientStallMs: 60_000 },
      drainTimeoutMs: 30_000,
      upstreams: [],
      catalogFolder: undefined,
      priceOverrides: {},
      warnings: [],
    });
  });

  test('an empty variable counts as not set', async () => {
    const config = await load({ BYTESPIKE_PORT: '', BYTESPIKE_HOST: '  ', DEEPSEEK_API_KEY: '' });
    expect([config.port, config.host, config.upstreams]).toEqual([8787, '127.0.0.1', []]);
  });
});

describe('precedence', () => {
  const files = {
    '.env': 'BYTESPIKE_PORT=2000\nBYTESPIKE_LOG="debug"\n',
    'bytespike.yaml': 'port: 3000\nlog: warn\nsimulator: off\n',
  };

  test('environment, .env, bytespike.yaml, default', async () => {
    const config = await load({ BYTESPIKE_PORT: '1000' }, files);
    expect([config.port, config.logLevel, config.simulator, config.host]).toEqual([1000, 'debug', 'off', '127.0.0.1']);
    expect(config.origins).toMatchObject({
      BYTESPIKE_PORT: 'environment',
      BYTESPIKE_LOG: '.env',
      BYTESPIKE_SIMULATOR: 'bytespike.yaml',
      BYTESPIKE_HOST: 'default',
    });
  });

  test('an empty variable of the environment leaves the word to .env', async () => {
    expect((await load({ BYTESPIKE_PORT: '' }, files)).port).toBe(2000);
  });

  test('BYTESPIKE_CONFIG names another file, also from .env, and its relative paths start from it', async () => {
    const workingFolder = await folderWith({ '.env': 'BYTESPIKE_CONFIG=sub/gateway.yaml' });
    await mkdir(join(workingFolder, 'sub', 'cards'), { recursive: true });
    await writeFile(join(workingFolder, 'sub', 'gateway.yaml'), 'port: 4000\ndata: here\ncatalog: ./cards\n');
    const config = await loadConfig({ environment: {}, workingFolder });
    expect([config.port, config.dataFolder, config.catalogFolder]).toEqual([
      4000,
      join(workingFolder, 'sub', 'here'),
      join(workingFolder, 'sub', 'cards'),
    ]);
    expect(await locateDataFolder({ environment: {}, workingFolder })).toBe(join(workingFolder, 'sub', 'here'));
    expect(await locateDataFolder({ environment: { BYTESPIKE_DATA: 'there' }, workingFolder })).toBe(
      join(workingFolder, 'there'),
    );
  });

  test('the file holds lists and vendor settings too', async () => {
    const yaml = 'trusted_proxies: [10.0.0.0/8, "::1"]\ndeepseek_api_key: sk-from-file\nbootstrap_credit_usd: 12.50\n';
    const config = await load({}, { 'bytespike.yaml': yaml });
    expect(config.trustedProxies).toEqual(['10.0.0.0/8', '::1']);
    expect(config.bootstrapCreditUsd).toBe('12.50');
    expect(config.upstreams[0]).toMatchObject({
      credential: 'sk-from-file',
      credentialOrigin: 'bytespike.yaml:DEEPSEEK_API_KEY',
    });
  });
});

test('what looks like a number in the file is read as it is written', async () => {
  const yaml = 'bootstrap_credit_usd: 100000000.123456789\ndata: 1.10\nopenai_api_key: 0123\nport: 09000\n';
  const config = await load({}, { 'bytespike.yaml': yaml });
  expect(config).toMatchObject({ bootstrapCreditUsd: '100000000.123456789', port: 9000 });
  expect(config.dataFolder).toEndWith('/1.10');
  expect(config.upstreams[0]?.credential).toBe('0123');
  // Where nothing is lost, any spelling of a number is one: templates write 3e+06.
  const spelled = 'bootstrap_credit_usd: .5\nport: 8787.0\nupstream_idle_timeout_ms: 3e+06\n';
  expect(await load({}, { 'bytespike.yaml': spelled })).toMatchObject({
    bootstrapCreditUsd: '0.5',
    port: 8787,
    timeouts: { idleMs: 3_000_000 },
  });
});

describe('a wrong value is one line that names it and says what is allowed', () => {
  const secret = 'too-short-to-be-a-secret';
  const cases: [variable: string, value: string, says: string][] = [
    ['BYTESPIKE_PORT', '99999', '0 to 65535'],
    ['BYTESPIKE_PORT', '80 80', '0 to 65535'],
    ['BYTESPIKE_PORT', '-1', '0 to 65535'],
    ['BYTESPIKE_PORT', '1e3', '0 to 65535'],
    ['BYTESPIKE_HOST', 'http://localhost', 'without scheme'],
    ['BYTESPIKE_HOST', '127.0.0.256', 'IP address'],
    ['BYTESPIKE_PUBLIC_URL', 'gateway.example.com', 'https://'],
    ['BYTESPIKE_TRUSTED_PROXIES', '10.0.0.0/33', 'CIDR'],
    ['BYTESPIKE_CORS_ORIGINS', 'https://a.example/path', 'origins such as'],
    ['BYTESPIKE_CORS_ORIGINS', 'https://*.a.example', '* alone'],
    ['BYTESPIKE_SIMULATOR', 'yes', 'auto, on, off'],
    ['BYTESPIKE_LOG', 'verbose', 'debug, info, warn, error, silent'],
    ['BYTESPIKE_BOOTSTRAP_CREDIT_USD', '1e5', 'unlimited'],
    ['BYTESPIKE_BOOTSTRAP_CREDIT_USD', '-5', 'unlimited'],
    ['BYTESPIKE_UPSTREAM_CONNECT_TIMEOUT_MS', '0', '1 to 86400000'],
    ['BYTESPIKE_DRAIN_TIMEOUT_MS', 'soon', '0 to 86400000'],
    ['BYTESPIKE_ADMIN_TOKEN', secret, 'at least 32'],
    ['BYTESPIKE_BOOTSTRAP_KEY', secret, 'at least 32'],
    ['BYTESPIKE_DATABASE_URL', 'postgres://u:p@h/db', 'BYTESPIKE_DATA'],
    ['BYTESPIKE_CONFIG', 'absent.yaml', 'path of a YAML file'],
    ['OPENAI_BASE_URL', 'localhost:9000', 'http://'],
    ['OPENAI_API_KEY', 'two words', 'API key'],
  ];
  test.each(cases)('%s=%s', async (variable, value, says) => {
    const line = await refusal({ [variable]: value });
    expect(line).toStartWith(`${variable}: `);
    expect(line).toContain(says);
  });

  test('a list where one value belongs', async () => {
    for (const yaml of ['port: [1]\n', 'host: [127.0.0.1]\n', 'port: {a: 1}\n']) {
      expect(await refusal({}, { 'bytespike.yaml': yaml })).toMatch(/is a (list|map)[^;]*; allowed: one value$/);
    }
  });

  test('a secret is never repeated', async () => {
    for (const name of ['BYTESPIKE_ADMIN_TOKEN', 'BYTESPIKE_BOOTSTRAP_KEY'])
      expect(await refusal({ [name]: secret })).not.toContain(secret);
    expect(await refusal({ DEEPSEEK_API_KEY: 'sk-hush hush' })).not.toContain('hush');
    expect(await refusal({ OPENAI_BASE_URL: 'https://user:hush@h.example' })).not.toContain('hush');
    expect(await refusal({ BYTESPIKE_DATABASE_URL: 'postgres://u:hush@h/db' })).not.toContain('hush');
    for (const url of ['hush', 'u:hush@h', 'ftp://u:hush@h', 'https://us er:hush@g w', 'ftp://h/?key=hush']) {
      for (const name of ['OPENAI_BASE_URL', 'BYTESPIKE_PUBLIC_URL', 'BYTESPIKE_CORS_ORIGINS'])
        expect(await refusal({ [name]: url })).not.toContain('hush');
    }
    expect(await refusal({ OPENAI_BASE_URL: 'ftp://a.example' })).toContain('"ftp://a.example" is no http URL');
  });

  test('one secret for the administrator and the first API key is refused', async () => {
    const shared = 'x'.repeat(40);
    const line = await refusal({ BYTESPIKE_ADMIN_TOKEN: shared, BYTESPIKE_BOOTSTRAP_KEY: shared });
    expect(line).toStartWith('BYTESPIKE_BOOTSTRAP_KEY: is the same as BYTESPIKE_ADMIN_TOKEN; allowed: ');
    expect(line).not.toContain(shared);
  });

  test('the place is named when it is not the environment', async () => {
    expect(await refusal({}, { '.env': 'BYTESPIKE_PORT=x' })).toStartWith('BYTESPIKE_PORT (.env): ');
    expect(await refusal({}, { 'bytespike.yaml': 'port: x' })).toStartWith('bytespike.yaml: port: ');
  });
});

describe('warnings', () => {
  test('a misspelt variable is told with its neighbour', async () => {
    expect((await load({ BYTESPIKE_PROT: '9000' })).warnings).toEqual([
      'BYTESPIKE_PROT is not a known variable, did you mean BYTESPIKE_PORT?',
    ]);
  });

  test('the variable of a key, which the examples have people set, is none, nor is that of compose.yaml', async () => {
    expect((await load({ BYTESPIKE_API_KEY: 'sk-byts-x', BYTESPIKE_PUBLISHED_PORT: '9000' })).warnings).toEqual([]);
  });
});
