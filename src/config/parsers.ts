import { isIP } from 'node:net';
import { quote, Refusal } from './config-error.ts';

/** Turns the text of a setting into its value; throws `Refusal` with what is wrong and what is allowed. */
export type Parser<T> = (text: string) => T;

export function wholeNumber(min: number, max: number, unit = ''): Parser<number> {
  const allowed = `a whole number from ${min} to ${max}${unit}`;
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new Refusal(`${quote(text)} is not a number in range`, allowed);
    return value;
  };
}

export function oneOf<const T extends string>(...values: T[]): Parser<T> {
  return (text) => {
    const found = values.find((value) => value === text.toLowerCase());
    if (found === undefined) throw new Refusal(`${quote(text)} is not known`, values.join(', '));
    return found;
  };
}

/** An address or a host name to listen on, without port. */
export function host(text: string): string {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (isIP(bare) === 0 && !isHostName(bare)) {
    throw new Refusal(`${quote(text)} is no host`, 'an IP address or a host name, without scheme and port');
  }
  return bare;
}

/** An http(s) URL that paths can be appended to. Returned without trailing slash. */
export function baseUrl(text: string): string {
  const allowed = 'an http:// or https:// URL without user, query and fragment';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Refusal(`${quoteUrl(text)}is no http URL`, allowed);
  }
  // Not quoted: what stands before the @ is a secret.
  if (url.username !== '' || url.password !== '') throw new Refusal('holds a user name or password', allowed);
  if (url.search !== '' || url.hash !== '') throw new Refusal('has a query or a fragment', allowed);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/**
 * What was to be a URL, for a message, with a space behind: nothing where it may be a secret, or have one in it. A key that
 * was pasted into the wrong variable has no scheme.
 */
function quoteUrl(text: string): string {
  return text.includes('://') && !text.includes('@') ? `${quote(text.replace(/[?#].*/s, ''))} ` : '';
}

/** USD as a decimal with up to nine places, or `unlimited`. Kept as text: money is never a float. */
export function credit(text: string): string {
  if (text === 'unlimited' || /^\d{1,9}(\.\d{1,9})?$/.test(text)) return text;
  throw new Refusal(`${quote(text)} is no amount`, 'USD as a decimal such as 100 or 12.50, or unlimited');
}

/** Comma-separated addresses and CIDR ranges. */
export function ipRanges(text: string): string[] {
  return list(text).map((range) => {
    const [address = '', prefix, ...rest] = range.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? 0 : /^\d{1,3}$/.test(prefix) ? Number(prefix) : 999;
    if (family === 0 || rest.length > 0 || bits > (family === 4 ? 32 : 128)) {
      throw new Refusal(
        `${quote(range)} is no address range`,
        'addresses and CIDR ranges such as 10.0.0.0/8, with commas',
      );
    }
    return range;
  });
}

/** Comma-separated origins as browsers send them, or `*`. */
export function origins(text: string): string[] {
  return list(text).map((origin) => {
    if (origin === '*') return origin;
    const url = URL.canParse(origin) ? new URL(origin) : undefined;
    const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.origin === origin.replace(/\/$/, '');
    if (!isOrigin || origin.includes('*')) {
      throw new Refusal(
        `${quoteUrl(origin)}is no origin`,
        'whole origins such as https://console.example.com, with commas, or * alone for all',
      );
    }
    return url.origin;
  });
}

/** A secret of our own. The text never appears in a message. */
export function ownSecret(text: string): string {
  const allowed = 'at least 32 printable ASCII characters without spaces';
  if (text.length < 32) throw new Refusal(`has ${text.length} characters`, allowed);
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Refusal('has characters that do not fit into a header', allowed);
  return text;
}

/** A vendor's secret. One of our own keys here would make the gateway call itself. */
export function upstreamCredential(text: string): string {
  const allowed = "the vendor's own API key";
  if (text.startsWith('sk-byts-')) {
    throw new Refusal('begins with sk-byts-, so it is a key of this gateway and not of an upstream', allowed);
  }
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new Refusal('has spaces or characters that do not fit into a header', allowed);
  return text;
}

export function postgresUrl(text: string): string {
  // Answering from the embedded database instead would put the ledger where nobody looks for it.
  const problem = /^postgres(ql)?:\/\//.test(text)
    ? 'Postgres is not supported by this version'
    : 'is no postgres:// URL';
  throw new Refusal(problem, 'leave it unset to use the embedded database in BYTESPIKE_DATA');
}

export function text(value: string): string {
  return value;
}

function list(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function isHostName(name: string): boolean {
  // All digits and dots is an address with a typing error, not a name.
  return (
    /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/i.test(name) &&
    !/^[\d.]+$/.test(name)
  );
}
