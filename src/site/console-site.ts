import type { Bundle } from './bundle/load-bundle.ts';
import { loadBundle } from './bundle/load-bundle.ts';
import { API_PREFIX, type ConsoleApi, createConsoleApi } from './console-server/api.ts';
import type { ConsoleArrival, ConsoleOptions } from './console-server/console-options.ts';
import { shell } from './console-server/shell.ts';
import { type Content, serveContent } from './docs/shelf/content.ts';

export interface ConsoleSite<Arrival extends ConsoleArrival = ConsoleArrival> {
  /** Undefined: the path is not of the console. */
  handle(arrival: Arrival): Promise<Response | undefined>;
}

const ASSETS = '/console/assets/';

/**
 * The console: its page, the files that the page loads, and its API. The page is one for all addresses below `/console`;
 * its script shows what belongs to the address.
 */
export function createConsoleSite<Arrival extends ConsoleArrival>(
  options: ConsoleOptions<Arrival>,
): ConsoleSite<Arrival> {
  const api: ConsoleApi<Arrival> = createConsoleApi(options);
  let opening: Promise<{ bundle: Bundle; page: Content }> | undefined;
  const files = (): Promise<{ bundle: Bundle; page: Content }> => {
    opening ??= loadBundle()
      .then((bundle) => ({ bundle, page: shell(bundle.manifest, ASSETS) }))
      .catch((error: unknown) => {
        // What was wrong may be mended while the server runs.
        opening = undefined;
        throw error;
      });
    return opening;
  };
  return {
    async handle(arrival) {
      const { request, path } = arrival;
      if (path !== '/console' && !path.startsWith('/console/')) return undefined;
      if (path.startsWith(API_PREFIX)) return api(arrival);
      if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
      const { bundle, page } = await files();
      if (!path.startsWith(ASSETS)) return secured(await serveContent(page, request));
      const file = bundle.files.get(path.slice(ASSETS.length));
      return file === undefined ? undefined : secured(await serveContent(file, request));
    },
  };
}

/**
 * Only our own files, and calls to this very server. Nothing inline: text that slipped in would stay text, even where it
 * came from a model.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function secured(response: Response): Response {
  const { headers } = response;
  headers.set('content-security-policy', CONTENT_SECURITY_POLICY);
  headers.set('cross-origin-opener-policy', 'same-origin');
  headers.set('cross-origin-resource-policy', 'same-origin');
  headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()');
  return response;
}
