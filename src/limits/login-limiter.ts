import { isIPv6 } from 'node:net';
import { RollingWindow } from './rolling-window.ts';

/** Failed log-ins that an address may have in a minute. */
const MOST_FAILURES = 10;
/** Addresses remembered; beyond that the ones that failed longest ago are forgotten. */
const MOST_ADDRESSES = 10_000;

/**
 * Slows guessing of admin tokens down. Someone who has logged in from an address before stays welcome there with that
 * token, so that a stranger behind the same address cannot lock the operator out. Minutes are of a clock that only goes
 * forward, whatever is done to the machine's time.
 */
export class LoginLimiter {
  readonly #now: () => number;
  readonly #failures = new Map<string, RollingWindow>();
  readonly #known = new Set<string>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Seconds to wait when the address has failed too often; undefined: it may try. */
  blockedFor(ip: string): number | undefined {
    const nowMs = this.#now();
    const failures = this.#failures.get(network(ip));
    const freeAt = failures?.fitsAt(1n, BigInt(MOST_FAILURES), nowMs) ?? nowMs;
    return freeAt === nowMs ? undefined : Math.max(1, Math.ceil((freeAt - nowMs) / 1000));
  }

  failed(ip: string): void {
    const nowMs = this.#now();
    const from = network(ip);
    const failures = this.#failures.get(from) ?? new RollingWindow(59_000, 59);
    // Set anew, so that the map's order is that of the last failure.
    this.#failures.delete(from);
    this.#failures.set(from, failures);
    failures.add(1n, nowMs, nowMs);
    forgetOldest(this.#failures, MOST_ADDRESSES);
  }

  succeeded(ip: string, tokenId: string): void {
    this.#known.add(`${network(ip)} ${tokenId}`);
    forgetOldest(this.#known, MOST_ADDRESSES);
  }

  /** True when this token was used from there before. */
  knows(ip: string, tokenId: string): boolean {
    return this.#known.has(`${network(ip)} ${tokenId}`);
  }
}

/** Whoever has one IPv6 address has the 2^64 beside it too. */
function network(ip: string): string {
  if (!isIPv6(ip) || /^::ffff:\d+\./i.test(ip)) return ip;
  const [head = '', tail = ''] = ip.replace(/%.*$/, '').split('::');
  const front = head.split(':').filter((part) => part !== '');
  const back = ip.includes('::') ? tail.split(':').filter((part) => part !== '') : [];
  const middle = Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0');
  return [...front, ...middle, ...back].slice(0, 4).join(':');
}

function forgetOldest(
  entries: { size: number; keys(): Iterator<string>; delete(key: string): boolean },
  most: number,
): void {
  if (entries.size <= most) return;
  const oldest = entries.keys().next();
  if (oldest.done !== true) entries.delete(oldest.value);
}
