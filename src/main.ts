import type { Command } from './cli/command.ts';
import { processIo } from './cli/io.ts';

/** Loaded when called: a command pays for its own imports only, and a server starts in a fraction of a second. */
const commands: Record<string, { summary: string; load: () => Promise<{ command: Command }> }> = {
  serve: { summary: 'run the gateway', load: () => import('./cli/serve.ts') },
  sim: { summary: 'run the upstream simulator on its own', load: () => import('./cli/sim.ts') },
  keys: { summary: 'create, list, show, update, rotate and revoke API keys', load: () => import('./cli/keys.ts') },
  groups: {
    summary: 'list, create and update groups of models with a price multiplier',
    load: () => import('./cli/groups.ts'),
  },
  wallet: {
    summary: 'show the wallet, top it up or adjust it, list its transactions',
    load: () => import('./cli/wallet.ts'),
  },
  models: { summary: 'list models with their prices and limits', load: () => import('./cli/models.ts') },
  usage: { summary: 'list what was used and what it cost', load: () => import('./cli/usage.ts') },
  admin: {
    summary: 'create, list, revoke and reset admin tokens; read the audit',
    load: () => import('./cli/admin.ts'),
  },
  backup: { summary: 'write a consistent copy of the database', load: () => import('./cli/backup.ts') },
  doctor: { summary: 'prove the books of the database', load: () => import('./cli/doctor.ts') },
};

async function main(args: string[]): Promise<number> {
  const [name = '--help', ...rest] = args;
  if (name === '--version' || name === '-v') {
    const { version } = await import('./version.ts');
    processIo.out(`bytespike ${version}\n`);
    return 0;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    processIo.out(overview());
    return 0;
  }
  const { runCommand } = await import('./cli/run-command.ts');
  return runCommand(name, rest, commands, processIo);
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `usage: bytespike <command> [options]

${lines.join('\n')}

bytespike <command> --help tells more. --version prints the version.
Settings come from the environment, .env and bytespike.yaml; see README.md.
`;
}

// No process.exit: output that is still on its way would be cut.
const code = await main(process.argv.slice(2));
process.exitCode ||= code;
