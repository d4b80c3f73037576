import { afterEach, describe, expect, test } from 'bun:test';
import { load, refusal, removeFolders } from './test-bench.ts';

afterEach(removeFolders);

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
