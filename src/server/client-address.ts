import { BlockList, isIP } from 'node:net';

/** Finds the address that IP rules are judged by. */
export type ClientAddress = (peer: string, forwardedFor: string | null) => string;

/**
 * The peer's address; or, when the peer is a trusted proxy, the nearest address of `x-forwarded-for` that is not one
 * itself: what stands left of it could have been written by anybody.
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return (peer) => plain(peer);
  const trusted = new BlockList();
  for (const range of trustedProxies) {
    const [address, bits] = range.split('/') as [string, string | undefined];
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    trusted.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  const isTrusted = (address: string): boolean =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (peer, forwardedFor) => {
    let address = plain(peer);
    if (forwardedFor === null) return address;
    const hops = forwardedFor.split(',').map((hop) => plain(hop.trim().replace(/^\[|\](:\d+)?$/g, '')));
    while (isTrusted(address)) {
      const hop = hops.pop();
      if (hop === undefined || isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  };
}

/** IPv4 in IPv6 clothes is IPv4. */
function plain(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
