import type { Page } from 'playwright-core';

/** What went wrong in a page although nobody looked at it. */
export interface Watch {
  /** Since the last look; what was expected is left out. */
  faults(): string[];
  /** Faults that the test brings about: an answer of this status is none, nor what the browser's console says of it. */
  expectStatus(...statuses: number[]): void;
}

/** Notes errors in the console, failed requests, answers from 400 on, and requests to other hosts. */
export function watch(page: Page, origin: string): Watch {
  let faults: string[] = [];
  const expected = new Set<number>();
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const status = /the server responded with a status of (\d+)/.exec(message.text())?.[1];
    if (status !== undefined && expected.has(Number(status))) return;
    faults.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const { protocol, origin: host } = new URL(request.url());
    if (protocol !== 'data:' && host !== origin) faults.push(`request to another host: ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // A page that is left ends what it was asking for, and so does who stops a stream.
    if (reason !== 'net::ERR_ABORTED') faults.push(`failed: ${request.method()} ${request.url()} ${reason}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !expected.has(response.status())) {
      faults.push(`answer ${response.status()}: ${response.request().method()} ${response.url()}`);
    }
  });
  return {
    faults: () => {
      const found = faults;
      faults = [];
      return found;
    },
    expectStatus: (...statuses) => {
      for (const status of statuses) expected.add(status);
    },
  };
}
