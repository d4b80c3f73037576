import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Request } from 'playwright-core';
import { cutModelNames, cutTables, seriousFindings, sidewaysScroll } from './support/accessibility.ts';
import { noBrowser, WHERE_THERE_IS_ONE } from './support/browser.ts';
import { logIn, places, settled } from './support/log-in.ts';
import { ADMIN_TOKEN, DESKTOP, KEY, LAPTOP, type OpenPage, openScene, PHONE, type Scene } from './support/scene.ts';
import { makeTraffic } from './support/traffic.ts';

/** Walks over many pages take their time on a busy machine. */
const SLOW_MS = 120_000;

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

  test('the log-in page is accessible, refuses a wrong secret in words, and works by keyboard alone', async () => {
    const { page, context, faults, expectStatus } = await scene.open({ viewport: PHONE });
    await page.goto('/console/wallet');
    const field = page.getByLabel('Admin token or API key');
    await field.waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    expectStatus(401);
    await page.keyboard.type('sk-byts-of-nobody');
    await page.keyboard.press('Enter');
    await page.getByText('This is neither an admin token nor an API key of this gateway.').waitFor();
    await field.fill('');
    await field.focus();
    await page.keyboard.type(ADMIN_TOKEN);
    await page.keyboard.press('Enter');
    // Where one wanted to go is where one arrives.
    await page.getByRole('heading', { name: 'Wallet', level: 1 }).waitFor();
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('who logs out is out, in the browser and at the gateway', async () => {
    const { page, context, faults, expectStatus } = await scene.open();
    await logIn(page, ADMIN_TOKEN);
    const [cookie] = await context.cookies(`${scene.url}/console`);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    expect(await page.evaluate<string>('document.cookie')).toBe('');
    expectStatus(401);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Admin token or API key').waitFor();
    await page.goto('/console/keys');
    await page.getByLabel('Admin token or API key').waitFor();
    expect(faults()).toEqual([]);
    await context.close();
  });

  test(
    'whose session ended elsewhere is told so, and who logged out is not',
    async () => {
      const { page, context, faults, expectStatus } = await scene.open();
      expectStatus(401);
      await logIn(page, ADMIN_TOKEN);
      const other = await context.newPage();
      await other.goto('/console');
      await other.getByRole('button', { name: 'Log out' }).click();
      await other.getByLabel('Admin token or API key').waitFor();
      const told = 'Your session has ended; log in again.';
      expect(await other.getByText(told).count()).toBe(0);
      await page.evaluate(`window.dispatchEvent(new Event('focus'))`);
      await page.getByText(told).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByLabel('Admin token or API key').fill(ADMIN_TOKEN);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByLabel('Admin token or API key').waitFor();
      expect(await page.getByText(told).count()).toBe(0);
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test('a late word of before the log-in logs nobody out', async () => {
    const { page, context, faults } = await scene.open();
    await page.goto('/console');
    await page.getByLabel('Admin token or API key').fill(KEY);
    const { promise: loggedIn, resolve } = Promise.withResolvers<void>();
    const { promise: late, resolve: came } = Promise.withResolvers<void>();
    await page.route('**/console/api/session', async (route) => {
      if (route.request().method() !== 'GET') return route.continue();
      const answer = await route.fetch();
      await loggedIn;
      await route.fulfill({ response: answer });
      came();
    });
    const asked = page.waitForRequest((request) => request.url().endsWith('/session') && request.method() === 'GET');
    await page.evaluate(`window.dispatchEvent(new Event('focus'))`);
    await asked;
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('navigation', { name: 'Console' }).waitFor();
    resolve();
    await late;
    await page.getByRole('link', { name: 'Limits' }).click();
    await page.getByRole('heading', { name: 'Limits', level: 1 }).waitFor();
    expect(await page.getByText('Your session has ended').count()).toBe(0);
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('a key that follows an administrator’s link to requests sees its own', async () => {
    const { page, context, faults } = await scene.open();
    await logIn(page, KEY);
    await page.goto('/console/requests?key=key_of_another');
    await page.locator('.requests tbody tr').first().waitFor();
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('how long ago something was goes on by itself', async () => {
    const { page, context, faults } = await scene.open();
    await page.clock.install();
    await logIn(page, ADMIN_TOKEN);
    await page.goto('/console/keys');
    const used = page.locator('tbody time').first();
    await used.waitFor();
    await page.clock.pauseAt(Date.now() + 3_600_000 * 5);
    await page.clock.runFor(10_000);
    await page.locator('tbody time').filter({ hasText: '5h ago' }).first().waitFor();
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('figures of any size are there in full', async () => {
    const { page, context, faults } = await scene.open();
    await logIn(page, ADMIN_TOKEN);
    await page.setViewportSize(PHONE);
    await page.route('**/console/api/manage/wallet', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), lifetime_topup_usd: '123456789012.5' } });
    });
    await page.goto('/console/wallet');
    await page.getByText('$123,456,789,012.50').waitFor();
    const cut = `[...document.querySelectorAll('.stat')].filter((cell) => cell.scrollWidth > cell.clientWidth).length`;
    expect(await page.evaluate<number>(cut)).toBe(0);
    const messages = [{ role: 'user', content: 'hi' }];
    const answered = await scene.call('/v1/chat/completions', { body: { model: 'deepseek-v4-pro', messages } });
    await answered.text();
    await page.route('**/console/api/manage/usage?*', async (route) => {
      const { data } = await (await route.fetch()).json();
      await route.fulfill({ json: { data: data.map((row: object) => ({ ...row, absorbed_usd: '6.0257004' })) } });
    });
    await page.goto(`/console/requests/${answered.headers.get('x-request-id')}`);
    await page.getByText('−$6.0257004').waitFor();
    const wide = `[...document.querySelectorAll('.table-scroll')].filter((table) => table.scrollWidth > table.clientWidth).length`;
    expect(await page.evaluate<number>(wide)).toBe(0);
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('a list that ends before the oldest key says so', async () => {
    const { page, context, faults } = await scene.open();
    await logIn(page, ADMIN_TOKEN);
    const listed = await scene.call('/api/v1/keys?limit=1', { key: ADMIN_TOKEN });
    const [row] = ((await listed.json()) as { data: object[] }).data;
    let made = 0;
    await page.route('**/console/api/manage/keys?*', (route) =>
      route.fulfill({
        json: {
          data: Array.from({ length: 1_000 }, () => ({ ...row, id: `key_${made}`, name: `key ${made++}` })),
          next_cursor: 'more',
        },
      }),
    );
    await page.goto('/console/keys');
    await page.getByText('of the newest 5,000 keys').waitFor();
    await page.getByText('npx bytespike keys list').waitFor();
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('a tab becomes what another tab has logged in as, and ends nothing of it', async () => {
    const { page, context, faults, expectStatus } = await scene.open();
    await logIn(page, KEY);
    const other = await context.newPage();
    await other.goto('/console');
    await other.getByRole('button', { name: 'Log out' }).click();
    await logIn(other, ADMIN_TOKEN);
    await other.goto('/console/keys/new');
    await other.getByLabel('Name', { exact: true }).fill('half-typed');
    // The first tab still takes itself for the key. It is not brought to the front: to look at it is to ask again.
    expectStatus(403);
    await page.getByRole('link', { name: 'Limits' }).dispatchEvent('click');
    await page.getByText('Administrator').waitFor();
    await other.bringToFront();
    await other.getByRole('button', { name: 'Create key' }).click();
    await other.getByRole('dialog', { name: 'Key half-typed is made' }).waitFor();
    expect(faults()).toEqual([]);
    await context.close();
  });

  test(
    'a key whose group has a factor is told so where prices are',
    async () => {
      const { page, context, faults } = await scene.open();
      await scene.call('/api/v1/groups', { key: ADMIN_TOKEN, body: { id: 'retail', multiplier: '1.25' } });
      const made = await scene.call('/api/v1/keys', { key: ADMIN_TOKEN, body: { name: 'buyer', group_id: 'retail' } });
      await logIn(page, ((await made.json()) as { key: string }).key);
      await page.goto('/console/models');
      await page.getByText('USD per 1M tokens; this key pays 1.25 times as much.').waitFor();
      await page.goto('/console/playground');
      await page.getByText('out per 1M tokens; this key pays 1.25 times as much').waitFor();
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test('a long key name and a long model name fit, names keep their direction to themselves', async () => {
    const { page, context, faults } = await scene.open({ viewport: LAPTOP });
    const name = 'n'.repeat(200);
    const made = await scene.call('/api/v1/keys', { key: ADMIN_TOKEN, body: { name } });
    const { id, key } = (await made.json()) as { id: string; key: string };
    const messages = [{ role: 'user', content: 'Hello' }];
    await (await scene.call('/v1/chat/completions', { key, body: { model: 'deepseek-v4-pro', messages } })).text();
    const lost = await scene.call('/v1/chat/completions', { key, body: { model: 'm'.repeat(90), messages } });
    await logIn(page, ADMIN_TOKEN);
    await page.goto('/console/wallet');
    const link = page.locator('.ledger-key bdi', { hasText: name }).first();
    await link.waitFor();
    expect(await cutTables(page)).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of [`requests/${lost.headers.get('x-request-id')}`, `keys/${id}`, 'wallet']) {
      await page.goto(`/console/${path}`);
      await settled(page);
      expect([path, await sidewaysScroll(page)]).toEqual([path, 0]);
    }
    expect(faults()).toEqual([]);
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

  test('rotate a key, whose old secret is refused then, and revoke it for good', async () => {
    const { page, context, faults } = await scene.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const made = await scene.call('/api/v1/keys', { key: ADMIN_TOKEN, body: { name: 'rotated' } });
    const { id, key: first } = (await made.json()) as { id: string; key: string };
    const opens = async (key: string): Promise<number> => (await scene.call('/v1/models', { key })).status;
    expect(await opens(first)).toBe(200);
    await logIn(page, ADMIN_TOKEN);
    await page.goto(`/console/keys/${id}`);
    await page.getByRole('button', { name: 'Rotate' }).click();
    await page.getByRole('dialog', { name: 'Rotate rotated' }).getByRole('button', { name: 'Rotate' }).click();
    await page.getByRole('button', { name: 'Copy the secret' }).click();
    await page.getByText('Copied').first().waitFor();
    const second = await page.evaluate<string>('navigator.clipboard.readText()');
    expect([await opens(first), await opens(second)]).toEqual([401, 200]);
    await page.getByLabel('I have put the secret away safely').check();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    await page.getByText('revoked', { exact: true }).first().waitFor();
    expect(await opens(second)).toBe(401);
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('a chart says what it shows at the pointer, and has the same as a table', async () => {
    const { page, context, faults } = await scene.open();
    await logIn(page, ADMIN_TOKEN);
    const card = page.locator('.card', { has: page.getByRole('heading', { name: 'Requests by hour' }) });
    const box = await card.locator('.u-over').boundingBox();
    if (box === null) throw new Error('the chart is not drawn');
    // Now is the last bar.
    await page.mouse.move(box.x + box.width - 4, box.y + box.height / 2);
    const answered = card.locator('.chart-tip p', { hasText: 'Answered' }).locator('strong');
    await answered.waitFor();
    const shown = await answered.innerText();
    await card.getByRole('button', { name: 'Show table' }).click();
    expect(await card.locator('tbody tr').last().locator('td').first().innerText()).toBe(shown);
    expect(faults()).toEqual([]);
    await context.close();
  });

  test('a page of another origin gets nothing done with the session', async () => {
    const { page, context } = await scene.open();
    await logIn(page, ADMIN_TOKEN);
    // The same host under another name: the browser keeps it apart, and sends no cookie of ours along.
    const foreign = await context.newPage();
    await foreign.goto(scene.url.replace('127.0.0.1', 'localhost'));
    const attempt = `fetch('${scene.url}/console/api/manage/keys', {
      method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ name: 'forged' }),
    }).catch(() => undefined)`;
    await foreign.evaluate(attempt);
    const names = await (await scene.call('/api/v1/keys', { key: ADMIN_TOKEN })).json();
    expect(JSON.stringify(names)).not.toContain('forged');
    await context.close();
  });

  test(
    'make a key, call with it, watch it fill up its limit, be refused, and top up the wallet',
    async () => {
      const { page, context, faults } = await scene.open({ permissions: ['clipboard-read', 'clipboard-write'] });
      await logIn(page, ADMIN_TOKEN);
      await page.getByRole('link', { name: 'Keys', exact: true }).click();
      await page.getByRole('link', { name: 'Create key' }).click();
      await page.getByLabel('Name', { exact: true }).fill('river-tests');
      await page.getByLabel('For life, USD').fill('0.002');
      await page.getByRole('button', { name: 'Create key' }).click();
      const made = page.getByRole('dialog', { name: 'Key river-tests is made' });
      await made.getByRole('button', { name: 'Copy the secret' }).click();
      await made.getByText('Copied').first().waitFor();
      const secret = await page.evaluate<string>('navigator.clipboard.readText()');
      expect(secret).toStartWith('sk-byts-');
      await made.getByLabel('I have put the secret away safely').check();
      await made.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('heading', { name: 'river-tests', level: 1 }).waitFor();
      // The secret is nowhere on the page any more.
      expect(await page.content()).not.toContain(secret);

      const last = await useUp(scene, secret);
      expect(last.status).toBe(402);
      expect(((await last.json()) as { error: { code: string } }).error.code).toBe('quota_exceeded');
      await page.reload();
      const bar = page.getByRole('meter', { name: 'For life' });
      await bar.waitFor();
      expect(Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(50);

      await page.getByRole('link', { name: 'Wallet', exact: true }).click();
      await page.getByRole('button', { name: 'Top up' }).click();
      const topUp = page.getByRole('dialog', { name: 'Top up the wallet' });
      await topUp.getByLabel('Amount, USD').fill('nothing');
      await topUp.getByRole('button', { name: 'Top up' }).click();
      await topUp.getByText('An amount in USD above 0').waitFor();
      await topUp.getByLabel('Amount, USD').fill('12.509');
      await topUp.getByLabel('Note').fill('invoice of the tests');
      await topUp.getByRole('button', { name: 'Top up' }).dblclick();
      await topUp.waitFor({ state: 'detached' });
      // Nowhere more than there is.
      await page.getByText('$12.50 are in the wallet.').first().waitFor();
      expect(await page.getByText('were booked already').count()).toBe(0);
      const booked = page.getByRole('row').filter({ hasText: 'invoice of the tests' });
      await booked.waitFor();
      expect(await booked.getByTitle('12.509 USD exactly').textContent()).toBe('$12.50');
      const wallet = (await (await scene.call('/api/v1/wallet', { key: ADMIN_TOKEN })).json()) as Record<
        string,
        string
      >;
      expect(wallet.lifetime_topup_usd).toBe('112.509');
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );
});

describe.skipIf(noBrowser)(`log-ins in a browser ${WHERE_THERE_IS_ONE}`, () => {
  test('are limited, and the page says for how long', async () => {
    const scene = await openScene();
    const { page, context, faults, expectStatus } = await scene.open();
    expectStatus(401, 429);
    await page.goto('/console');
    const refusal = page.getByText(/neither an admin token|Too many failed log-ins from your address\. Wait \d+ s/);
    const limited = page.getByText(/Too many failed log-ins from your address\. Wait \d+ s/);
    for (let attempt = 0; attempt < 15 && !(await limited.isVisible()); attempt++) {
      await page.getByLabel('Admin token or API key').fill(`sk-byts-of-nobody-${attempt}`);
      const answered = page.waitForResponse((response) => response.url().endsWith('/console/api/session'));
      await page.getByRole('button', { name: 'Log in' }).click();
      await answered;
      await refusal.waitFor();
    }
    await limited.waitFor();
    expect(faults()).toEqual([]);
    await context.close();
    await scene.close();
  });
});

/** Calls with a key until it is refused; resolves to the refusal. */
async function useUp(scene: Scene, key: string): Promise<Response> {
  for (let call = 0; call < 50; call++) {
    const answer = await scene.call('/v1/chat/completions', {
      key,
      body: { model: 'deepseek-v4-pro', max_tokens: 1024, messages: [{ role: 'user', content: 'Name a river.' }] },
    });
    if (answer.status !== 200) return answer;
    await answer.text();
  }
  throw new Error('the limit was never reached');
}
