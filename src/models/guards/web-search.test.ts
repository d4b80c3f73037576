import { expect, test } from 'bun:test';
import { GatewayError } from '../../errors/catalogue.ts';
import { loadCatalog } from '../catalog.ts';
import { guardWebSearch } from './web-search.ts';

const { cards, byId } = loadCatalog();
const pro = byId.get('deepseek-v4-pro')!;
const own = { type: 'function', function: { name: 'web_search', parameters: {} } };

test.each([
  [{ tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 5 }] }, 'tools[0]'],
  [{ tools: [own, { type: 'web_fetch_20250910', name: 'web_fetch' }] }, 'tools[1]'],
  [{ tools: [{ type: 'web_search' }] }, 'tools[0]'],
  [{ tools: [{ type: 'web_search_preview' }] }, 'tools[0]'],
  [{ tools: [{ type: 'google_search' }] }, 'tools[0]'],
  [{ tools: [{ type: 'browser_search' }] }, 'tools[0]'],
  [{ tools: [{ google_search: {} }] }, 'tools[0]'],
  [{ tools: [{ googleSearch: {} }] }, 'tools[0]'],
  [{ google: { tools: [{ google_search: {} }] } }, 'google.tools[0]'],
  [{ extra_body: { google: { tools: [{}, { googleSearch: {} }] } } }, 'extra_body.google.tools[1]'],
  [{ web_search_options: {} }, 'web_search_options'],
  [{ web_search: {} }, 'web_search'],
  [{ grounding: {} }, 'grounding'],
])('%j is refused', (body, param) => {
  let caught: unknown;
  try {
    guardWebSearch({ body, card: pro, cards });
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(GatewayError);
  const error = caught as GatewayError;
  expect(error.code).toBe('unsupported_feature');
  expect(error.status('messages')).toBe(400);
  expect(error.details.param).toBe(param);
  expect(error.message).toContain('web search');
  expect(error.message).toContain('No model here does.');
});

test.each([
  [{}],
  [{ tools: [own] }],
  [{ tools: [{ name: 'web_search', input_schema: { type: 'object' } }] }],
  [{ tools: [{ type: 'custom', name: 'google_search', input_schema: {} }] }],
  [{ tools: [{ type: 'web_searcher' }] }],
  [{ web_search_options: null, web_search: false }],
  [{ tools: 'web_search' }],
  [{ tools: [null, 1, []] }],
])('%j passes', (body) => {
  expect(() => guardWebSearch({ body, card: pro, cards })).not.toThrow();
});

test('a model that searches is let through, and named by those that do not', () => {
  const searching = { ...pro, id: 'finder', capabilities: [...pro.capabilities, 'web_search' as const] };
  expect(() => guardWebSearch({ body: { grounding: {} }, card: searching, cards })).not.toThrow();
  expect(() => guardWebSearch({ body: { grounding: {} }, card: pro, cards: [...cards, searching] })).toThrow(
    'Models that search: finder.',
  );
});
