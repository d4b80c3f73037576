import { afterEach, describe, expect, test } from 'bun:test';
import { load, refusal, removeFolders } from './test-bench.ts';

afterEach(removeFolders);

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
