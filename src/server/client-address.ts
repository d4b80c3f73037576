import { isIP, isIPv4 } from 'node:net';
import { AddressList, plainAddress } from '../limits/address-list.ts';

/** Finds the address that IP rules are judged by. */
export type ClientAddress = (peer: string, forwardedFor: string | null) => string;

/**
 * The peer's address; or, when the peer is a trusted proxy, the nearest address of `x-forwarded-for` that is not one
 * itself: what stands left of it could have been written by anybody.
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return plainAddress;
  const trusted = new AddressList(trustedProxies);
  return (peer, forwardedFor) => {
    let address = plainAddress(peer);
    if (forwardedFor === null) return address;
    const hops = forwardedFor.split(',').map((hop) => plainAddress(withoutPort(hop.trim())));
    while (trusted.has(address)) {
      const hop = hops.pop();
      if (hop === undefined || isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  };
}

/** Some proxies write the port too: `203.0.113.7:4711`, `[2001:db8::1]:4711`. */
const withoutPort = (hop: string): string =>
  hop.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');

/** True for an address of this machine alone, however it is written, and for its name. */
export function isLoopback(host: string): boolean {
  const address = plainAddress(host.toLowerCase());
  return address === '::1' || address === 'localhost' || (isIPv4(address) && address.startsWith('127.'));
}
