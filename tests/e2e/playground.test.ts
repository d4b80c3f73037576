import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { noBrowser, WHERE_THERE_IS_ONE } from './support/browser.ts';
import { logIn } from './support/log-in.ts';
import { ADMIN_TOKEN, DESKTOP, KEY, openScene, PHONE, type Scene } from './support/scene.ts';
import { paste } from './support/shell.ts';

const SLOW_MS = 60_000;

describe.skipIf(noBrowser)(`playground and requests in a browser ${WHERE_THERE_IS_ONE}`, () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await openScene();
  }, SLOW_MS);
  afterAll(() => scene.close());

  async function playground(secret: string) {
    const open = await scene.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await logIn(open.page, secret);
    // The overview of one who has sent nothing leads there too.
    await open.page.getByRole('navigation').getByRole('link', { name: 'Playground' }).click();
    await open.page.getByLabel('Your message').waitFor();
    return open;
  }

  /** Says something and waits for the answer's figures: the number of answers tells which. */
  async function say(page: Page, text: string, answers: number) {
    await page.getByLabel('Your message').fill(text);
    await page.keyboard.press('Enter');
    const answer = page.getByRole('article', { name: /^Answer of/ }).nth(answers - 1);
    await answer.getByText('Total').waitFor();
    await answer.getByText('counting…').waitFor({ state: 'detached' });
    return answer;
  }

  for (const protocol of ['Chat Completions', 'Messages']) {
    test(
      `an answer over ${protocol}: reasoning folded apart, calls shown, their results sent back, what it took`,
      async () => {
        const { page, context, faults } = await playground(ADMIN_TOKEN);
        await page.getByRole('button', { name: protocol, exact: true }).click();
        const first = await say(page, 'Reply with exactly: <b>not markup</b>', 1);
        // All that a model says is text.
        await first.getByText('<b>not markup</b>', { exact: true }).waitFor();
        const reasoning = first.locator('details.reasoning');
        expect(await reasoning.getAttribute('open')).toBeNull();
        await reasoning.locator('summary').click();
        await reasoning.getByText('The user writes').waitFor();
        for (const figure of ['Cost', 'Tokens', 'First token', 'Total'])
          await first.getByText(figure).first().waitFor();
        expect(await first.locator('.answer-figures').innerText()).toMatch(/\$0\.0\d/);

        await page.getByLabel('Tools', { exact: true }).check();
        const calls = await say(page, 'What is the weather in Oslo and in Lima?', 2);
        expect(await calls.locator('.call').allInnerTexts()).toEqual([
          expect.stringContaining('Oslo'),
          expect.stringContaining('Lima'),
        ]);
        // What the answer took can be read above the form for the results.
        const gap = async (): Promise<number> => {
          const figures = await calls.locator('.answer-figures').boundingBox();
          const form = await page.locator('.composer').boundingBox();
          return figures === null || form === null ? Number.NaN : form.y - (figures.y + figures.height);
        };
        // The page follows what it grows by at its next frame.
        for (let look = 0; look < 50 && !((await gap()) >= 0); look++) await Bun.sleep(20);
        expect(await gap()).toBeGreaterThanOrEqual(0);
        // One form takes the other's place, and the focus with it.
        const focus = page.locator(':focus');
        await page
          .getByLabel(/^Result 1 of 2/)
          .and(focus)
          .waitFor();
        await page.keyboard.press('ControlOrMeta+A');
        await page.keyboard.insertText('{"sky": "purple snow"}');
        await page.getByRole('button', { name: 'Send results' }).press('Enter');
        await page.getByLabel('Your message').and(focus).waitFor();
        await page
          .getByRole('article', { name: /^Answer of/ })
          .nth(2)
          .getByText('purple snow')
          .waitFor();
        expect(faults()).toEqual([]);
        await context.close();
      },
      SLOW_MS,
    );
  }

  test(
    'JSON mode, and a stop in mid-answer',
    async () => {
      const { page, context, faults } = await playground(KEY);
      await page.getByLabel('Answer as').selectOption('object');
      const json = await say(page, 'Answer in JSON: where is Paris?', 1);
      JSON.parse(await json.locator('pre').first().innerText());

      await page.getByLabel('Answer as').selectOption('text');
      // Longer than a slow machine takes to reach for the button.
      await page.getByLabel('Max tokens').fill('60000');
      await page.getByRole('button', { name: 'Messages', exact: true }).click();
      await page.getByLabel('Your message').fill('Write 20000 words about rivers.');
      await page.keyboard.press('Enter');
      const long = page.getByRole('article', { name: /^Answer of/ }).nth(1);
      await long.locator('details.reasoning').waitFor();
      // The page takes the click however fast the words come.
      await long.locator('.prose').nth(1).waitFor();
      await page.getByRole('button', { name: 'Stop' }).click();
      await long.getByText('Stopped by you.').waitFor();
      // What one types next goes there.
      await page.getByLabel('Your message').and(page.locator(':focus')).waitFor();
      await long.getByText('counting…').waitFor({ state: 'detached' });
      expect(await long.locator('.answer-figures').innerText()).toMatch(/[1-9]\d* out/);

      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test(
    'nothing is sent under settings that are wrong: neither a question again, nor results of calls',
    async () => {
      const { page, context, faults } = await playground(KEY);
      await say(page, 'Hello', 1);
      await page.getByLabel('Max tokens').fill('many');
      await page.getByText('Mend the settings first.').waitFor();
      expect(await page.getByRole('button', { name: 'Ask again' }).count()).toBe(0);
      // On a phone the settings are folded away.
      await page.setViewportSize(PHONE);
      await page.getByText('Mend the settings first.').waitFor();
      await page.setViewportSize(DESKTOP);
      await page.getByLabel('Max tokens').fill('2048');
      await page.getByRole('button', { name: 'Ask again' }).waitFor();

      await page.getByLabel('Tools', { exact: true }).check();
      await say(page, 'What is the weather in Oslo?', 2);
      await page.getByLabel('Tools as JSON').fill('[{');
      await page.getByText('Mend the settings first.').waitFor();
      expect(await page.getByRole('button', { name: 'Send result' }).isDisabled()).toBe(true);
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test(
    'who logs out ends the answer that runs',
    async () => {
      const { page, context, faults } = await playground(KEY);
      await page.getByLabel('Max tokens').fill('60000');
      await page.getByLabel('Your message').fill('Write 20000 words about rivers.');
      const left = page.waitForEvent('requestfailed', (request) => request.url().includes('/console/api/run/'));
      await page.keyboard.press('Enter');
      await page.locator('details.reasoning').waitFor();
      await page.getByRole('button', { name: 'Log out' }).click();
      await left;
      await page.getByLabel('Admin token or API key').waitFor();
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test(
    'a refusal stands there in words',
    async () => {
      const body = { name: 'poor', quota: '0.000001' };
      const made = await scene.call('/api/v1/keys', { key: ADMIN_TOKEN, body });
      const { page, context, faults, expectStatus } = await playground(((await made.json()) as { key: string }).key);
      expectStatus(402);
      await page.getByLabel('Your message').fill('Hello');
      await page.keyboard.press('Enter');
      const refusal = page.getByRole('article', { name: /^Answer of/ }).getByRole('alert');
      await refusal.getByText('402 quota_exceeded').waitFor();
      await page.getByText('nothing billed').waitFor();
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test(
    'what is asked can be copied as curl, and answers in a shell',
    async () => {
      const { page, context, faults } = await playground(KEY);
      for (const [protocol, answer] of [
        ['Chat Completions', /chat\.completion/],
        ['Messages', /message_start/],
      ] as const) {
        await page.getByRole('button', { name: protocol, exact: true }).click();
        await page.getByRole('button', { name: 'Show as code' }).click();
        const dialog = page.getByRole('dialog', { name: 'This request as code' });
        for (const language of ['Python', 'TypeScript', 'curl']) {
          await dialog.getByRole('button', { name: language, exact: true }).click();
        }
        await dialog.getByRole('button', { name: /^Copy/ }).click();
        await dialog.getByText('Copied').first().waitFor();
        expect(await paste(await page.evaluate<string>('navigator.clipboard.readText()'))).toMatch(answer);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
      }
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test(
    'requests arrive while one looks, also those that failed, and each shows its whole road',
    async () => {
      const { page, context, faults } = await scene.open();
      await logIn(page, ADMIN_TOKEN);
      await page.getByRole('link', { name: 'Requests', exact: true }).click();
      await page.getByRole('heading', { name: 'Requests', level: 1 }).waitFor();
      const messages = [{ role: 'user', content: 'Hello there' }];
      const good = await scene.call('/v1/messages', {
        body: { model: 'claude-opus-4-8', max_tokens: 2048, messages },
      });
      const bad = await scene.call('/v1/chat/completions', { body: { model: 'no-such-model', messages } });
      const link = (response: Response) =>
        page.locator(`a[href$="/requests/${response.headers.get('x-request-id')}"]`).first();
      await link(bad).waitFor();
      await link(good).click();
      await page.getByRole('heading', { name: 'Request', level: 1 }).waitFor();
      await page.getByText(good.headers.get('x-request-id')!).first().waitFor();
      for (const step of ['Reserve the cost', 'Wait for the upstream']) await page.getByText(step).first().waitFor();
      // What it took is what its row says, so that a restart changes nothing.
      const usage = await scene.call(`/api/v1/usage?request_id=${good.headers.get('x-request-id')}`, {
        key: ADMIN_TOKEN,
      });
      const [row] = ((await usage.json()) as { data: { duration_ms: number }[] }).data;
      const total = page.locator('.stat', { hasText: 'Total' }).locator('.figure');
      expect(await total.getAttribute('title')).toBe(`${row?.duration_ms} ms`);
      await page.goBack();
      await link(bad).click();
      await page
        .getByText(/no-such-model/)
        .first()
        .waitFor();
      // One that failed before it could stream is none that was not streamed.
      const refused = await scene.call('/v1/chat/completions', {
        body: { model: 'deepseek-v4-pro', stream: true, store: true, messages },
      });
      await page.goto(`/console/requests/${refused.headers.get('x-request-id')}`);
      await page.locator('.stat', { hasText: 'First token' }).getByText('none came').waitFor();
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );

  test(
    'a key sees its own requests and nobody else’s',
    async () => {
      const messages = [{ role: 'user', content: 'Hello there' }];
      const made = await scene.call('/api/v1/keys', { key: ADMIN_TOKEN, body: { name: 'another' } });
      const { key } = (await made.json()) as { key: string };
      const mine = await scene.call('/v1/chat/completions', { key, body: { model: 'deepseek-v4-flash', messages } });
      const other = await scene.call('/v1/chat/completions', { body: { model: 'deepseek-v4-flash', messages } });
      const { page, context, faults } = await scene.open();
      await logIn(page, key);
      await page.goto('/console/requests');
      await page
        .locator(`a[href$="/requests/${mine.headers.get('x-request-id')}"]`)
        .first()
        .waitFor();
      const foreign = other.headers.get('x-request-id')!;
      expect(await page.locator(`a[href$="/requests/${foreign}"]`).count()).toBe(0);
      await page.goto(`/console/requests/${foreign}`);
      await page.getByText('No such request is known.').waitFor();
      expect(faults()).toEqual([]);
      await context.close();
    },
    SLOW_MS,
  );
});
