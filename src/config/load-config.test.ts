import { afterEach, describe, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config-error.ts';
import { loadConfig, locateDataFolder } from './load-config.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A working folder with the given files. */
async function folderWith(files: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bytespike-config-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

async function load(environment: Record<string, string> = {}, files: Record<string, string> = {}) {
  return loadConfig({ environment, workingFolder: await folderWith(files) });
}

async function refusal(environment: Record<string, string>, files: Record<string, string> = {}): Promise<string> {
  try {
    await load(environment, files);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  }
  throw new Error('expected a refusal');
}

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

describe('bytespike.yaml', () => {
  const cases: [yaml: string, field: string, says: string][] = [
    ['prot: 1', 'prot', 'did you mean port?'],
    ['port: {a: 1}', 'port', 'one value'],
    ['upstreams: 5', 'upstreams', 'a list of upstreams'],
    ['upstreams:\n  - {name: a, vendor: b, protocol: chat}', 'upstreams[0].protocol', 'chat-completions or messages'],
    ['upstreams:\n  - {vendor: b, protocol: messages}', 'upstreams[0].name', 'is missing'],
    [
      'upstreams:\n  - {name: a, vendor: b, protocol: messages, base-url: x}',
      'upstreams[0].base-url',
      'did you mean base_url?',
    ],
    ['upstreams:\n  - {name: A b, vendor: b, protocol: messages}', 'upstreams[0].name', 'lower-case'],
    ['upstreams:\n  - {name: simulator, vendor: b, protocol: messages}', 'upstreams[0].name', 'reserved'],
    ['upstreams:\n  - {name: a, vendor: b, protocol: messages}', 'upstreams[0].base_url', 'no known address'],
    [
      'upstreams:\n  - {name: a, vendor: b, protocol: messages, base_url: "ftp://x"}',
      'upstreams[0].base_url',
      'https://',
    ],
    [
      'upstreams:\n  - {name: a, vendor: openai, protocol: messages, base_url: "http://x", weight: 0}',
      'upstreams[0].weight',
      '1 to 1000',
    ],
    [
      'upstreams:\n  - {name: a, vendor: openai, protocol: chat-completions, credential: env:NOWHERE}',
      'upstreams[0].credential',
      'NOWHERE is not set',
    ],
    [
      'upstreams:\n  - {name: a, vendor: openai, protocol: chat-completions, models: []}',
      'upstreams[0].models',
      'a list of catalog ids',
    ],
    ['catalog: ./nowhere', 'catalog', 'a folder of cards'],
    ['prices: {deepseek-v4-pro: {input: cheap}}', 'prices.deepseek-v4-pro.input', 'USD per 1M tokens'],
    ['prices: {m: {inputs: 1}}', 'prices.m.inputs', 'did you mean input?'],
    ['prices: {m: {input: 1e-9}}', 'prices.m.input', 'a plain decimal'],
    ['prices: {m: {input: 0.1234567891}}', 'prices.m.input', 'nine places'],
    ['prices: {m: {input: .1234567891}}', 'prices.m.input', 'nine places'],
    ['prices: {m: {input: 0x10}}', 'prices.m.input', 'a plain decimal'],
    ['prices: {m: {input: -1}}', 'prices.m.input', 'a plain decimal'],
    ['prices: {m: {input: "."}}', 'prices.m.input', 'a plain decimal'],
    ['prices: {m: {input: ""}}', 'prices.m.input', 'a plain decimal'],
  ];
  test.each(cases)('%p', async (yaml, field, says) => {
    const line = await refusal({}, { 'bytespike.yaml': yaml });
    expect(line).toStartWith(`bytespike.yaml: ${field}: `);
    expect(line).toContain(says);
  });

  test('broken YAML gives the line', async () => {
    expect(await refusal({}, { 'bytespike.yaml': 'port: 1\nlog: [a\n' })).toMatch(/^bytespike\.yaml: .* line \d/);
    expect(await refusal({}, { 'bytespike.yaml': '- a' })).toContain('does not hold a map');
    expect(await refusal({}, { 'bytespike.yaml': 'port: *foo' })).toMatch(
      /^bytespike\.yaml: .*[Aa]lias.*foo.*; allowed: /,
    );
    const levels = Array.from({ length: 12 }, (_, n) => `- &a${n + 1} [${Array(9).fill(`*a${n}`).join(', ')}]`);
    const many = `upstreams:\n- &a0 [x]\n${levels.join('\n')}`;
    expect(await refusal({}, { 'bytespike.yaml': many })).toMatch(/^bytespike\.yaml: .*alias count/);
  });

  test('a credential that was pasted in is refused and not repeated', async () => {
    const yaml = 'upstreams:\n  - {name: a, vendor: openai, protocol: chat-completions, credential: sk-live-hush}';
    const line = await refusal({}, { 'bytespike.yaml': yaml });
    expect(line).toContain('env:NAME');
    expect(line).not.toContain('hush');
  });

  test('prices keep their digits', async () => {
    const yaml = 'prices:\n  deepseek-v4-pro: {input: 0.435, output: "0.870", cache_read: 123456789.123456789}\n';
    expect((await load({}, { 'bytespike.yaml': yaml })).priceOverrides).toEqual({
      'deepseek-v4-pro': { input: '0.435', output: '0.870', cache_read: '123456789.123456789' },
    });
  });
});

test('prices may be written as decimals are', async () => {
  const ways = { '.5': '0.5', '1.': '1', '+1': '1', '007': '7', '+00.50': '0.50', '000': '0', '100': '100' };
  for (const [written, read] of Object.entries(ways)) {
    const yaml = `prices: {m: {input: ${written}, output: "${written}"}}`;
    expect((await load({}, { 'bytespike.yaml': yaml })).priceOverrides).toEqual({ m: { input: read, output: read } });
  }
});

test('a text that is no UTF-8 is refused', async () => {
  const utf16 = [...'BYTESPIKE_PORT=1'].join('\0');
  for (const name of ['.env', 'bytespike.yaml']) {
    expect(await refusal({}, { [name]: utf16 })).toStartWith(`${name}: is no UTF-8`);
  }
});

test('what other names a map may have are entries like any', async () => {
  const { priceOverrides } = await load({}, { 'bytespike.yaml': 'prices: {__proto__: {input: 1}}' });
  expect(Object.keys(priceOverrides)).toEqual(['__proto__']);
});

describe('upstreams', () => {
  const shape = ({
    upstreams,
  }: {
    upstreams: { name: string; account: string; protocol: string; baseUrl: string }[];
  }) => upstreams.map(({ name, account, protocol, baseUrl }) => [name, account, protocol, baseUrl]);

  test('one DeepSeek credential makes two surfaces of one account', async () => {
    const config = await load({ DEEPSEEK_API_KEY: 'sk-d' });
    expect(shape(config)).toEqual([
      ['deepseek', 'deepseek', 'chat-completions', 'https://api.deepseek.com'],
      ['deepseek', 'deepseek', 'messages', 'https://api.deepseek.com/anthropic'],
    ]);
    expect(config.upstreams[0]).toMatchObject({
      credential: 'sk-d',
      credentialOrigin: 'env:DEEPSEEK_API_KEY',
      weight: 1,
    });
  });

  test('the Messages surface of DeepSeek follows its base or has its own', async () => {
    const base = { DEEPSEEK_API_KEY: 'sk-d', DEEPSEEK_BASE_URL: 'http://127.0.0.1:9000/x/' };
    expect((await load(base)).upstreams.map(({ baseUrl }) => baseUrl)).toEqual([
      'http://127.0.0.1:9000/x',
      'http://127.0.0.1:9000/x/anthropic',
    ]);
    const own = await load({ ...base, DEEPSEEK_ANTHROPIC_BASE_URL: 'http://127.0.0.1:9001/v1/' });
    expect(own.upstreams[1]?.baseUrl).toBe('http://127.0.0.1:9001');
  });

  test('the other vendors', async () => {
    const config = await load({ OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a', GEMINI_API_KEY: 'g' });
    expect(shape(config)).toEqual([
      ['openai', 'openai', 'chat-completions', 'https://api.openai.com/v1'],
      ['anthropic', 'anthropic', 'messages', 'https://api.anthropic.com'],
      ['gemini', 'gemini', 'chat-completions', 'https://generativelanguage.googleapis.com/v1beta/openai'],
    ]);
    const gemini = await load({ GEMINI_API_KEY: 'g', GEMINI_BASE_URL: 'http://h.example/v1beta/openai' });
    expect(gemini.upstreams[0]?.baseUrl).toBe('http://h.example/v1beta/openai');
  });

  test('an address without its credential makes no upstream and is warned about once', async () => {
    const config = await load({ DEEPSEEK_BASE_URL: 'http://127.0.0.1:9000' });
    expect(config.upstreams).toEqual([]);
    expect(config.warnings).toEqual(['DEEPSEEK_BASE_URL is set without DEEPSEEK_API_KEY: it makes no upstream']);
  });

  test('bytespike.yaml adds accounts, with a list or a map of models', async () => {
    const yaml = `
upstreams:
  - {name: deepseek-b, vendor: deepseek, protocol: chat-completions, credential: env:SECOND_KEY, models: [deepseek-v4-pro], weight: 3}
  - {name: local, vendor: vllm, protocol: chat-completions, base_url: "http://127.0.0.1:8000/v1", models: {deepseek-v4-flash: my-flash}}
`;
    const config = await load({ DEEPSEEK_API_KEY: 'sk-d', SECOND_KEY: 'sk-2' }, { 'bytespike.yaml': yaml });
    expect(shape(config).map(([name]) => name)).toEqual(['deepseek', 'deepseek', 'deepseek-b', 'local']);
    expect(config.upstreams[2]).toEqual({
      entry: 'bytespike.yaml: upstreams[0]',
      name: 'deepseek-b',
      account: 'SECOND_KEY',
      vendor: 'deepseek',
      protocol: 'chat-completions',
      baseUrl: 'https://api.deepseek.com',
      credential: 'sk-2',
      credentialOrigin: 'env:SECOND_KEY',
      models: ['deepseek-v4-pro'],
      weight: 3,
    });
    expect(config.upstreams[3]).toMatchObject({
      credential: undefined,
      credentialOrigin: 'none',
      models: { 'deepseek-v4-flash': 'my-flash' },
    });
  });

  test('an entry without an address is where the variables of its vendor say, on either protocol', async () => {
    const yaml = (more: string) =>
      `${more}\nupstreams:\n` +
      '- {name: chat, vendor: deepseek, protocol: chat-completions, credential: env:DEEPSEEK_API_KEY}\n' +
      '- {name: messages, vendor: deepseek, protocol: messages, credential: env:SECOND}\n' +
      '- {name: gemini-eu, vendor: gemini, protocol: chat-completions, credential: env:SECOND}\n';
    const bases = async (environment: Record<string, string>, more = '') => {
      const { upstreams } = await load(
        { DEEPSEEK_API_KEY: 'dk', SECOND: 'second', ...environment },
        { 'bytespike.yaml': yaml(more) },
      );
      return ['chat', 'messages', 'gemini-eu'].map((name) => upstreams.find((one) => one.name === name)?.baseUrl);
    };
    const google = 'https://generativelanguage.googleapis.com/v1beta/openai';
    expect(await bases({})).toEqual(['https://api.deepseek.com', 'https://api.deepseek.com/anthropic', google]);
    expect(await bases({ DEEPSEEK_BASE_URL: 'http://10.0.0.1', GEMINI_BASE_URL: 'http://10.0.0.2' })).toEqual([
      'http://10.0.0.1',
      'http://10.0.0.1/anthropic',
      'http://10.0.0.2/v1beta/openai',
    ]);
    expect(
      await bases({ DEEPSEEK_ANTHROPIC_BASE_URL: 'http://10.0.0.3/v1' }, 'deepseek_base_url: http://10.0.0.1'),
    ).toEqual(['http://10.0.0.1', 'http://10.0.0.3', google]);
  });

  test('an entry with the same credential takes the place of the one from the environment', async () => {
    const yaml =
      'upstreams:\n  - {name: main, vendor: deepseek, protocol: chat-completions, credential: env:DEEPSEEK_API_KEY}\n';
    const config = await load({ DEEPSEEK_API_KEY: 'sk-d' }, { 'bytespike.yaml': yaml });
    expect(shape(config).map(([name, , protocol]) => `${name} ${protocol}`)).toEqual([
      'deepseek messages',
      'main chat-completions',
    ]);
  });

  test('a name is taken once on a protocol', async () => {
    const yaml = 'upstreams:\n  - {name: openai, vendor: openai, protocol: chat-completions, credential: env:OTHER}\n';
    const line = await refusal({ OPENAI_API_KEY: 'o', OTHER: 'p' }, { 'bytespike.yaml': yaml });
    expect(line).toContain('upstreams[0].name: "openai" is taken');
  });
});

describe('loops', () => {
  test.each([
    'http://127.0.0.1:8787',
    'http://localhost:8787/v1',
    'http://LOCALHOST.:8787',
    'http://gateway.localhost:8787',
    'http://127.1:8787',
    'http://0.0.0.0:8787',
    'http://[::1]:8787',
    'http://[::ffff:127.0.0.1]:8787',
  ])('OPENAI_BASE_URL=%s is our own listener', async (url) => {
    const line = await refusal({ OPENAI_BASE_URL: url, OPENAI_API_KEY: 'o' });
    expect(line).toStartWith('OPENAI_BASE_URL: is the address of this gateway itself');
    // Exported for a client, without any credential of ours beside it.
    expect(await refusal({ OPENAI_BASE_URL: url })).toBe(line);
  });

  test('every address of this machine counts', async () => {
    for (const { address, family } of Object.values(networkInterfaces()).flatMap((all) => all ?? [])) {
      if (family !== 'IPv4') continue;
      expect(await refusal({ BYTESPIKE_PORT: '9000', ANTHROPIC_BASE_URL: `http://${address}:9000` })).toContain(
        'gateway itself',
      );
    }
  });

  test('the public URL counts, whatever its port', async () => {
    const line = await refusal({
      BYTESPIKE_PUBLIC_URL: 'https://llm.example.com',
      OPENAI_BASE_URL: 'https://llm.example.com/v1',
    });
    expect(line).toContain('gateway itself');
    const spellings = [
      ['https://llm.example.com', 'https://LLM.example.com./v1'],
      ['https://llm.example.com.', 'https://llm.example.com'],
      ['http://10.1.2.3:80', 'http://[::ffff:10.1.2.3]/v1'],
      ['http://[::ffff:a01:203]:9000', 'http://10.1.2.3:9000'],
    ];
    for (const [publicUrl = '', url = ''] of spellings) {
      const own = { BYTESPIKE_PUBLIC_URL: publicUrl, OPENAI_BASE_URL: url };
      expect(await refusal(own)).toContain('gateway itself');
    }
  });

  test('an upstream of the file counts', async () => {
    const yaml = 'upstreams:\n  - {name: a, vendor: x, protocol: messages, base_url: "http://localhost:8787"}\n';
    expect(await refusal({}, { 'bytespike.yaml': yaml })).toStartWith('bytespike.yaml: upstreams[0].base_url: ');
  });

  test('another port on this machine is another server', async () => {
    expect((await load({ OPENAI_API_KEY: 'o', OPENAI_BASE_URL: 'http://127.0.0.1:8788/v1' })).upstreams).toHaveLength(
      1,
    );
  });

  test('one of our own keys is no upstream credential', async () => {
    for (const name of ['DEEPSEEK_API_KEY', 'OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY']) {
      const line = await refusal({ [name]: 'sk-byts-0123456789' });
      expect(line).toStartWith(`${name}: begins with sk-byts-`);
      expect(line).not.toContain('0123456789');
    }
    const yaml = 'upstreams:\n  - {name: a, vendor: openai, protocol: chat-completions, credential: env:MINE}\n';
    expect(await refusal({ MINE: 'sk-byts-x' }, { 'bytespike.yaml': yaml })).toStartWith('MINE: begins with sk-byts-');
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
