import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { cleanUp, serving, workingFolder } from '../../support/gateway-process.ts';
import { bringAxe } from './accessibility.ts';
import { launch } from './browser.ts';
import { type Watch, watch } from './watch.ts';

export const ADMIN_TOKEN = 'an-admin-token-of-more-than-thirty-two-characters';
export const KEY = 'sk-byts-a-bootstrap-key-of-thirty-two-characters';

export const DESKTOP = { width: 1440, height: 900 };
export const LAPTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** Walks over many pages take their time on a busy machine. */
export const SLOW_MS = 120_000;

/** A started gateway and a browser. */
export interface Scene {
  url: string;
  /** A page in a context of its own: nobody is logged in. */
  open: (options?: BrowserContextOptions) => Promise<OpenPage>;
  /** Calls the gateway's API. */
  call: (path: string, init?: { key?: string; method?: string; body?: unknown }) => Promise<Response>;
  close: () => Promise<void>;
}

export interface OpenPage extends Watch {
  page: Page;
  context: BrowserContext;
}

/** How long anything on a page may take before it counts as not coming. */
const PATIENCE_MS = 20_000;

export async function openScene(environment: Record<string, string> = {}): Promise<Scene> {
  const starting = workingFolder().then((folder) =>
    serving(folder, { BYTESPIKE_ADMIN_TOKEN: ADMIN_TOKEN, BYTESPIKE_BOOTSTRAP_KEY: KEY, ...environment }),
  );
  const [{ url }, browser] = (await Promise.all([starting, launch()])) as [{ url: string }, Browser];
  return {
    url,
    open: async (options = {}) => {
      const context = await browser.newContext({ baseURL: url, viewport: DESKTOP, ...options });
      context.setDefaultTimeout(PATIENCE_MS);
      await bringAxe(context);
      const page = await context.newPage();
      return { page, context, ...watch(page, url) };
    },
    call: (path, { key = KEY, method, body } = {}) =>
      fetch(`${url}${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    close: async () => {
      await browser.close();
      await cleanUp();
    },
  };
}
