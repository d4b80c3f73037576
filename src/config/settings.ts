import * as parse from './parsers.ts';

/** One scalar setting: its variable, its name in bytespike.yaml, what it is when nobody sets it, and how it is read. */
export interface Setting<T> {
  variable: string;
  field: string;
  fallback: T;
  parse: parse.Parser<T>;
  /** A folder: a relative path belongs to the file that names it. */
  isPath: boolean;
}

const DAY_MS = 86_400_000;

/** Every scalar setting, by its name in `Config`. Source of names and defaults: contract section 1. */
export const settings = {
  host: setting('HOST', '127.0.0.1', parse.host),
  // 0 lets the system choose; the start prints which.
  port: setting('PORT', 8787, parse.wholeNumber(0, 65_535)),
  publicUrl: setting<string | undefined>('PUBLIC_URL', undefined, parse.baseUrl),
  trustedProxies: setting<string[]>('TRUSTED_PROXIES', [], parse.ipRanges),
  corsOrigins: setting<string[]>('CORS_ORIGINS', [], parse.origins),
  dataFolder: { ...setting('DATA', './data', parse.text), isPath: true },
  // Refused for as long as there is no other database.
  databaseUrl: setting<string | undefined>('DATABASE_URL', undefined, parse.postgresUrl),
  adminToken: setting<string | undefined>('ADMIN_TOKEN', undefined, parse.ownSecret),
  bootstrapKey: setting<string | undefined>('BOOTSTRAP_KEY', undefined, parse.ownSecret),
  bootstrapCreditUsd: setting('BOOTSTRAP_CREDIT_USD', '100', parse.credit),
  simulator: setting<'auto' | 'on' | 'off'>('SIMULATOR', 'auto', parse.oneOf('auto', 'on', 'off')),
  logLevel: setting<'debug' | 'info' | 'warn' | 'error' | 'silent'>(
    'LOG',
    'info',
    parse.oneOf('debug', 'info', 'warn', 'error', 'silent'),
  ),
  connectMs: setting('UPSTREAM_CONNECT_TIMEOUT_MS', 10_000, milliseconds(1)),
  firstByteMs: setting('UPSTREAM_FIRST_BYTE_TIMEOUT_MS', 600_000, milliseconds(1)),
  idleMs: setting('UPSTREAM_IDLE_TIMEOUT_MS', 300_000, milliseconds(1)),
  clientStallMs: setting('CLIENT_STALL_TIMEOUT_MS', 60_000, milliseconds(1)),
  drainTimeoutMs: setting('DRAIN_TIMEOUT_MS', 30_000, milliseconds(0)),
} as const;

/** Names the file with the rest of the settings; read before all others. */
export const CONFIG_VARIABLE = 'BYTESPIKE_CONFIG';

/** Fields of bytespike.yaml that no variable can hold. */
export const structuredFields = ['upstreams', 'catalog', 'prices'] as const;

function setting<T>(name: string, fallback: T, parser: parse.Parser<T>): Setting<T> {
  return { variable: `BYTESPIKE_${name}`, field: name.toLowerCase(), fallback, parse: parser, isPath: false };
}

function milliseconds(min: number): parse.Parser<number> {
  return parse.wholeNumber(min, DAY_MS, ' (milliseconds)');
}
