import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';

const source = readFileSync(Bun.resolveSync('axe-core/axe.min.js', import.meta.dir), 'utf8');

/** Brings axe into every page of a context, past the policy of the site, which lets no foreign script in. */
export const bringAxe = (context: BrowserContext): Promise<unknown> => context.addInitScript(source);

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
}

const SERIOUS = ['serious', 'critical'];

/** Serious findings of axe, one line each; `rules` limits what it looks at. */
export async function seriousFindings(page: Page, rules?: string[]): Promise<string[]> {
  const options = rules === undefined ? {} : { runOnly: { type: 'rule', values: rules } };
  const violations = await page.evaluate<Violation[]>(
    `axe.run(document, ${JSON.stringify({ ...options, resultTypes: ['violations'] })}).then(({ violations }) => violations)`,
  );
  return violations
    .filter(({ impact }) => SERIOUS.includes(impact))
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id} at ${node.target.join(' ')}: ${node.failureSummary}`));
}

/** By how many pixels the page is wider than the screen, once it is drawn: 0 unless it scrolls sideways. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate<number>(`new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
    resolve(document.documentElement.scrollWidth - document.documentElement.clientWidth);
  })))`);

/** Tables whose last columns are out of sight until somebody scrolls them, by name and by how many pixels. */
export const cutTables = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`[...document.querySelectorAll('.table-scroll')]
    .map((table) => [table.getAttribute('aria-label'), table.scrollWidth - table.clientWidth])
    .filter(([, pixels]) => pixels > 0)
    .map(([name, pixels]) => 'the table ' + name + ' is cut by ' + pixels + ' pixels')`);

/** Names of models that are not seen in full in a table. */
export const cutModelNames = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`[...document.querySelectorAll('tbody th:has(a[href^="/docs/models/"]), .request-model > *')]
    .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
    .map(({ textContent }) => 'the name ' + textContent + ' is cut')`);
