import type { Protocol } from '../protocols/protocol.ts';
import type { UpstreamConfig } from './config.ts';
import { baseUrl, upstreamCredential } from './parsers.ts';
import { type Found, parsed } from './sources.ts';

/** A vendor's account as the environment gives it: one credential, one or more surfaces. */
interface VendorAccount {
  vendor: string;
  credential: string;
  base: { variable: string; fallback: string };
  surfaces: Surface[];
}

interface Surface {
  protocol: Protocol;
  /** Appended to the base to get what the protocol's own path is appended to. */
  suffix: string;
  /** Variable that gives this surface a base of its own. */
  variable?: string;
}

/** Source of names and addresses: contract section 1. */
const accounts: VendorAccount[] = [
  {
    vendor: 'deepseek',
    credential: 'DEEPSEEK_API_KEY',
    base: { variable: 'DEEPSEEK_BASE_URL', fallback: 'https://api.deepseek.com' },
    surfaces: [
      { protocol: 'chat-completions', suffix: '' },
      { protocol: 'messages', suffix: '/anthropic', variable: 'DEEPSEEK_ANTHROPIC_BASE_URL' },
    ],
  },
  {
    vendor: 'openai',
    credential: 'OPENAI_API_KEY',
    base: { variable: 'OPENAI_BASE_URL', fallback: 'https://api.openai.com/v1' },
    surfaces: [{ protocol: 'chat-completions', suffix: '' }],
  },
  {
    vendor: 'anthropic',
    credential: 'ANTHROPIC_API_KEY',
    base: { variable: 'ANTHROPIC_BASE_URL', fallback: 'https://api.anthropic.com' },
    surfaces: [{ protocol: 'messages', suffix: '' }],
  },
  {
    vendor: 'gemini',
    credential: 'GEMINI_API_KEY',
    base: { variable: 'GEMINI_BASE_URL', fallback: 'https://generativelanguage.googleapis.com' },
    surfaces: [{ protocol: 'chat-completions', suffix: '/v1beta/openai' }],
  },
];

/** All variables of vendors; in bytespike.yaml they stand in lower case. */
export const vendorVariables = accounts.flatMap(({ credential, base, surfaces }) => [
  credential,
  base.variable,
  ...surfaces.flatMap(({ variable }) => variable ?? []),
]);
export const vendorFields = vendorVariables.map((name) => name.toLowerCase());

/** A base address with the name of the setting that gave it, for the check against our own listener. */
export interface NamedUrl {
  label: string;
  url: string;
}

interface VendorUpstreams {
  upstreams: UpstreamConfig[];
  /** Every address that somebody set, with a credential beside it or not. */
  urls: NamedUrl[];
  warnings: string[];
}

/** Makes an upstream of every surface of every vendor that has a credential. Throws `ConfigError`. */
export function vendorUpstreams(find: (variable: string) => Found | undefined): VendorUpstreams {
  const result: VendorUpstreams = { upstreams: [], urls: [], warnings: [] };
  for (const account of accounts) addAccount(account, find, result);
  return { ...result, warnings: [...new Set(result.warnings)] };
}

/** Where a vendor is reached on a protocol: where its variables say, else where it listens itself. Throws `ConfigError`. */
export function vendorBase(
  vendor: string,
  protocol: Protocol,
  find: (variable: string) => Found | undefined,
): string | undefined {
  const account = accounts.find((candidate) => candidate.vendor === vendor);
  const surface = account?.surfaces.find((candidate) => candidate.protocol === protocol);
  if (account === undefined || surface === undefined) return undefined;
  const own = surface.variable === undefined ? undefined : findUrl(surface.variable, find, []);
  return surfaceBase(account, surface, own, findUrl(account.base.variable, find, []));
}

/** `own`: set for this surface alone; `base`: for the vendor. */
function surfaceBase(
  account: VendorAccount,
  { protocol, suffix }: Surface,
  own: string | undefined,
  base: string | undefined,
): string {
  const derived = base ?? account.base.fallback;
  return normalizeBase(own ?? (derived.endsWith(suffix) ? derived : derived + suffix), protocol);
}

/**
 * Takes off what the gateway appends itself: a Messages base may be written with or without `/v1`,
 * since both habits exist among clients.
 */
export function normalizeBase(url: string, protocol: Protocol): string {
  return protocol === 'messages' ? url.replace(/\/v1$/, '') : url;
}

function addAccount(
  account: VendorAccount,
  find: (variable: string) => Found | undefined,
  result: VendorUpstreams,
): void {
  const base = findUrl(account.base.variable, find, result.urls);
  const credential = find(account.credential);
  for (const surface of account.surfaces) {
    const { protocol, variable } = surface;
    const own = variable === undefined ? undefined : findUrl(variable, find, result.urls);
    if (credential === undefined) {
      const named = own !== undefined ? variable : base !== undefined ? account.base.variable : undefined;
      if (named !== undefined)
        result.warnings.push(`${named} is set without ${account.credential}: it makes no upstream`);
      continue;
    }
    result.upstreams.push({
      name: account.vendor,
      account: account.vendor,
      vendor: account.vendor,
      protocol,
      baseUrl: surfaceBase(account, surface, own, base),
      credential: parsed(credential, upstreamCredential),
      credentialOrigin: credentialOrigin(account.credential, credential),
      models: undefined,
      weight: 1,
    });
  }
}

/** `env:NAME` for the environment; else the place that held it. */
export function credentialOrigin(name: string, { origin }: Found): string {
  return `${origin === 'environment' ? 'env' : origin}:${name}`;
}

function findUrl(
  variable: string,
  find: (variable: string) => Found | undefined,
  urls: NamedUrl[],
): string | undefined {
  const found = find(variable);
  if (found === undefined) return undefined;
  const url = parsed(found, baseUrl);
  urls.push({ label: found.label, url });
  return url;
}
