import { GatewayError } from '../../errors/catalogue.ts';

/** Sent by the console's own script with every call; no page of another origin can add it without being asked first. */
export const CONSOLE_HEADER = 'x-bytespike-console';

/**
 * What acts must come from the console's own page. The cookie is `SameSite=Strict` already; this holds where a browser
 * does not know that, and where another port of the same host is somebody else's. Throws `permission_denied`.
 */
export function requireSameOrigin(request: Request): void {
  const { headers } = request;
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') throw refusal();
  const origin = headers.get('origin');
  if (origin !== null && (!URL.canParse(origin) || new URL(origin).host !== headers.get('host'))) throw refusal();
  if (request.method !== 'GET' && request.method !== 'HEAD' && !headers.has(CONSOLE_HEADER)) throw refusal();
}

const refusal = (): GatewayError =>
  new GatewayError(
    'permission_denied',
    "The console's own routes are not open to other pages; use the API with a key.",
  );
