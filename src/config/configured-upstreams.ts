import type { UpstreamConfig } from './config.ts';
import { ConfigError, quote } from './config-error.ts';
import { baseUrl, upstreamCredential } from './parsers.ts';
import { type Found, parsed } from './sources.ts';
import { credentialOrigin, type NamedUrl, normalizeBase, vendorBase } from './vendor-accounts.ts';
import type { ConfigFile } from './yaml-file.ts';
import type { UpstreamEntry } from './yaml-schema.ts';

/** The simulator's answers carry this name; an operator's upstream must not look like it. */
const RESERVED_NAME = 'simulator';

/**
 * The upstreams of bytespike.yaml. `fromEnvironment` are those that the vendors' variables make: an entry that uses
 * the same credential on the same protocol describes the same upstream in more detail and takes its place. `find` looks up
 * the variable of a credential, `findOfVendor` a setting of a vendor. Throws `ConfigError`.
 */
export function mergeUpstreams(
  fromEnvironment: UpstreamConfig[],
  file: ConfigFile | undefined,
  find: (variable: string) => Found | undefined,
  findOfVendor: (variable: string) => Found | undefined,
): { upstreams: UpstreamConfig[]; urls: NamedUrl[] } {
  const urls: NamedUrl[] = [];
  const described = (file?.structured.upstreams ?? []).map((entry, index) => {
    const label: Label = (field) => file!.label(`upstreams[${index}]${field === undefined ? '' : `.${field}`}`);
    const upstream = makeUpstream(entry, label, find, findOfVendor);
    urls.push({ label: label('base_url'), url: upstream.baseUrl });
    return { upstream, label };
  });
  const upstreams = fromEnvironment.filter((made) => !described.some(({ upstream }) => sameAccount(made, upstream)));
  for (const { upstream, label } of described) {
    if (upstreams.some((other) => other.name === upstream.name && other.protocol === upstream.protocol)) {
      throw new ConfigError(label('name'), `${quote(upstream.name)} is taken on ${upstream.protocol}`, 'another name');
    }
    upstreams.push(upstream);
  }
  return { upstreams, urls };
}

/** What messages call an entry, or a field of it. */
type Label = (field?: string) => string;

function makeUpstream(
  entry: UpstreamEntry,
  label: Label,
  find: (variable: string) => Found | undefined,
  findOfVendor: (variable: string) => Found | undefined,
): UpstreamConfig {
  if (entry.name === RESERVED_NAME) {
    throw new ConfigError(label('name'), 'simulator is reserved for the built-in one', 'another name');
  }
  const variable = entry.credential?.slice('env:'.length);
  const credential = variable === undefined ? undefined : find(variable);
  if (variable !== undefined && credential === undefined) {
    throw new ConfigError(
      label('credential'),
      `the variable ${variable} is not set`,
      'env:NAME of a variable that is set',
    );
  }
  return {
    name: entry.name,
    // One credential is one quota pool, whatever its upstreams are called.
    account: variable ?? entry.name,
    vendor: entry.vendor,
    protocol: entry.protocol,
    baseUrl: readBase(entry, label('base_url'), findOfVendor),
    credential: credential && parsed(credential, upstreamCredential),
    credentialOrigin: credential && variable ? credentialOrigin(variable, credential) : 'none',
    models: entry.models,
    weight: entry.weight ?? 1,
    entry: label(),
  };
}

function readBase(entry: UpstreamEntry, label: string, findOfVendor: (variable: string) => Found | undefined): string {
  if (entry.base_url === undefined) {
    const base = vendorBase(entry.vendor, entry.protocol, findOfVendor);
    if (base !== undefined) return base;
    const problem = `is missing, and ${entry.vendor} has no known address for ${entry.protocol}`;
    throw new ConfigError(label, problem, 'an http:// or https:// URL');
  }
  const found: Found = { text: entry.base_url, origin: 'bytespike.yaml', label, folder: '' };
  return normalizeBase(parsed(found, baseUrl), entry.protocol);
}

function sameAccount(a: UpstreamConfig, b: UpstreamConfig): boolean {
  return a.protocol === b.protocol && a.credential !== undefined && a.credential === b.credential;
}
