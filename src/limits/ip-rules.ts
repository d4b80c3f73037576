import { BlockList, isIP, isIPv4 } from 'node:net';
import { GatewayError } from '../errors/catalogue.ts';

/** Who may call: the deny list wins; an allow list that is not empty must name the address. */
export interface IpRules {
  allows(ip: string): boolean;
}

/** Lists of addresses and CIDR ranges, v4 and v6, checked before by `checkIpRules`. */
export function compileIpRules(allow: readonly string[], deny: readonly string[]): IpRules {
  const allowed = toList(allow);
  const denied = toList(deny);
  return {
    allows(text) {
      const ip = plainAddress(text);
      // An address that nobody can read is outside every list: with an allow list it stays out.
      if (isIP(ip) === 0) return allow.length === 0 && deny.length === 0;
      const family = isIPv4(ip) ? 'ipv4' : 'ipv6';
      if (denied.check(ip, family)) return false;
      return allow.length === 0 || allowed.check(ip, family);
    },
  };
}

/** Throws GatewayError `invalid_param` that names `field` and the rule at fault. */
export function checkIpRules(rules: readonly string[], field: string): void {
  for (const [index, rule] of rules.entries()) {
    if (parseRule(rule) === undefined) {
      throw new GatewayError(
        'invalid_param',
        `${field}[${index}] is no address or range. Give IPv4 or IPv6, alone or as CIDR: "203.0.113.7", "10.0.0.0/8", "2001:db8::/32".`,
        { param: `${field}[${index}]` },
      );
    }
  }
}

function toList(rules: readonly string[]): BlockList {
  const list = new BlockList();
  for (const rule of rules) {
    const parsed = parseRule(rule);
    if (parsed === undefined) continue;
    if (parsed.bits === undefined) list.addAddress(parsed.address, parsed.family);
    else list.addSubnet(parsed.address, parsed.bits, parsed.family);
  }
  return list;
}

function parseRule(rule: string): { address: string; bits: number | undefined; family: 'ipv4' | 'ipv6' } | undefined {
  const match = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(rule.trim());
  const written = match?.[1] ?? '';
  if (isIP(written) === 0) return undefined;
  const address = plainAddress(written);
  // A mapped range counts its bits from the 96 of the prefix.
  const mapped = address === written ? 0 : 96;
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (match?.[2] === undefined) return { address, bits: undefined, family };
  const bits = Number(match[2]) - mapped;
  return bits < 0 || bits > (family === 'ipv4' ? 32 : 128) ? undefined : { address, bits, family };
}

/** `::ffff:192.0.2.1` → `192.0.2.1`: a listener on `::` sees IPv4 clients so. */
function plainAddress(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  return mapped?.[1] ?? ip.replace(/%.*$/, '');
}
