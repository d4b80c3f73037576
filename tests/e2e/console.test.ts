import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Request } from 'playwright-core';
import { cutModelNames, cutTables, seriousFindings, sidewaysScroll } from './support/accessibility.ts';
import { noBrowser, WHERE_THERE_IS_ONE } from './support/browser.ts';
import { logIn, places, settled } from './support/log-in.ts';
import {
  ADMIN_TOKEN,
  DESKTOP,
  KEY,
  LAPTOP,
  type OpenPage,
  openScene,
  PHONE,
  type Scene,
  SLOW_MS,
} from './support/scene.ts';
import { makeTraffic } from './support/traffic.ts';

describe.skipIf(noBrowser)(`the console in a browser ${WHERE_THERE_IS_ONE}`, () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await openScene();
    await makeTraffic(scene);
  }, SLOW_MS);
  afterAll(() => scene.close());

  /** Every place of the menu, in both themes and on a phone: path → what is wrong there. */
  async function walk({ page, faults }: OpenPage): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    for (const path of await places(page)) {
      await page.setViewportSize(DESKTOP);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(path);
      await settled(page);
      const wrong = [...(await cutTables(page)), ...(await seriousFindings(page))];
      await page.emulateMedia({ colorScheme: 'dark' });
      wrong.push(...(await seriousFindings(page, ['color-contrast'])));
      await page.setViewportSize(LAPTOP);
      wrong.push(...(await cutTables(page)), ...(await cutModelNames(page)));
      await page.setViewportSize(PHONE);
      wrong.push(...(await cutTables(page)));
      const sideways = await sidewaysScroll(page);
      if (sideways > 0) wrong.push(`scrolls sideways by ${sideways} pixels`);
      wrong.push(...faults());
      if (wrong.length > 0) found[path] = wrong;
    }
    return found;
  }

  test(
    'every page of an administrator is sound, accessible in both themes, and fits a phone',
    async () => {
      const open = await scene.open();
      await logIn(open.page, ADMIN_TOKEN);
      expect((await places(open.page)).length).toBeGreaterThan(5);
      expect(await walk(open)).toEqual({});
      await open.context.close();
    },
    SLOW_MS,
  );

  test(
    'so is every page of a key, which sees itself alone',
    async () => {
      const open = await scene.open();
      await logIn(open.page, KEY);
      const paths = await places(open.page);
      expect(paths).toContain('/console/limits');
      expect(paths).not.toContain('/console/keys');
      expect(paths).not.toContain('/console/wallet');
      expect(await walk(open)).toEqual({});
      // What it may not see has no address either.
      await open.page.goto('/console/keys');
      await open.page.getByText('There is nothing at this address.').waitFor();
      await open.context.close();
    },
    SLOW_MS,
  );

  test(
    'what was asked yesterday, whose times name the day, fits as well',
    async () => {
      const { page, context, faults } = await scene.open();
      await page.clock.setFixedTime(Date.now() + 86_400_000);
      await logIn(page, ADMIN_TOKEN);
      for (const path of ['requests', 'wallet']) {
        await page.goto(`/console/${path}`);
        await settled(page);
        for (const size of [DESKTOP, LAPTOP, PHONE]) {
          await page.setViewportSize(size);
          expect([path, size, await sidewaysScroll(page), await cutTables(page)]).toEqual([path, size, 0, []]);
        }
      }
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test(
    'a page that cannot be loaded leaves the rest, and comes with another try',
    async () => {
      const { page, context } = await scene.open();
      await logIn(page, ADMIN_TOKEN);
      const keys = async (): Promise<void> => {
        await page.getByRole('link', { name: 'Keys' }).first().click();
        await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor();
      };
      await keys();
      const chunks = /\/console\/assets\/chunk-[^/]*\.js/;
      await page.route(chunks, (route) => route.abort());
      await page.getByRole('link', { name: 'Wallet' }).first().click();
      await page.getByText('This page could not be loaded').waitFor();
      await keys();
      await page.getByRole('link', { name: 'Wallet' }).first().click();
      await page.unroute(chunks);
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('heading', { level: 1, name: 'Wallet' }).waitFor();
      await context.close();
    },
    SLOW_MS,
  );

  test(
    'every page has its title while it loads, and says in words when the gateway refuses',
    async () => {
      const { page, context, faults, expectStatus } = await scene.open();
      await logIn(page, ADMIN_TOKEN);
      const { data } = (await (await scene.call('/api/v1/keys', { key: ADMIN_TOKEN })).json()) as {
        data: { id: string }[];
      };
      const key = `/console/keys/${data[0]?.id}`;
      const paths = [...(await places(page)), key, `${key}/edit`, '/console/requests/req_of_nobody'];
      expectStatus(403);
      const wrong: Record<string, string[]> = {};
      for (const path of paths) {
        // All questions of the page are held, and refused once it was seen to wait for them.
        const seen = Promise.withResolvers<void>();
        await page.route(/\/console\/api\/(?!session)/, async (route) => {
          await seen.promise;
          await route.fulfill({ status: 403, json: { error: { message: 'Not on a Sunday.' } } });
        });
        await page.goto(path);
        await page.locator('.loading').first().waitFor();
        await page.getByRole('heading', { level: 1 }).waitFor();
        const findings = await seriousFindings(page);
        seen.resolve();
        await page.getByRole('alert').getByText('Not on a Sunday.').first().waitFor();
        await page.getByRole('heading', { level: 1 }).waitFor();
        findings.push(...(await seriousFindings(page)));
        if (findings.length > 0) wrong[path] = findings;
        await page.unroute(/\/console\/api\/(?!session)/);
      }
      expect(wrong).toEqual({});
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test('the first look at the console, overview and its figures included, is light', async () => {
    const { page, context } = await scene.open();
    await logIn(page, ADMIN_TOKEN);
    await settled(page);
    const session = await context.newCDPSession(page);
    await session.send('Network.clearBrowserCache');
    const requests: Request[] = [];
    page.on('requestfinished', (request) => requests.push(request));
    await page.goto('/console');
    await settled(page);
    const sizes = await Promise.all(requests.map((request) => request.sizes()));
    const bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
    expect(requests.map((request) => new URL(request.url()).pathname)).toContain('/console/api/manage/usage');
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(300_000);
    await context.close();
  });

  test(
    'the keyboard goes on where something was refused, and Escape closes the menu of a phone',
    async () => {
      const { page, context, faults, expectStatus } = await scene.open();
      await logIn(page, ADMIN_TOKEN);
      await page.setViewportSize(PHONE);
      await page.goto('/console/keys/new');
      const name = page.getByLabel('Name', { exact: true });
      await name.fill('refused');
      await page.getByLabel('Only from these addresses').fill('nowhere');
      expectStatus(400);
      await page.getByRole('button', { name: 'Create key' }).press('Enter');
      const field = page.getByLabel('Only from these addresses');
      await field.and(page.locator('[aria-invalid="true"]:focus')).waitFor();
      await page.getByText('line 1: nowhere is no address or range.').waitFor();
      // What is about no field leaves the focus on the button.
      expectStatus(500);
      await page.route('**/console/api/manage/keys', (route) =>
        route.fulfill({ status: 500, json: { error: { message: 'Not on a Sunday.' } } }),
      );
      const create = page.getByRole('button', { name: 'Create key' });
      await create.press('Enter');
      await page.getByText('Not on a Sunday.').waitFor();
      await create.and(page.locator(':focus')).waitFor();

      const menu = page.getByRole('button', { name: 'Open the menu' });
      await menu.press('Enter');
      await page.getByRole('link', { name: 'Wallet' }).focus();
      await page.keyboard.press('Escape');
      await menu.and(page.locator(':focus')).waitFor();
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test(
    'what is live says so while it is answered, and that it is not while it is not',
    async () => {
      const { page, context } = await scene.open();
      await logIn(page, ADMIN_TOKEN);
      await page.getByRole('link', { name: 'Requests', exact: true }).click();
      await page.getByText('Live', { exact: true }).waitFor();
      await page.route(/\/console\/api\//, (route) => route.fulfill({ status: 400, json: {} }));
      await page.getByText('Not live').waitFor();
      await page.unroute(/\/console\/api\//);
      await page.getByText('Live', { exact: true }).waitFor();
      await context.close();
    },
    SLOW_MS,
  );

  test('a page that was asked for while the gateway was down comes by itself once it is back', async () => {
    const { page, context } = await scene.open();
    await logIn(page, ADMIN_TOKEN);
    await settled(page);
    await page.route(/\/console\//, (route) => route.abort('connectionrefused'));
    await page.getByRole('link', { name: 'Wallet' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Page not loaded' }).waitFor();
    await page.unroute(/\/console\//);
    await page.getByRole('heading', { level: 1, name: 'Wallet' }).waitFor();
    // The same of the console as a whole.
    await page.route(/\/console\/api\//, (route) => route.abort('connectionrefused'));
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Not loaded' }).waitFor();
    await page.unroute(/\/console\/api\//);
    await page.getByRole('heading', { level: 1, name: 'Wallet' }).waitFor();
    await context.close();
  });
});
