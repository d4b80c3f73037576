import { expect, test } from 'bun:test';
import { loadCatalog } from '../../../models/catalog.ts';
import { inlineParser } from '../render/inline.ts';
import { pageMarkdown } from '../render/markdown.ts';
import { overviewPage } from './overview-page.ts';

test('the overview counts the models that are served, not those that there are', () => {
  const catalog = loadCatalog();
  const text = (served: number): string => {
    const publicUrl = 'https://llm.example';
    const page = overviewPage({
      catalog,
      served: catalog.cards.slice(0, served),
      publicUrl,
      version: '0.0.0',
      simulated: false,
      operations: [],
      nowMs: 0,
    });
    return pageMarkdown(page, { inline: inlineParser(new Map()), publicUrl });
  };
  expect(text(2)).toMatch(/Any other of the \[2 models\]\S+ that are served here takes the same request/);
  expect(text(1)).not.toContain('Any other of the');
  expect(text(0)).not.toContain('Any other of the');
  expect(text(1)).not.toContain('No upstream is configured');
  expect(text(0)).toContain('No upstream is configured here: requests are refused.');
});
