import { afterEach, describe, expect, test } from 'bun:test';
import { networkInterfaces } from 'node:os';
import { load, refusal, removeFolders } from './test-bench.ts';

afterEach(removeFolders);

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
