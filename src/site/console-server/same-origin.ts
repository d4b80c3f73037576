import { GatewayError } from '../../errors/catalogue.ts';

/** Sent by the console's own script with every call; no page of another origin can add it without being asked first. */
const CONSOLE_HEADER = 'x-bytespike-console';

/**
 * What acts must come from the console's own page. The cookie is `SameSite=Strict` already; this holds where a browser
 * does not know that, and where another port of the same host is somebody else's. Its own page is at the host that was asked,
 * or at `publicUrl`: proxies name us by the address that they know us by. Throws `permission_denied`.
 */
export function requireSameOrigin(request: Request, publicUrl: string): void {
  const { headers } = request;
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') throw refusal();
  const origin = headers.get('origin');
  if (origin !== null && !isOwn(origin, headers.get('host'), publicUrl)) throw refusal();
  if (request.method !== 'GET' && request.method !== 'HEAD' && !headers.has(CONSOLE_HEADER)) throw refusal();
}

function isOwn(origin: string, host: string | null, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  return from.host === host || from.origin === new URL(publicUrl).origin;
}

const refusal = (): GatewayError =>
  new GatewayError(
    'permission_denied',
    "The console's own routes are not open to other pages; use the API with a key. Behind a proxy BYTESPIKE_PUBLIC_URL must be the address in your browser.",
  );
