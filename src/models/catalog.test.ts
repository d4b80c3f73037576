import { afterAll, beforeAll, describe, expect, spyOn, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { formatUsd, priceAt } from '../billing/rates.ts';
import { type CatalogOptions, loadCatalog } from './catalog.ts';
import { CatalogError } from './catalog-error.ts';
import { fastYaml, strictYaml } from './yaml-parsers.ts';

const catalog = loadCatalog();
const card = (id: string): NonNullable<ReturnType<typeof catalog.byId.get>> => {
  const found = catalog.byId.get(id);
  if (found === undefined) throw new Error(`no card ${id}`);
  return found;
};

describe('our cards', () => {
  test('are these', () => {
    expect(catalog.cards.map(({ id }) => id)).toEqual([
      'claude-haiku-4-5',
      'claude-opus-4-8',
      'claude-sonnet-4-6',
      'deepseek-v3-2',
      'deepseek-v4-flash',
      'deepseek-v4-pro',
      'gemini-3-1-pro',
      'gpt-5-4',
      'gpt-5-4-mini',
    ]);
  });

  test('read the same by the parser that refuses equal keys', () => {
    const folder = join(import.meta.dir, '..', '..', 'catalog');
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8');
      expect(strictYaml(text)).toEqual(fastYaml(text));
    }
  });

  test.each([
    ['deepseek-v4-pro', '0.435', '0.87', '0.004', '0.435', '0.435'],
    ['deepseek-v4-flash', '0.14', '0.28', '0.003', '0.14', '0.14'],
    ['deepseek-v3-2', '0.27', '1.1', '0.027', '0.27', '0.27'],
    ['gpt-5-4', '2.5', '15', '0.25', '2.5', '2.5'],
    ['gpt-5-4-mini', '0.75', '4.5', '0.075', '0.75', '0.75'],
    ['claude-opus-4-8', '5', '25', '0.5', '6.25', '10'],
    ['claude-sonnet-4-6', '3', '15', '0.3', '3.75', '6'],
    ['claude-haiku-4-5', '1', '5', '0.1', '1.25', '2'],
    ['gemini-3-1-pro', '2', '12', '0.2', '2', '2'],
  ])('%s costs %s in, %s out, %s cache read, %s and %s cache write', (id, input, output, read, write5m, write1h) => {
    const rates = priceAt(card(id), Date.parse('2026-11-23T00:00:00Z'));
    // Atto-dollars per token are USD per 1M tokens with 12 places, nano-dollars those with 9.
    const shown = (rate: bigint): string => formatUsd(rate / 1000n);
    expect([rates.input, rates.output, rates.cacheRead, rates.cacheWrite5m, rates.cacheWrite1h].map(shown)).toEqual([
      input,
      output,
      read,
      write5m,
      write1h,
    ]);
  });

  test('say all that the page of deepseek-v4-pro says', () => {
    const pro = card('deepseek-v4-pro');
    expect(pro.routes.map(({ protocol, model }) => [protocol, model])).toEqual([
      ['chat-completions', 'deepseek-v4-pro'],
      ['messages', 'deepseek-v4-pro'],
    ]);
    expect(pro.window).toBe(65_536);
    expect(pro.max_output).toBe(16_384);
    for (const one of ['streaming', 'tool_use', 'parallel_tool_use', 'json_object', 'thinking'] as const) {
      expect(pro.capabilities).toContain(one);
    }
    for (const one of ['vision', 'web_search', 'json_schema'] as const) expect(pro.capabilities).not.toContain(one);
    expect(pro.input_modalities).toEqual(['text']);
    expect(pro.reasoning?.chat_completions).toContain('reasoning_content');
    expect(pro.reasoning?.messages).toContain('thinking');
    expect(pro.reasoning?.billing).toContain('output');
    expect(pro.series.distinct_from).toEqual(['deepseek-v3-2']);
    expect(pro.when_to_use.map(({ title }) => title)).toEqual([
      'Cost-sensitive reasoning',
      'Agents on a budget',
      'DOSIA Agent mode',
    ]);
    expect(pro.when_not_to_use.map(({ title }) => title)).toEqual([
      'Tasks that need vision',
      'Web search',
      'Long context',
    ]);
    expect(pro.when_not_to_use[2]?.models).toEqual(['claude-opus-4-8', 'gemini-3-1-pro']);
    expect(card('claude-opus-4-8').window).toBe(200_000);
    expect(card('gemini-3-1-pro').window).toBe(1_000_000);
    for (const claim of pro.claims ?? []) expect(claim.by).not.toBe('');
  });

  test('give deepseek-v3-2 no route, since nobody serves it under that name', () => {
    expect(card('deepseek-v3-2').routes).toEqual([]);
  });

  test('cannot be changed by whoever holds them', () => {
    expect(() => {
      card('deepseek-v4-pro').prices[0]!.input = '0';
    }).toThrow();
    expect(() => card('deepseek-v4-pro').aliases.push('x')).toThrow();
  });
});

describe('what an operator adds', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bytespike-catalog-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const own = structuredClone(card('deepseek-v4-flash')) as unknown as Record<string, unknown>;
  /** A card of the operator's, by default without names that ours have. */
  const model = (id: string, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    ...own,
    id,
    aliases: [],
    retired_names: [],
    ...changes,
  });

  function load(files: Record<string, Record<string, unknown> | string>, options: CatalogOptions = {}) {
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), typeof content === 'string' ? content : stringify(content));
    }
    return loadCatalog({ catalogFolder: folder, ...options });
  }

  function problems(files: Record<string, Record<string, unknown> | string>, options: CatalogOptions = {}): string[] {
    try {
      load(files, options);
    } catch (error) {
      expect(error).toBeInstanceOf(CatalogError);
      expect((error as CatalogError).message).not.toContain('\n');
      return (error as CatalogError).problems.map((one) => one.replace(`${folder}/`, ''));
    }
    return [];
  }

  test('a new card joins ours', () => {
    const joined = load({ 'house-model.yaml': model('house-model', { aliases: ['House.Model'] }), 'notes.txt': 'x' });
    expect(joined.cards).toHaveLength(10);
    expect(joined.byName.get('house.model')).toMatchObject({ kind: 'card', card: { id: 'house-model' } });
  });

  test('a card of the same id replaces ours as a whole', () => {
    const replaced = load({ 'deepseek-v3-2.yaml': model('deepseek-v3-2', { window: 131_072 }) });
    expect(replaced.cards).toHaveLength(9);
    expect(replaced.byId.get('deepseek-v3-2')?.window).toBe(131_072);
    expect(replaced.byName.has('deepseek-v3.2')).toBe(false);
  });

  test('a price in bytespike.yaml replaces ours, and only that one', () => {
    const priced = load({}, { priceOverrides: { 'claude-haiku-4-5': { input: '0.9' } } });
    const rates = priceAt(priced.byId.get('claude-haiku-4-5')!, Date.now());
    expect([rates.input, rates.output, rates.cacheWrite5m].map((rate) => formatUsd(rate / 1000n))).toEqual([
      '0.9',
      '5',
      '1.25',
    ]);
    expect(priced.byId.get('claude-haiku-4-5')?.prices[0]?.source).toBe('bytespike.yaml');
  });

  test('of a price in bytespike.yaml the card does not say since when it holds', () => {
    const row = { input: '1', output: '2', cache_read: '0.1', source: 'x' };
    const prices = [
      { ...row, from: '2026-01-01T00:00:00Z' },
      { ...row, from: '2026-02-01T00:00:00Z', input: '3' },
      { ...row, from: '2026-03-01T00:00:00Z', input: '3', output: '4' },
    ];
    const before = Date.now();
    const priced = load({ 'm.yaml': model('m', { prices }) }, { priceOverrides: { m: { input: '0.5' } } });
    const [first, second, ...more] = priced.byId.get('m')?.prices ?? [];
    // The second row differed in what is replaced alone.
    expect([first?.input, second?.from, more]).toEqual(['0.5', '2026-03-01T00:00:00Z', []]);
    expect(Date.parse(first?.read_at ?? '')).toBeGreaterThanOrEqual(before);
    expect(second?.read_at).toBeUndefined();
  });

  test.each<[string, Record<string, Record<string, unknown> | string>, string]>([
    [
      'a price without quotes',
      {
        'm.yaml': model('m', {
          prices: [{ from: '2026-01-01T00:00:00Z', input: 0.435, output: '1', cache_read: '1', source: 'x' }],
        }),
      },
      'm.yaml: prices[0].input is 0.435 without quotes; allowed is USD per 1M tokens as a decimal in quotes, such as "0.435"',
    ],
    [
      'an unknown field',
      { 'm.yaml': model('m', { windw: 1 }) },
      'm.yaml: windw is not a known field; allowed is an object of id, name, ',
    ],
    [
      'a missing field',
      { 'm.yaml': Object.fromEntries(Object.entries(model('m')).filter(([key]) => key !== 'window')) },
      'm.yaml: window is missing; give a whole number of tokens from 1',
    ],
    [
      'an unknown capability',
      { 'm.yaml': model('m', { capabilities: ['text', 'telepathy'] }) },
      'm.yaml: capabilities[1] is "telepathy"; allowed is one of text, vision, ',
    ],
    [
      'a refusal with a slip',
      {
        'm.yaml': model('m', {
          routes: [
            {
              vendor: 'v',
              protocol: 'messages',
              model: 'm',
              refuses: ['role-devloper'],
              allows: [],
              betas: [],
              repairs: [],
            },
          ],
        }),
      },
      'm.yaml: routes[0].refuses[0] is "role-devloper"; allowed is a request field such as seed, or one of role-developer, ',
    ],
    ['no YAML', { 'm.yaml': 'id: [1' }, 'm.yaml: is not YAML: '],
    [
      'a key that occurs twice',
      { 'm.yaml': 'id: m\nid: n\n' },
      'm.yaml: is not YAML: Map keys must be unique at line 2',
    ],
    ['an empty file', { 'm.yaml': '' }, 'm.yaml: the card is empty; allowed is an object of id, '],
    ['a list', { 'm.yaml': '- 1\n- 2\n' }, 'm.yaml: the card is a list of 2; allowed is an object of id, '],
    ['a file of another name', { 'x.yaml': model('m') }, 'x.yaml: id is m; the file must be called m.yaml'],
    [
      'more output than window',
      { 'm.yaml': model('m', { max_output: 70_000 }) },
      'm.yaml: max_output is over window (65536)',
    ],
    [
      'vision without images',
      { 'm.yaml': model('m', { capabilities: ['text', 'vision'] }) },
      'm.yaml: capabilities and input_modalities disagree',
    ],
    [
      'a day that never was',
      { 'm.yaml': model('m', { released: '2026-02-30' }) },
      'm.yaml: released has 2026-02-30, which is not in the calendar',
    ],
    [
      'prices out of order',
      {
        'm.yaml': model('m', {
          prices: ['2026-03-01T00:00:00Z', '2026-02-01T00:00:00Z'].map((from) => ({
            from,
            input: '1',
            output: '1',
            cache_read: '1',
            source: 'x',
          })),
        }),
      },
      'm.yaml: prices[1].from is not after the row before it',
    ],
    [
      'a band over midnight',
      {
        'm.yaml': model('m', {
          upstream_cost: [
            {
              from: '2026-03-01T00:00:00Z',
              input: '1',
              output: '1',
              cache_read: '1',
              source: 'x',
              bands: [{ days: ['mon'], from: '22:00', to: '02:00', input: '1', output: '1', cache_read: '1' }],
            },
          ],
        }),
      },
      'm.yaml: upstream_cost[0].bands[0] ends before it begins',
    ],
    [
      'two routes to one upstream',
      {
        'm.yaml': model('m', {
          routes: ['a', 'b'].map((name) => ({
            vendor: 'v',
            protocol: 'messages',
            model: name,
            refuses: [],
            allows: [],
            betas: [],
            repairs: [],
          })),
        }),
      },
      'm.yaml: routes[1] repeats routes[0]',
    ],
    [
      'thinking that nobody describes',
      { 'm.yaml': Object.fromEntries(Object.entries(model('m')).filter(([key]) => key !== 'reasoning')) },
      'm.yaml: reasoning is missing',
    ],
    [
      'a name of ours, in other letters',
      { 'm.yaml': model('m', { aliases: ['GPT-5.4'] }) },
      'm.yaml: aliases[0] "GPT-5.4" is taken by aliases[0] of catalog/gpt-5-4.yaml; allowed is a name that no other card has',
    ],
    [
      'a name that is retired',
      { 'm.yaml': model('m', { aliases: ['deepseek-chat'] }) },
      'm.yaml: aliases[0] "deepseek-chat" is taken by retired_names[0].name of catalog/deepseek-v4-flash.yaml',
    ],
    [
      'a link to nowhere',
      { 'm.yaml': model('m', { successor: 'deepseek-v9' }) },
      'm.yaml: successor "deepseek-v9" is no card; allowed are claude-haiku-4-5, ',
    ],
  ])('%s is told by file and field, with what is allowed', (_, files, expected) => {
    expect(problems(files).some((problem) => problem.startsWith(expected))).toBe(true);
  });

  test('every problem is found at once, and the message has the first', () => {
    const found = problems({ 'a.yaml': model('a', { window: 0 }), 'b.yaml': model('b', { window: 'much' }) });
    expect(found).toEqual([
      'a.yaml: window is 0; allowed is a whole number of tokens from 1',
      'b.yaml: window is "much"; allowed is a whole number of tokens from 1',
    ]);
    expect(new CatalogError(found).message).toEndWith('(and 1 more)');
  });

  test.each([
    [{ 'deepseek-v4-prp': { input: '1' } }, 'bytespike.yaml: prices.deepseek-v4-prp is no model; allowed are '],
    [
      { 'deepseek-v4-pro': { input: '1,5' } },
      'bytespike.yaml: prices.deepseek-v4-pro.input is "1,5"; allowed is USD per 1M tokens',
    ],
  ])('a wrong price override is told: %j', (priceOverrides, expected) => {
    expect(problems({}, { priceOverrides })[0]).toStartWith(expected);
  });

  test('what is no file is told with the rest', () => {
    const odd = mkdtempSync(join(tmpdir(), 'bytespike-cards-'));
    mkdirSync(join(odd, 'a.yaml'));
    symlinkSync('nowhere', join(odd, 'b.yaml'));
    try {
      expect(() => loadCatalog({ catalogFolder: odd })).toThrow(
        `${odd}/a.yaml: cannot be read (EISDIR); allowed is the file of a card (and 1 more)`,
      );
    } finally {
      rmSync(odd, { recursive: true });
    }
  });

  test('a tag that nobody knows is no word on the terminal', () => {
    const warned = spyOn(process, 'emitWarning').mockImplementation(() => {});
    expect(problems({ 'x.yaml': 'id: !mine x\n' })[0]).toContain('x.yaml: ');
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  test('a folder that is not there is told', () => {
    expect(() => loadCatalog({ catalogFolder: join(folder, 'nowhere') })).toThrow('cannot be read');
  });
});
