import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError, quote, Refusal } from './config-error.ts';
import { CONFIG_VARIABLE } from './settings.ts';
import type { ConfigFile } from './yaml-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
type Origin = 'environment' | '.env' | 'bytespike.yaml' | 'default';

/** One setting as somebody wrote it. */
export interface Found {
  text: string;
  origin: Origin;
  /** What a message calls it: `BYTESPIKE_PORT`, `BYTESPIKE_PORT (.env)`, `bytespike.yaml: port`. */
  label: string;
  /** Folder that relative paths in this value start from. */
  folder: string;
}

/** The three places that settings come from, strongest first: environment, `.env`, `bytespike.yaml`. */
export interface Sources {
  /** A variable of the environment or of `.env`. Empty counts as not set; white space around is dropped. */
  variable: (name: string) => Found | undefined;
  /** A scalar or a list of scalars of the file, as text. */
  field: (name: string) => Found | undefined;
  /** Names that are set in the environment or in `.env`. */
  variableNames: string[];
  /** Absolute. */
  workingFolder: string;
  file: ConfigFile | undefined;
}

/**
 * Reads `.env` in the working folder, and bytespike.yaml there or the file that BYTESPIKE_CONFIG names.
 * Throws `ConfigError` for a file that is named and not there, or that cannot be read.
 */
export async function readSources(environment: Environment, workingFolder: string): Promise<Sources> {
  const dotEnvPath = resolve(workingFolder, '.env');
  const dotEnv = parseEnv((await readOptional(dotEnvPath, '.env')) ?? '') as Environment;
  const variable = (name: string): Found | undefined => {
    const ofEnvironment = environment[name]?.trim();
    if (ofEnvironment) return { text: ofEnvironment, origin: 'environment', label: name, folder: workingFolder };
    const ofDotEnv = dotEnv[name]?.trim();
    if (ofDotEnv) return { text: ofDotEnv, origin: '.env', label: `${name} (.env)`, folder: workingFolder };
    return undefined;
  };
  const file = await readConfigFile(variable(CONFIG_VARIABLE), workingFolder);
  const field = (name: string): Found | undefined => {
    const value = file?.scalar(name);
    return file === undefined || value === undefined || value === ''
      ? undefined
      : { text: value, origin: 'bytespike.yaml', label: file.label(name), folder: dirname(file.path) };
  };
  const variableNames = [...new Set([...Object.keys(environment), ...Object.keys(dotEnv)])].filter(variable);
  return { variable, field, variableNames, workingFolder, file };
}

/** Runs a parser over a setting, so that its complaint carries the setting's name. */
export function parsed<T>(found: Found, parse: (text: string) => T): T {
  try {
    return parse(found.text);
  } catch (error) {
    throw error instanceof Refusal ? error.at(found.label) : error;
  }
}

async function readConfigFile(named: Found | undefined, workingFolder: string): Promise<ConfigFile | undefined> {
  const path = resolve(workingFolder, named?.text ?? 'bytespike.yaml');
  const text = await readOptional(path, named?.label ?? 'bytespike.yaml');
  if (text === undefined) {
    if (named === undefined) return undefined;
    throw new ConfigError(named.label, `there is no file ${quote(named.text)}`, 'the path of a YAML file');
  }
  // Most installations have no such file and need no YAML parser here.
  const { parseConfigFile } = await import('./yaml-file.ts');
  return parseConfigFile(path, text);
}

async function readOptional(path: string, label: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT') return undefined;
    throw new ConfigError(
      label,
      `cannot be read (${String(code ?? 'unknown error')})`,
      'a readable text file, or none',
    );
  }
  // Else its variables would have names that nobody sets, and be left out in silence.
  if (text.includes('\0'))
    throw new ConfigError(label, 'is no UTF-8, as its NUL bytes show', 'a text file saved as UTF-8');
  return text;
}
