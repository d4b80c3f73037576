import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Config } from './config.ts';
import { ConfigError, quote } from './config-error.ts';
import { mergeUpstreams } from './configured-upstreams.ts';
import { KEY_VARIABLE } from './key-variable.ts';
import { refuseOwnListener } from './loop-guard.ts';
import { nearest } from './nearest.ts';
import { CONFIG_VARIABLE, type Setting, settings } from './settings.ts';
import { type Environment, parsed, readSources, type Sources } from './sources.ts';
import { vendorUpstreams, vendorVariables } from './vendor-accounts.ts';
import type { ConfigFile } from './yaml-file.ts';

interface LoadOptions {
  /** `process.env` unless given. */
  environment?: Environment;
  /** Where `.env` and bytespike.yaml lie and relative paths start; the process's own unless given. */
  workingFolder?: string;
}

/**
 * Reads environment, `.env` and bytespike.yaml (in this order of strength) into a complete, checked configuration.
 * Throws `ConfigError`, one line that names the first setting at fault.
 */
export async function loadConfig(options: LoadOptions = {}): Promise<Config> {
  const sources = await readSources(options.environment ?? process.env, options.workingFolder ?? process.cwd());
  const { values, origins } = readSettings(sources);
  const { connectMs, firstByteMs, idleMs, clientStallMs, ...rest } = values;
  refuseSharedSecret(values);

  const findOfVendor = (name: string) => sources.variable(name) ?? sources.field(name.toLowerCase());
  const vendors = vendorUpstreams(findOfVendor);
  const merged = mergeUpstreams(vendors.upstreams, sources.file, sources.variable, findOfVendor);
  await refuseOwnListener([...vendors.urls, ...merged.urls], rest);

  return {
    ...rest,
    timeouts: { connectMs, firstByteMs, idleMs, clientStallMs },
    upstreams: merged.upstreams,
    catalogFolder: await catalogFolder(sources.file),
    priceOverrides: sources.file?.structured.prices ?? {},
    configFile: basename(sources.file?.path ?? 'bytespike.yaml'),
    origins,
    warnings: [...unknownVariables(sources), ...vendors.warnings],
  };
}

/** The data folder alone, for commands that only look for the running server. Throws `ConfigError`. */
export async function locateDataFolder(options: LoadOptions = {}): Promise<string> {
  const sources = await readSources(options.environment ?? process.env, options.workingFolder ?? process.cwd());
  return readSetting(settings.dataFolder, sources).value;
}

type Values = {
  -readonly [Name in keyof typeof settings]: (typeof settings)[Name] extends Setting<infer T> ? T : never;
};

function readSettings(sources: Sources): { values: Values; origins: Record<string, string> } {
  const values: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const [name, setting] of Object.entries<Setting<unknown>>(settings)) {
    const { value, origin } = readSetting(setting, sources);
    values[name] = value;
    origins[setting.variable] = origin;
  }
  for (const variable of vendorVariables) {
    const found = sources.variable(variable) ?? sources.field(variable.toLowerCase());
    if (found !== undefined) origins[variable] = found.origin;
  }
  return { values: values as Values, origins };
}

/** Whoever has the API key would be the administrator. */
function refuseSharedSecret({ adminToken, bootstrapKey }: Values): void {
  if (adminToken === undefined || adminToken !== bootstrapKey) return;
  throw new ConfigError(
    settings.bootstrapKey.variable,
    `is the same as ${settings.adminToken.variable}`,
    'a secret of its own, or unset to have one generated',
  );
}

function readSetting<T>(setting: Setting<T>, sources: Sources): { value: T; origin: string } {
  const found = sources.variable(setting.variable) ?? sources.field(setting.field);
  const value = found === undefined ? setting.fallback : parsed(found, setting.parse);
  if (!setting.isPath) return { value, origin: found?.origin ?? 'default' };
  const folder = found?.folder ?? sources.workingFolder;
  return { value: resolve(folder, String(value)) as T, origin: found?.origin ?? 'default' };
}

async function catalogFolder(file: ConfigFile | undefined): Promise<string | undefined> {
  const folder = file?.structured.catalog;
  if (file === undefined || folder === undefined) return undefined;
  const path = resolve(file.path, '..', folder);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new ConfigError(file.label('catalog'), `${quote(folder)} is no folder`, 'a folder of cards');
  return path;
}

/** No settings of the gateway's, and yet where it reads: compose.yaml reads the second, and hands on the file that it stands in. */
const VARIABLES_OF_OTHERS = [KEY_VARIABLE, 'BYTESPIKE_PUBLISHED_PORT'];

/** A misspelt variable is silent otherwise, and its default would be a surprise. */
function unknownVariables({ variableNames }: Sources): string[] {
  const known = [CONFIG_VARIABLE, ...VARIABLES_OF_OTHERS, ...Object.values(settings).map(({ variable }) => variable)];
  return variableNames
    .filter((name) => name.startsWith('BYTESPIKE_') && !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      return `${name} is not a known variable${near === undefined ? '' : `, did you mean ${near}?`}`;
    });
}
