import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cutTables, sidewaysScroll } from './support/accessibility.ts';
import { noBrowser, WHERE_THERE_IS_ONE } from './support/browser.ts';
import { logIn, settled } from './support/log-in.ts';
import { ADMIN_TOKEN, KEY, LAPTOP, openScene, PHONE, type Scene, SLOW_MS } from './support/scene.ts';
import { makeTraffic } from './support/traffic.ts';

describe.skipIf(noBrowser)(`the console in a browser ${WHERE_THERE_IS_ONE}`, () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await openScene();
    await makeTraffic(scene);
  }, SLOW_MS);
  afterAll(() => scene.close());

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
    // Until everything is there: what comes later moves the chart away from below the pointer.
    await settled(page);
    const plot = card.locator('.u-over');
    const width = (await plot.boundingBox())?.width ?? 0;
    const time = card.locator('.chart-tip-time');
    const answered = card.locator('.chart-tip p', { hasText: 'Answered' }).locator('strong');
    // Now is the last bar; the calls are in the one before it if an hour has begun since.
    for (const x of [width - 4, width - 4 - width / 25]) {
      await plot.hover({ position: { x, y: 100 } });
      await time.waitFor();
      if ((await answered.count()) > 0) break;
    }
    const figure = await answered.innerText();
    const hour = await time.innerText();
    await card.getByRole('button', { name: 'Show table' }).click();
    const row = card.getByRole('row').filter({ hasText: hour });
    expect(await row.locator('td').first().innerText()).toBe(figure);
    expect(faults()).toEqual([]);
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
