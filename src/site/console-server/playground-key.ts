import type { ConsoleOptions } from './console-options.ts';

/**
 * An administrator has no key, and calls cost money, so the playground has a key of its own: it is listed, limited and
 * revoked as any other. Its secret lives in this process alone, for the sessions of administrators: it is rotated in when
 * first asked for, and again when it does not open any more.
 */
export class PlaygroundKey {
  readonly #issue: ConsoleOptions['issuePlaygroundSecret'];
  #secret: Promise<string> | undefined;

  constructor({ issuePlaygroundSecret }: Pick<ConsoleOptions, 'issuePlaygroundSecret'>) {
    this.#issue = issuePlaygroundSecret;
  }

  /** `admin` asks: the audit names who had the key made. */
  secret(admin: { name: string; ip: string }): Promise<string> {
    this.#secret ??= this.#issue(admin).catch((error: unknown) => {
      this.#secret = undefined;
      throw error;
    });
    return this.#secret;
  }

  /** The secret does not open any more. */
  forget(): void {
    this.#secret = undefined;
  }
}
