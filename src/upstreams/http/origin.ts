import { isIP } from 'node:net';

/** Where a request goes: what a URL says, taken apart once. */
export interface Target {
  /** Requests of one origin may share connections. */
  origin: string;
  tls: boolean;
  hostname: string;
  /**
   * What its TLS is told that it is called: nothing where it has an address alone (RFC 6066, 3). Its certificate is checked for
   * that.
   */
  serverName: string;
  port: number;
  /** Of the `host` header. */
  host: string;
  /** Path and query. */
  path: string;
}

/** Of the few URLs that upstreams have; what is beyond is taken apart each time. */
const MAX_KNOWN = 1000;
const known = new Map<string, Target>();

/** Throws TypeError for what is no http or https URL. */
export function targetOf(url: string): Target {
  const found = known.get(url);
  if (found !== undefined) return found;
  const { protocol, hostname, port, host, pathname, search } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('an upstream is reached by http or https');
  const tls = protocol === 'https:';
  const plain = hostname.replace(/^\[|\]$/g, '');
  const target: Target = {
    origin: `${protocol}//${host}`,
    tls,
    hostname: plain,
    serverName: isIP(plain) === 0 ? plain : '',
    port: port === '' ? (tls ? 443 : 80) : Number(port),
    host,
    path: pathname + search,
  };
  if (known.size < MAX_KNOWN) known.set(url, target);
  return target;
}
