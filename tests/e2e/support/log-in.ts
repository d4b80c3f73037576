import type { Page } from 'playwright-core';

/** Logs in at the console as people do, and waits for the menu. */
export async function logIn(page: Page, secret: string): Promise<void> {
  await page.goto('/console');
  await page.getByLabel('Admin token or API key').fill(secret);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation', { name: 'Console' }).waitFor();
}

/** The addresses of the menu, the documentation left out. */
export async function places(page: Page): Promise<string[]> {
  const hrefs = await page
    .getByRole('navigation', { name: 'Console' })
    .getByRole('link')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  return hrefs.filter((href): href is string => href?.startsWith('/console') === true);
}

/** Until a page of the console has what it asked for: nothing is marked as loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  // Not waitForFunction: the policy of the site forbids the eval that it asks again with.
  await page.locator('[aria-busy="true"], .loading').first().waitFor({ state: 'detached' });
}
