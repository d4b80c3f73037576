import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { seriousFindings, sidewaysScroll } from './support/accessibility.ts';
import { noBrowser, WHERE_THERE_IS_ONE } from './support/browser.ts';
import { logIn } from './support/log-in.ts';
import { ADMIN_TOKEN, KEY, openScene, PHONE, type Scene, SLOW_MS } from './support/scene.ts';

describe.skipIf(noBrowser)(`the console in a browser ${WHERE_THERE_IS_ONE}`, () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await openScene();
  }, SLOW_MS);
  afterAll(() => scene.close());

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
});

describe.skipIf(noBrowser)(`log-ins in a browser ${WHERE_THERE_IS_ONE}`, () => {
  test(
    'are limited, and the page says for how long',
    async () => {
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
    },
    SLOW_MS,
  );
});
