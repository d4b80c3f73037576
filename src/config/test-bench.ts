import { expect } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config-error.ts';
import { loadConfig } from './load-config.ts';

const folders: string[] = [];

/** After each test. */
export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
}

/** A working folder with the given files. */
export async function folderWith(files: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bytespike-config-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

export async function load(environment: Record<string, string> = {}, files: Record<string, string> = {}) {
  return loadConfig({ environment, workingFolder: await folderWith(files) });
}

/** The one line with which a start is refused. */
export async function refusal(
  environment: Record<string, string>,
  files: Record<string, string> = {},
): Promise<string> {
  try {
    await load(environment, files);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  }
  throw new Error('expected a refusal');
}
