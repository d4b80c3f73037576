import { isIP } from 'node:net';
import { GatewayError } from '../errors/catalogue.ts';
import { AddressList, parseRange, plainAddress } from './address-list.ts';

/** Who may call: the deny list wins; an allow list that is not empty must name the address. */
export interface IpRules {
  allows(ip: string): boolean;
}

/** Lists of addresses and CIDR ranges, v4 and v6, checked before by `checkIpRules`. */
export function compileIpRules(allow: readonly string[], deny: readonly string[]): IpRules {
  const allowed = new AddressList(allow);
  const denied = new AddressList(deny);
  return {
    allows(ip) {
      // An address that nobody can read is outside every list: with an allow list it stays out.
      if (isIP(plainAddress(ip)) === 0) return allow.length === 0 && deny.length === 0;
      return !denied.has(ip) && (allow.length === 0 || allowed.has(ip));
    },
  };
}

/** Throws GatewayError `invalid_param` that names `field` and the rule at fault. */
export function checkIpRules(rules: readonly string[], field: string): void {
  for (const [index, rule] of rules.entries()) {
    if (parseRange(rule) === undefined) {
      throw new GatewayError(
        'invalid_param',
        `${field}[${index}] is no address or range. Give IPv4 or IPv6, alone or as CIDR: "203.0.113.7", "10.0.0.0/8", "2001:db8::/32".`,
        { param: `${field}[${index}]` },
      );
    }
  }
}
