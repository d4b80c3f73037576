import type { Io } from './io.ts';

/** One command of the command line. */
export interface Command {
  /** What `--help` prints. */
  help: string;
  /**
   * Resolves to the exit code: 0, or 1 when what was asked for could not be done. Throws `UsageError` and `ConfigError`
   * (exit code 2), `UnavailableError` and `CommandError` (1).
   */
  run: (args: string[], io: Io) => Promise<number>;
}

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The server, or the database, said no. Its message is for the one who typed the command. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
