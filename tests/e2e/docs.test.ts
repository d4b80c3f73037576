import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { seriousFindings, sidewaysScroll } from './support/accessibility.ts';
import { noBrowser, WHERE_THERE_IS_ONE } from './support/browser.ts';
import { DESKTOP, openScene, PHONE, type Scene, SLOW_MS } from './support/scene.ts';
import { paste } from './support/shell.ts';

describe.skipIf(noBrowser)(`the documentation in a browser ${WHERE_THERE_IS_ONE}`, () => {
  let scene: Scene;
  let paths: string[];

  beforeAll(async () => {
    scene = await openScene();
    const { page, context } = await scene.open();
    await page.goto('/');
    expect(new URL(page.url()).pathname).toBe('/docs');
    const hrefs = await page
      .locator('nav.side a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    paths = hrefs.filter((href) => href !== null);
    expect(paths.length).toBeGreaterThan(20);
    await context.close();
  }, SLOW_MS);
  afterAll(() => scene.close());

  test(
    'every page is sound, accessible in both themes, and fits a phone',
    async () => {
      const { page, context, faults } = await scene.open();
      const found: Record<string, string[]> = {};
      for (const path of paths) {
        await page.setViewportSize(DESKTOP);
        await page.emulateMedia({ colorScheme: 'light' });
        await page.goto(path);
        const wrong = await seriousFindings(page);
        // Another theme changes colours alone.
        await page.emulateMedia({ colorScheme: 'dark' });
        wrong.push(...(await seriousFindings(page, ['color-contrast'])));
        await page.setViewportSize(PHONE);
        const sideways = await sidewaysScroll(page);
        if (sideways > 0) wrong.push(`scrolls sideways by ${sideways} pixels`);
        wrong.push(...faults());
        if (wrong.length > 0) found[path] = wrong;
      }
      expect(found).toEqual({});
      await context.close();
    },
    SLOW_MS,
  );

  test('a phone shows the prices of the billing guide in full: $0.435 cut off reads $0.43', async () => {
    const { page, context, faults } = await scene.open({ viewport: PHONE });
    await page.goto('/docs/guides/limits-and-billing');
    const prices = page.getByRole('cell', { name: /^\$/ });
    expect(await prices.count()).toBeGreaterThan(3);
    const frame = await page.getByRole('main').getByRole('paragraph').first().boundingBox();
    for (const price of await prices.all()) {
      const box = await price.boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual((frame?.x ?? 0) + (frame?.width ?? 0));
    }
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('reads without scripts: tabs switch, and the menu of a phone opens and leads on', async () => {
    const { page, context, faults } = await scene.open({ javaScriptEnabled: false, viewport: PHONE });
    await page.goto('/docs/models/deepseek-v4-pro');
    const tabs = page.getByRole('group', { name: 'OpenAI Chat Completions' });
    await tabs.getByText('from openai import OpenAI').waitFor({ state: 'hidden' });
    await tabs.getByText('Python', { exact: true }).first().click();
    await tabs.getByText('from openai import OpenAI').waitFor();
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('navigation', { name: 'Documentation' }).getByRole('link', { name: 'Errors' }).click();
    await page.getByRole('heading', { name: 'Errors', level: 1 }).waitFor();
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('the quickstart that the page copies answers in a shell, on both protocols', async () => {
    const { page, context, faults } = await scene.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto('/docs/models/deepseek-v4-pro');
    for (const [protocol, answer] of [
      ['OpenAI Chat Completions', /"object":"chat.completion"/],
      ['Anthropic Messages', /"type":"message"/],
    ] as const) {
      const example = page.getByRole('group', { name: protocol });
      await example.getByRole('button', { name: 'Copy' }).first().click();
      await example.getByRole('button', { name: 'Copied' }).first().waitFor();
      expect(await paste(await page.evaluate<string>('navigator.clipboard.readText()'))).toMatch(answer);
    }
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('who picks a language sees it everywhere, on the next page too', async () => {
    const { page, context, faults } = await scene.open();
    await page.goto('/docs/guides/quickstart');
    await page.getByText('TypeScript', { exact: true }).first().click();
    await page.getByText("import Anthropic from '@anthropic-ai/sdk'").waitFor();
    await page.goto('/docs/models/gpt-5-4');
    await page.getByText("import OpenAI from 'openai'").waitFor();
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('light or dark is chosen once for documentation and console, and is there before the page is drawn', async () => {
    const { page, context, faults } = await scene.open({ colorScheme: 'light' });
    const chosen = (): Promise<string> => page.evaluate<string>('document.documentElement.dataset.theme');
    await page.goto('/docs');
    const before = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    await page.getByRole('button', { name: 'Use dark colours' }).click();
    expect(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')).not.toBe(before);
    expect(await seriousFindings(page, ['color-contrast'])).toEqual([]);
    await page.goto('/docs/pricing', { waitUntil: 'commit' });
    await page.locator('h1').waitFor();
    expect(await chosen()).toBe('dark');
    await page.goto('/console');
    await page.getByRole('button', { name: 'Use light colours' }).click();
    await page.goto('/docs');
    expect(await chosen()).toBe('light');
    // Without a choice both follow the system, and so does what their switch offers.
    await page.evaluate('localStorage.clear()');
    for (const path of ['/docs', '/console']) {
      await page.goto(path);
      await page.getByRole('button', { name: 'Use dark colours' }).waitFor();
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.getByRole('button', { name: 'Use light colours' }).waitFor();
      await page.emulateMedia({ colorScheme: 'light' });
    }
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('the list of sections marks the one that is read', async () => {
    const { page, context, faults } = await scene.open();
    await page.goto('/docs/models/deepseek-v4-pro#capabilities');
    const sections = page.getByRole('navigation', { name: 'On this page' });
    await sections.locator('[aria-current]', { hasText: 'Capabilities' }).waitFor();
    await page.evaluate('scrollTo(0, 0)');
    await sections.locator('[aria-current]').waitFor({ state: 'detached' });
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('the rate card sorts by what a column holds, by keyboard too', async () => {
    const { page, context, faults } = await scene.open();
    await page.goto('/docs/pricing');
    const table = page.getByRole('table', { name: 'Rate card, in USD per 1M tokens' });
    const column = async (index: number): Promise<number[]> =>
      (await table.locator(`tbody tr > :nth-child(${index})`).allTextContents()).map((text) => Number(text.slice(1)));
    const head = table.getByRole('columnheader', { name: 'Output' });
    await head.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    const ascending = await column(3);
    expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
    await page.keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    expect(await column(3)).toEqual(ascending.toReversed());
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('what goes wrong would be noticed', async () => {
    const { page, context, faults } = await scene.open();
    await page.goto('/docs/models/no-such-model');
    await page.evaluate("console.error('a fault'); setTimeout(() => { throw new Error('another') })");
    await page.evaluate("fetch('http://other.invalid/').catch(() => {})");
    await page.evaluate("document.querySelector('main').prepend(document.createElement('button'))");
    const noticed = faults().join('\n');
    for (const fault of [
      'answer 404: GET',
      'status of 404',
      'console error: a fault',
      'uncaught: another',
      'other.invalid',
    ]) {
      expect(noticed).toContain(fault);
    }
    expect((await seriousFindings(page)).join()).toStartWith('button-name at ');
    await context.close();
  });

  test('the keyboard goes past the navigation, and a page that is not there says so', async () => {
    const { page, context, faults, expectStatus } = await scene.open();
    await page.goto('/docs');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('content');
    expectStatus(404);
    await page.goto('/docs/models/no-such-model');
    await page.getByRole('heading', { name: 'Not found' }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'table of models' }).click();
    await page.getByRole('heading', { name: 'Models', level: 1 }).waitFor();
    expect(faults()).toEqual([]);
    await context.close();
  });
});
