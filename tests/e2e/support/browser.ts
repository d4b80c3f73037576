import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PLACES = [
  '/usr/bin/chromium',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Chromium or Chrome of this machine: `BYTESPIKE_TEST_BROWSER`, else by its usual names. Undefined: there is none. */
const browserPath: string | undefined =
  process.env.BYTESPIKE_TEST_BROWSER ??
  NAMES.map((name) => Bun.which(name)).find((path) => path !== null) ??
  PLACES.find((path) => existsSync(path));

/** For `describe.skipIf`; the reason stands in the name of what is skipped. */
export const noBrowser = browserPath === undefined;
export const WHERE_THERE_IS_ONE = '(skipped where there is no Chromium)';

export function launch(): Promise<Browser> {
  if (browserPath === undefined) throw new Error('there is no browser on this machine');
  return chromium.launch({
    executablePath: browserPath,
    // Containers have no user namespaces and little shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
}
