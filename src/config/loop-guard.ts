import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { ConfigError } from './config-error.ts';
import type { NamedUrl } from './vendor-accounts.ts';

/** Where the gateway itself can be reached. */
interface OwnAddress {
  port: number;
  publicUrl: string | undefined;
}

const LOOKUP_TIMEOUT_MS = 1_000;

/**
 * Throws `ConfigError` for an upstream address that is this gateway: users export the base-URL variables for their
 * clients, and a server that reads the same variables would call itself until everything is used up.
 */
export async function refuseOwnListener(urls: NamedUrl[], own: OwnAddress): Promise<void> {
  for (const { label, url } of urls) {
    if (await isOwnListener(url, own)) {
      throw new ConfigError(
        label,
        'is the address of this gateway itself',
        "the upstream's address, or unset for its default",
      );
    }
  }
}

/** True for our port on any address of this machine, by number or by name, and for the public URL. */
async function isOwnListener(url: string, own: OwnAddress): Promise<boolean> {
  const parsedUrl = new URL(url);
  const { port, protocol } = parsedUrl;
  const host = hostOf(parsedUrl);
  if (own.publicUrl !== undefined) {
    const publicUrl = new URL(own.publicUrl);
    if (hostOf(publicUrl) === host && publicUrl.port === port) return true;
  }
  const effectivePort = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  // Port 0 is not known yet; a request that comes back is still refused by its installation id.
  if (effectivePort !== own.port || own.port === 0) return false;
  const addresses = await resolveHost(host);
  if (addresses.some(isLoopback)) return true;
  const ours = ownAddresses();
  return addresses.some((address) => ours.has(address));
}

/** A host by one name, however it is written: without brackets and the dot of the root. */
function hostOf({ hostname }: URL): string {
  const bare = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return isIP(bare) === 0 ? bare : canonical(bare);
}

async function resolveHost(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  if (host === 'localhost' || host.endsWith('.localhost') || host === hostname().toLowerCase()) return ['127.0.0.1'];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<[]>((resolve) => {
    timer = setTimeout(resolve, LOOKUP_TIMEOUT_MS, []);
  });
  // A name that does not resolve is no listener of ours; the upstream's own errors will tell about it.
  const found = await Promise.race([lookup(host, { all: true }).catch(() => []), late]);
  clearTimeout(timer);
  return found.map(({ address }) => canonical(address));
}

function ownAddresses(): Set<string> {
  let found: ReturnType<typeof networkInterfaces>;
  try {
    found = networkInterfaces();
  } catch {
    // A sandbox may not let us ask. A request that comes back is still refused by its installation id.
    return new Set();
  }
  return new Set(
    Object.values(found)
      .flatMap((addresses) => addresses ?? [])
      .map(({ address }) => canonical(address)),
  );
}

function isLoopback(address: string): boolean {
  // The unspecified addresses connect to this machine too.
  return address.startsWith('127.') || address === '::1' || address === '0.0.0.0' || address === '::';
}

/** Drops the zone and unwraps IPv4 in IPv6, which URL and resolver write differently. */
function canonical(address: string): string {
  const bare = address.replace(/%.*$/, '').toLowerCase();
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1];
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(bare);
  if (hex === null) return dotted ?? bare;
  const [high, low] = [Number.parseInt(hex[1]!, 16), Number.parseInt(hex[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
