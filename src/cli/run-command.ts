import { ConfigError, UnavailableError } from '../config/config-error.ts';
import { nearest } from '../config/nearest.ts';
import { GatewayError } from '../errors/catalogue.ts';
import { CatalogError } from '../models/catalog-error.ts';
import { StorageError } from '../storage/store.ts';
import { type Command, CommandError, UsageError } from './command.ts';
import type { Io } from './io.ts';

type CommandTable = Record<string, { load: () => Promise<{ command: Command }> }>;

/**
 * Runs a command by name. Complaints are one line on stderr. Exit codes: 0 done, 1 could not be done,
 * 2 wrong command line or wrong setting.
 */
export async function runCommand(name: string, args: string[], table: CommandTable, io: Io): Promise<number> {
  if (!Object.hasOwn(table, name)) {
    const near = nearest(name, Object.keys(table));
    io.err(
      `bytespike: there is no command ${JSON.stringify(name)}${near ? `, did you mean ${near}?` : ''}; see bytespike --help\n`,
    );
    return 2;
  }
  const { command } = await table[name]!.load();
  if (args.includes('--help') || args.includes('-h')) {
    io.out(command.help);
    return 0;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(`bytespike ${name}: ${error.message}; see bytespike ${name} --help\n`);
      return 2;
    }
    if (error instanceof ConfigError) {
      io.err(`bytespike: ${error.message}\n`);
      return 2;
    }
    if (error instanceof CatalogError) {
      io.err(`bytespike: catalog: ${error.message}\n`);
      return 2;
    }
    if (error instanceof UnavailableError) {
      io.err(`bytespike: ${error.message}\n`);
      return 1;
    }
    if (error instanceof CommandError || error instanceof GatewayError) {
      io.err(`bytespike ${name}: ${error.message}\n`);
      return 1;
    }
    // Its messages name no path and no value; they say what is wrong with the database and what to do.
    if (error instanceof StorageError) {
      io.err(`bytespike ${name}: ${error.message}\n`);
      return 1;
    }
    const { errorFields } = await import('../observability/error-fields.ts');
    const { error: kind, error_code: code, at } = errorFields(error);
    io.err(`bytespike ${name}: unexpected ${[kind, code].filter(Boolean).join(' ')}${at ? ` at ${at}` : ''}\n`);
    return 1;
  }
}
