import { GatewayError } from '../../errors/catalogue.ts';
import type { ConsoleArrival, ConsoleOptions } from './console-options.ts';
import type { Session } from './sessions.ts';

/** Paths below it are those of the management API below `/api/v1/`. */
export const MANAGEMENT_PREFIX = '/console/api/manage/';

/**
 * Hands a call of the console to the management API under the session's own secret, which the browser never sees.
 * A key reaches only what is about itself, and an administrator, who is no key, all the rest. Throws `permission_denied`, `not_found`.
 */
export async function manage(
  admin: ConsoleOptions['admin'],
  session: Session,
  { request, path, clientIp }: ConsoleArrival,
): Promise<Response> {
  const rest = path.slice(MANAGEMENT_PREFIX.length);
  if (rest.startsWith('me/') !== (session.kind === 'key')) {
    throw new GatewayError(
      'permission_denied',
      session.kind === 'key'
        ? 'Only an administrator sees this. Log in with the admin token.'
        : 'Only a key sees this, of itself. Log in with the key.',
    );
  }
  const answer = await admin(asManagement(request, `/api/v1/${rest}`, session.secret), { ip: clientIp });
  if (answer === undefined) throw new GatewayError('not_found', 'The management API has no such route.');
  return answer;
}

/** The browser's host and origin go along: the management API judges them itself. */
function asManagement(request: Request, path: string, secret: string): Request {
  const url = new URL(request.url);
  url.pathname = path;
  const headers = new Headers({ authorization: `Bearer ${secret}` });
  for (const name of ['host', 'origin', 'content-type']) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const body = request.method === 'GET' || request.method === 'HEAD' ? null : request.body;
  return new Request(url.href, { method: request.method, headers, body });
}
