import { BlockList, isIP, isIPv4 } from 'node:net';

/**
 * Addresses and CIDR ranges, v4 and v6. A family is judged by its own ranges alone: `::/0` is every IPv6 address and no
 * IPv4 one. An IPv4 address in IPv6 clothes is an IPv4 address, in a range and in what is looked up.
 */
export class AddressList {
  readonly #ipv4 = new BlockList();
  readonly #ipv6 = new BlockList();

  /** What is no range is left out; see `parseRange`. */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const parsed = parseRange(range);
      if (parsed === undefined) continue;
      const { address, bits, family } = parsed;
      this.#of(family).addSubnet(address, bits, family);
    }
  }

  /** False for what is no address. */
  has(text: string): boolean {
    const address = plainAddress(text);
    if (isIP(address) === 0) return false;
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    return this.#of(family).check(address, family);
  }

  #of(family: 'ipv4' | 'ipv6'): BlockList {
    return family === 'ipv4' ? this.#ipv4 : this.#ipv6;
  }
}

/** `10.0.0.0/8`, `203.0.113.7`, `2001:db8::/32`; undefined when it is none of these. */
export function parseRange(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const match = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text.trim());
  const written = match?.[1] ?? '';
  if (isIP(written) === 0) return undefined;
  const address = plainAddress(written);
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const most = family === 'ipv4' ? 32 : 128;
  if (match?.[2] === undefined) return { address, bits: most, family };
  // A mapped range counts its bits from the 96 of the prefix.
  const bits = Number(match[2]) - (isIPv4(address) && !isIPv4(written) ? 96 : 0);
  return bits < 0 || bits > most ? undefined : { address, bits, family };
}

/** Without a zone, and IPv4 where it is mapped (`::ffff:192.0.2.1`, `::ffff:c000:201`): a listener on `::` sees it so. */
export function plainAddress(ip: string): string {
  if (!ip.includes(':')) return ip;
  const address = ip.replace(/%.*$/, '');
  if (!/ffff:/i.test(address) || isIP(address) !== 6) return address;
  // The URL parser writes every spelling of an address the same way.
  const mapped = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(new URL(`http://[${address}]`).hostname);
  if (mapped === null) return address;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
