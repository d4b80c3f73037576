import { appendFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Logger } from '../observability/log.ts';
import type { Lifecycle } from './lifecycle.ts';

/** The part of the accounts that the start needs. */
export interface Accounts {
  /**
   * Sees to it that an admin token and a first API key exist. A secret given here is the truth at every start: the one
   * stored before is revoked. Without one, a secret is generated unless there is one already. Returns the generated
   * secrets in plain, which nobody can ask for again.
   */
  ensureBootstrap: (secrets: {
    adminToken: string | undefined;
    bootstrapKey: string | undefined;
  }) => Promise<GeneratedSecrets>;
}

export interface GeneratedSecrets {
  adminToken?: string | undefined;
  bootstrapKey?: string | undefined;
}

export interface SecretsAudience {
  dataFolder: string;
  log: Logger;
  /** The server's stdout. */
  terminal: { isTTY?: boolean | undefined; write: (text: string) => unknown };
}

/** Brings the configured secrets in force, generates what is missing, and shows what was generated. */
export async function ensureSecrets(
  accounts: Accounts,
  { adminToken, bootstrapKey }: Pick<Config, 'adminToken' | 'bootstrapKey'>,
  { dataFolder, log }: Pick<Lifecycle, 'dataFolder' | 'log'>,
): Promise<void> {
  const generated = await accounts.ensureBootstrap({ adminToken, bootstrapKey });
  await showGeneratedSecrets(generated, { dataFolder, log, terminal: process.stdout });
}

const FILE = 'first-start.txt';

/**
 * Shows generated secrets once: on the terminal if stdout is one, else in `first-start.txt` (0600) in the data folder.
 * The log gets the file's path and never a secret.
 */
export async function showGeneratedSecrets(secrets: GeneratedSecrets, audience: SecretsAudience): Promise<void> {
  const lines = [
    ...(secrets.adminToken === undefined ? [] : [`admin token   ${secrets.adminToken}`]),
    ...(secrets.bootstrapKey === undefined ? [] : [`API key       ${secrets.bootstrapKey}`]),
  ];
  if (lines.length === 0) return;
  if (audience.terminal.isTTY) {
    audience.terminal.write(
      `\nGenerated at first start, shown this once, stored hashed:\n\n  ${lines.join('\n  ')}\n\n`,
    );
    return;
  }
  const path = join(audience.dataFolder, FILE);
  const text = `Generated ${new Date().toISOString()}. Keep them elsewhere and delete this file.\n${lines.join('\n')}\n`;
  // Appended: an earlier secret that nobody has read yet is still the only copy.
  await appendFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
  audience.log.info('first_start.secrets', {
    file: path,
    note: 'generated secrets are in this file; delete it after reading',
  });
}
