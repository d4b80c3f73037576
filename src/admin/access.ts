import { isIP } from 'node:net';
import type { OpenedMoney } from '../billing/index.ts';
import { GatewayError } from '../errors/catalogue.ts';
import type { Actor } from '../keys/actor.ts';
import type { AdminToken, Key } from '../keys/key.ts';
import type { LoginLimiter } from '../limits/login-limiter.ts';

/** Who is at the other end. */
export interface Peer {
  /** Address of the client, as far as it is to be believed. */
  ip: string;
  /** Set when the call came over the control socket, which only the owner of the data folder can open. */
  admin?: { name: string };
}

/** Throws `permission_denied` (host, origin), `rate_limit_exceeded` (failed log-ins), `invalid_api_key`. */
export function authenticateAdmin(
  deps: { money: OpenedMoney; publicUrl: string },
  logins: LoginLimiter,
  request: Request,
  peer: Peer,
): Actor {
  if (peer.admin !== undefined) return { name: peer.admin.name, ip: '' };
  checkHost(request.headers, deps.publicUrl);
  return { name: findAdmin(deps.money, logins, request.headers, peer.ip).name, ip: peer.ip };
}

/** Whose token the headers carry. Throws `rate_limit_exceeded` (failed log-ins), `invalid_api_key`. */
export function findAdmin(money: OpenedMoney, logins: LoginLimiter, headers: Headers, ip: string): AdminToken {
  const secret = bearer(headers);
  const token = secret === undefined ? undefined : money.directory.findToken(secret);
  const wait = logins.blockedFor(ip);
  if (wait !== undefined && (token === undefined || !logins.knows(ip, token.id))) {
    throw new GatewayError(
      'rate_limit_exceeded',
      `Too many failed log-ins from your address. Try again in ${wait} s.`,
      { retryAfterSeconds: wait },
    );
  }
  if (token === undefined) {
    // Asking without a token is no guess.
    if (secret !== undefined) logins.failed(ip);
    throw new GatewayError(
      'invalid_api_key',
      'Missing or unknown admin token. Send `Authorization: Bearer <admin token>`; `npx bytespike admin reset` makes a new one.',
    );
  }
  logins.succeeded(ip, token.id);
  return token;
}

/** The key that asks about itself. Throws `invalid_api_key`, `permission_denied`. */
export function authenticateKey(money: OpenedMoney, request: Request, peer: Peer): Key {
  const secret = request.headers.get('x-api-key')?.trim() || bearer(request.headers);
  const key = secret === undefined ? undefined : money.findKey(secret);
  if (key === undefined) {
    throw new GatewayError(
      'invalid_api_key',
      'Missing or unknown API key. Send `Authorization: Bearer sk-byts-…` or `x-api-key: sk-byts-…`.',
    );
  }
  if (key.status !== 'active') throw new GatewayError('invalid_api_key', `This API key is ${key.status}.`);
  if (key.expiresAt !== undefined && key.expiresAt <= money.now()) {
    throw new GatewayError('invalid_api_key', 'This API key has expired.');
  }
  if (!money.directory.allowsAddress(key, peer.ip)) {
    throw new GatewayError('permission_denied', 'This API key may not be used from your address.');
  }
  return key;
}

/**
 * A page of a stranger must not act here through the browser of someone inside: neither under a name of its own that
 * leads to our address (host), nor from its own origin (origin). An address cannot be led elsewhere, so it may be asked.
 */
function checkHost(headers: Headers, publicUrl: string): void {
  const host = headers.get('host') ?? '';
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  const name = url?.hostname.replace(/^\[|\]$/g, '').toLowerCase() ?? '';
  const own = URL.canParse(publicUrl) ? new URL(publicUrl).hostname.toLowerCase() : undefined;
  if (isIP(name) === 0 && name !== 'localhost' && name !== own) {
    throw new GatewayError(
      'permission_denied',
      'The management API is not asked under this host name. Use an address, localhost, or the host of BYTESPIKE_PUBLIC_URL.',
    );
  }
  const origin = headers.get('origin');
  if (origin === null) return;
  if (!URL.canParse(origin) || new URL(origin).host !== url?.host) {
    throw new GatewayError('permission_denied', 'The management API is not open to pages of another origin.');
  }
}

function bearer(headers: Headers): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1];
}
