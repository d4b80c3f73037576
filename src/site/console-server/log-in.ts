import { GatewayError } from '../../errors/catalogue.ts';
import type { Key } from '../../keys/key.ts';
import { LoginLimiter } from '../../limits/login-limiter.ts';
import type { ConsoleArrival, ConsoleOptions } from './console-options.ts';
import type { Session } from './sessions.ts';

/** Who a secret belongs to. */
type LogIn = (arrival: ConsoleArrival) => Promise<Pick<Session, 'kind' | 'name' | 'keyId' | 'secret'>>;

export const LOG_IN_PATH = '/console/api/session';
/** Anybody may send one. */
export const LOG_IN_BYTES = 4 * 1024;

/** Longer ones are nobody's, and need not be hashed. Characters. */
const LONGEST_SECRET = 512;

/**
 * Reads `{"secret": …}` and finds the admin token or the key that it is. Wrong secrets are counted by address, keys and
 * tokens together. The answer to a wrong one says nothing about which it nearly was.
 * Throws `invalid_param`, `request_too_large`, `invalid_api_key`, `rate_limit_exceeded`, `permission_denied`.
 */
export function createLogIn(options: Pick<ConsoleOptions, 'verifyAdmin' | 'findKey' | 'allowsAddress' | 'now'>): LogIn {
  const logins = new LoginLimiter();
  const now = options.now ?? Date.now;
  return async (arrival) => {
    const secret = await readSecret(arrival.request);
    const { clientIp } = arrival;
    const token = options.verifyAdmin(secret);
    const key = token === undefined ? options.findKey(secret) : undefined;
    const known = token === undefined ? key?.id : `admin ${token.name}`;
    const wait = logins.blockedFor(clientIp);
    // Who has been in from there before stays welcome: a stranger behind the same address cannot lock others out.
    if (wait !== undefined && (known === undefined || !logins.knows(clientIp, known))) {
      throw new GatewayError('rate_limit_exceeded', `Too many failed log-ins from your address. Wait ${wait} s.`, {
        retryAfterSeconds: wait,
      });
    }
    if (token !== undefined) {
      logins.succeeded(clientIp, `admin ${token.name}`);
      return { kind: 'admin', name: token.name, keyId: undefined, secret };
    }
    const reason = key === undefined ? UNKNOWN : (whyShut(key, now()) ?? whyNotFrom(clientIp, key, options));
    if (key === undefined || reason !== undefined) {
      logins.failed(clientIp);
      throw new GatewayError('invalid_api_key', reason ?? UNKNOWN);
    }
    logins.succeeded(clientIp, key.id);
    return { kind: 'key', name: key.name, keyId: key.id, secret };
  };
}

const UNKNOWN = 'This is neither an admin token nor an API key of this gateway.';

async function readSecret(request: Request): Promise<string> {
  const body: unknown = await request.json().catch((error: unknown) => {
    // It did not come; any other fault is that of its text.
    if (error instanceof GatewayError) throw error;
    return undefined;
  });
  const secret = typeof body === 'object' && body !== null && 'secret' in body ? body.secret : undefined;
  if (typeof secret !== 'string' || secret.trim() === '') {
    throw new GatewayError('invalid_param', 'secret must be an admin token or an API key.', { param: 'secret' });
  }
  if (secret.length > LONGEST_SECRET) throw new GatewayError('invalid_api_key', UNKNOWN);
  return secret.trim();
}

/** Why a key opens nothing now; undefined: it opens. */
export function whyShut(key: Key, nowMs: number): string | undefined {
  if (key.status !== 'active') return `This API key is ${key.status}.`;
  return key.expiresAt !== undefined && key.expiresAt <= nowMs ? 'This API key has expired.' : undefined;
}

/** Why a key does not open from an address; undefined: it does. */
export function whyNotFrom(
  clientIp: string,
  key: Key,
  { allowsAddress }: Pick<ConsoleOptions, 'allowsAddress'>,
): string | undefined {
  return allowsAddress(key, clientIp) ? undefined : 'This API key may not be used from your address.';
}
