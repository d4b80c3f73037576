import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../errors/catalogue.ts';
import { loadCatalog } from './catalog.ts';
import { filterCards } from './filter.ts';
import { modelInfo, modelInfoPage, modelList, modelObject } from './listing.ts';
import { rateCard } from './rate-card.ts';

const { cards, byId } = loadCatalog();
const context = { publicUrl: 'http://127.0.0.1:8787' };
const ids = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id);
const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe('OpenAI shape', () => {
  test('has the documented fields', () => {
    expect(modelObject(byId.get('deepseek-v4-pro')!, context)).toEqual({
      id: 'deepseek-v4-pro',
      object: 'model',
      created: 1_776_988_800,
      owned_by: 'deepseek',
      family: 'deepseek',
      display_name: 'DeepSeek V4 Pro',
      capabilities: ['text', 'streaming', 'tool_use', 'parallel_tool_use', 'json_object', 'thinking', 'logprobs'],
      context_window: 65_536,
      max_output_tokens: 16_384,
      input_modalities: ['text'],
      output_modalities: ['text'],
      protocols_aggregate: ['anthropic_messages', 'openai_chat_completions'],
      pricing_url: 'http://127.0.0.1:8787/docs/pricing#deepseek-v4-pro',
    });
  });

  test('says what is translated', () => {
    const names = (id: string): string[] => modelObject(byId.get(id)!, context).protocols_aggregate;
    expect(names('gpt-5-4')).toEqual(['anthropic_messages:translated', 'openai_chat_completions']);
    expect(names('claude-opus-4-8')).toEqual(['anthropic_messages', 'openai_chat_completions:translated']);
  });

  test('lists all, without a price', () => {
    const list = modelList(cards, context);
    expect(list.object).toBe('list');
    expect(ids(list.data)).toEqual(ids(cards));
    expect(JSON.stringify(list)).not.toContain('0.435');
  });
});

describe('filters', () => {
  test.each([
    ['', 9],
    ['capability=vision', 6],
    ['capability=vision&capability=thinking', 3],
    ['capability=video', 1],
    ['capability=image_gen', 0],
    ['family=gpt', 2],
    ['family=OpenAI', 2],
    ['family=google&family=gemini', 1],
    ['family=claude&family=deepseek', 6],
    ['family=moonshot', 0],
    ['limit=3', 9],
  ])('%p leaves %d', (text, count) => {
    expect(filterCards(cards, query(text))).toHaveLength(count);
  });

  test('a capability that does not exist is refused, with those that do', () => {
    expect(() => filterCards(cards, query('capability=visoin'))).toThrow(/^capability must be one of text, vision, /);
  });
});

describe('Anthropic shape', () => {
  test('has the fields that its SDK declares', () => {
    expect(modelInfo(byId.get('claude-opus-4-8')!)).toEqual({
      type: 'model',
      id: 'claude-opus-4-8',
      display_name: 'Claude Opus 4.8',
      created_at: '2026-05-28T00:00:00Z',
      lifecycle: 'active',
      max_input_tokens: 200_000,
      max_tokens: 32_768,
      capabilities: null,
      deprecated_at: null,
      line: null,
      retires_at: null,
    });
  });

  const page = (text: string) => {
    const { data, ...rest } = modelInfoPage(cards, query(text));
    return { ids: ids(data), ...rest };
  };

  test('pages forwards', () => {
    expect(page('limit=1000')).toMatchObject({
      has_more: false,
      first_id: 'claude-haiku-4-5',
      last_id: 'gpt-5-4-mini',
    });
    expect(page('')).toMatchObject({ has_more: false });
    expect(page('limit=2')).toEqual({
      ids: ['claude-haiku-4-5', 'claude-opus-4-8'],
      has_more: true,
      first_id: 'claude-haiku-4-5',
      last_id: 'claude-opus-4-8',
    });
    expect(page('limit=2&after_id=gemini-3-1-pro')).toMatchObject({
      ids: ['gpt-5-4', 'gpt-5-4-mini'],
      has_more: false,
    });
    expect(page('after_id=gpt-5-4-mini')).toEqual({ ids: [], has_more: false, first_id: null, last_id: null });
  });

  test('pages backwards', () => {
    expect(page('limit=1&before_id=claude-sonnet-4-6')).toMatchObject({ ids: ['claude-opus-4-8'], has_more: true });
    expect(page('limit=5&before_id=claude-opus-4-8')).toMatchObject({ ids: ['claude-haiku-4-5'], has_more: false });
  });

  test('every page together is the list', () => {
    for (const limit of [1, 2, 4, 9, 20]) {
      const seen: string[] = [];
      let after = '';
      for (;;) {
        const { ids: found, has_more, last_id } = page(`limit=${limit}${after}`);
        seen.push(...found);
        if (!has_more) break;
        after = `&after_id=${last_id}`;
      }
      expect(seen).toEqual(ids(cards));
    }
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=ten', 'limit'],
    ['after_id=no-such', 'after_id'],
    ['before_id=no-such', 'before_id'],
    ['before_id=gpt-5-4&after_id=gpt-5-4', 'before_id'],
  ])('%s is refused by name', (text, param) => {
    let caught: unknown;
    try {
      modelInfoPage(cards, query(text));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(GatewayError);
    expect((caught as GatewayError).code).toBe('invalid_param');
    expect((caught as GatewayError).details.param).toBe(param);
    expect((caught as GatewayError).message).toStartWith(param);
  });
});

describe('rate card', () => {
  const now = Date.parse('2026-11-23T00:00:00Z');
  const row = (id: string) => rateCard(cards, now).find(({ model }) => model === id);

  test('is as documented, with numbers', () => {
    expect(row('deepseek-v4-pro')).toEqual({
      model: 'deepseek-v4-pro',
      category: 'text',
      vendor: 'deepseek',
      rates: {
        input_per_1m: 0.435,
        cache_write_per_1m: 0.435,
        cache_read_per_1m: 0.004,
        output_per_1m: 0.87,
        currency: 'USD',
      },
      updated_at: '2026-06-01T00:00:00Z',
    });
  });

  test('says of an operator’s price when it was read', () => {
    const own = loadCatalog({ priceOverrides: { 'deepseek-v4-pro': { input: '1' } } });
    const found = rateCard(own.cards, now).find(({ model }) => model === 'deepseek-v4-pro');
    expect(found?.rates.input_per_1m).toBe(1);
    expect(found?.updated_at).toBe(own.byId.get('deepseek-v4-pro')?.prices[0]?.read_at ?? '');
  });

  test('shows the dearer write of an hour where there is one', () => {
    expect(row('claude-opus-4-8')?.rates).toMatchObject({ cache_write_per_1m: 6.25, cache_write_1h_per_1m: 10 });
  });

  test('has a row for each model', () => {
    expect(rateCard(cards, now).map(({ model }) => model)).toEqual(ids(cards));
  });
});
