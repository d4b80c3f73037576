import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { GeneratedSecrets } from '../billing/index.ts';
import type { Logger } from '../observability/log.ts';

interface SecretsAudience {
  dataFolder: string;
  log: Logger;
  /** The server's stdout. */
  terminal: { isTTY?: boolean | undefined; write: (text: string) => unknown };
}

const FILE = 'first-start.txt';

/**
 * Shows generated secrets once: on the terminal if stdout is one, else in `first-start.txt` (0600) in the data folder, on the
 * disk when this resolves. The log gets the file's path and never a secret. Rejects with the system's error.
 */
export async function showGeneratedSecrets(
  secrets: Partial<GeneratedSecrets>,
  audience: SecretsAudience,
): Promise<void> {
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
  const text = `Generated ${new Date().toISOString()}. Keep them elsewhere and delete this file. Of each kind the last holds, unless it was replaced since.\n${lines.join('\n')}\n`;
  // Appended: an earlier secret that nobody has read yet is still the only copy.
  await using file = await open(path, 'a', 0o600);
  await file.chmod(0o600);
  await file.appendFile(text);
  await file.sync();
  await syncFolder(audience.dataFolder);
  audience.log.info('first_start.secrets', {
    file: path,
    note: 'generated secrets are in this file; delete it after reading',
  });
}

/** Puts the names of a folder on the disk, where its file system can: some of those over a network or in user space cannot. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync().catch((error) => {
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'].includes(error.code)) throw error;
  });
}
