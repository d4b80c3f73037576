import { describe, expect, test } from 'bun:test';
import { loadCatalog } from '../../../models/catalog.ts';
import { inlineParser } from '../render/inline.ts';
import { pageMarkdown } from '../render/markdown.ts';
import { modelPaths, type SiteContext } from '../structure/site-context.ts';
import { modelPage } from './model-page.ts';
import { pricingPage } from './pricing-page.ts';

const catalog = loadCatalog();
const context: SiteContext = {
  catalog,
  served: catalog.cards,
  publicUrl: 'https://llm.example',
  version: '0.0.0',
  simulated: false,
  operations: [],
  nowMs: Date.parse('2026-11-22T00:00:00Z'),
};

function markdownOf(id: string, changes: Partial<SiteContext> = {}): string {
  const card = (changes.catalog ?? catalog).byId.get(id);
  if (card === undefined) throw new Error(`no card ${id}`);
  const all = { ...context, ...changes };
  return pageMarkdown(modelPage(card, all), { inline: inlineParser(modelPaths(all)), publicUrl: all.publicUrl });
}

/** What the product's own description of its first model says, in the words of our page. */
const FACTS: [fact: string, ...texts: (string | RegExp)[]][] = [
  [
    'what it is',
    /reasoning flagship/i,
    /cost-effective model of high capability/,
    /comparable to .*gpt-5-4.* on most benchmarks/,
  ],
  ['prices', '$0.435 / 1M input', '$0.87 / 1M output', '$0.004 / 1M cache read', '/docs/pricing.md#deepseek-v4-pro'],
  ['the figures at a glance', '- Input: $0.435 per 1M tokens', '- Context window: 64K tokens'],
  ['a series of its own', /A series of its own, at other prices than the older V3\.2/, '/docs/models/deepseek-v3-2.md'],
  ['Messages', '| Anthropic Messages | `POST https://llm.example/v1/messages` | native |'],
  ['Chat', '| OpenAI Chat Completions | `POST https://llm.example/v1/chat/completions` | native |'],
  ['both first-class', 'Both are first-class', /same ByteSpike key works on either/],
  [
    'quickstart',
    'curl https://llm.example/v1/chat/completions',
    'Bearer $BYTESPIKE_API_KEY',
    '"model": "deepseek-v4-pro"',
    'Hello, ByteSpike.',
  ],
  ['surfaces', '| Chat Completions | ✅ native |', '| Anthropic Messages | ✅ native |'],
  ['streaming', '| Streaming (SSE) | ✅ |'],
  ['tools', '| Tool use (function calling) | ✅ parallel |'],
  ['JSON mode', '| JSON mode | ✅ |'],
  ['reasoning', '| Reasoning chain | ✅ (`reasoning_content` field / `thinking` block) |'],
  ['vision', '| Vision (HTTP API) | ❌ |'],
  ['window', '| Context window | 64K tokens (65,536) |'],
  [
    'reasoning on each protocol',
    /On Chat Completions:.*`reasoning_content`/,
    /On Messages:.*`thinking` block ahead of the `text` block/,
  ],
  ['reasoning is output', 'Reasoning tokens are billed as output.'],
  [
    'when to use',
    '**Cost-sensitive reasoning:**',
    '**Agents on a budget:**',
    /`tool_use` blocks pass through/,
    '**DOSIA Agent mode:**',
    /has to call the Anthropic Messages endpoint/,
  ],
  ['when not to use', '**Tasks that need vision:**', '**Web search:**', '**Long context:** 64K tokens is the ceiling'],
  [
    'longer windows',
    '[claude-opus-4-8](https://llm.example/docs/models/claude-opus-4-8.md) (200K)',
    '[gemini-3-1-pro](https://llm.example/docs/models/gemini-3-1-pro.md) (1M)',
  ],
];

describe('the page of deepseek-v4-pro', () => {
  const page = markdownOf('deepseek-v4-pro');
  test.each(FACTS)('says %s', (_fact, ...texts) => {
    for (const text of texts) expect(page).toMatch(text);
  });
});

describe('every model page', () => {
  test.each(catalog.cards.map(({ id }) => id))('%s has its prices, both protocols and its advice', (id) => {
    const card = catalog.byId.get(id);
    const page = markdownOf(id);
    expect(page).toContain(`$${card?.prices.at(-1)?.input} / 1M input`);
    expect(page).toContain('`POST https://llm.example/v1/messages`');
    for (const { title } of [...(card?.when_to_use ?? []), ...(card?.when_not_to_use ?? [])]) {
      expect(page).toContain(`**${title}:**`);
    }
    // What the operator pays is nobody's business.
    for (const { source } of card?.upstream_cost ?? []) expect(page).not.toContain(source);
  });

  test('says when nobody serves the model', () => {
    // Its card has no route, and the simulator answers for it.
    for (const row of [
      '| OpenAI Chat Completions | `POST https://llm.example/v1/chat/completions` | simulated |',
      '| Anthropic Messages | ✅ simulated |',
    ]) {
      expect(markdownOf('deepseek-v3-2', { simulated: true })).toContain(row);
    }
    expect(markdownOf('gpt-5-4', { served: [] })).toContain('No upstream of this installation serves this model now');
    expect(markdownOf('gpt-5-4')).not.toContain('No upstream of this installation');
  });

  test('says when the simulator answers', () => {
    expect(markdownOf('gpt-5-4', { simulated: true })).toContain('the built-in simulator answers');
  });
});

test('of an operator’s price the pages say neither the card’s day nor its source', () => {
  const own = loadCatalog({ priceOverrides: { 'deepseek-v4-pro': { input: '1', output: '2.5' } } });
  const all = { ...context, catalog: own, served: own.cards };
  const asText = { inline: inlineParser(modelPaths(all)), publicUrl: all.publicUrl };
  const page = markdownOf('deepseek-v4-pro', all);
  expect(page).toContain('$1.00 / 1M input, $2.50 / 1M output');
  expect(page).toContain('The operator of this installation has set prices of this model.');
  const rows = pageMarkdown(pricingPage(all), asText)
    .split('\n')
    .filter((line) => line.includes('deepseek-v4-pro'));
  expect(rows).toHaveLength(2);
  for (const row of rows) {
    expect(row).toContain('set here');
    expect(row).not.toContain('2026-06-01');
  }
});

test('the simulator’s note says where the model itself shows no reasoning', () => {
  const note = (id: string) => /Here the built-in simulator .*/.exec(markdownOf(id, { simulated: true }))?.[0] ?? '';
  expect(note('gpt-5-4')).toContain('It shows reasoning, which the model itself does not.');
  expect(note('deepseek-v4-pro')).not.toContain('reasoning');
});
