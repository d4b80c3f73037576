import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsoleOptions } from './console-options.ts';

/** Name of the key that administrators' playground calls are made and billed with. */
export const PLAYGROUND_KEY_NAME = 'console-playground';

/**
 * An administrator has no key, and calls cost money, so the playground has a key of its own: it is listed, limited and
 * revoked as any other. Its secret lives in this process alone, for the sessions of administrators: it is rotated in when
 * first asked for, and the key is made anew when somebody has revoked it. Which key it is stands in a file of the data
 * folder: a client's key may have the same name.
 */
export class PlaygroundKey {
  readonly #admin: ConsoleOptions['admin'];
  /** Holds the key's id. */
  readonly #file: string;
  #secret: Promise<string> | undefined;

  constructor({ admin, dataFolder }: Pick<ConsoleOptions, 'admin' | 'dataFolder'>) {
    this.#admin = admin;
    this.#file = join(dataFolder, 'console-playground-key');
  }

  /** `call` is the administrator's: the audit names who made the key. Rejects with the management API's own answer. */
  secret(call: AdminCall): Promise<string> {
    this.#secret ??= this.#obtain(call).catch((error: unknown) => {
      this.#secret = undefined;
      throw error;
    });
    return this.#secret;
  }

  /** The secret does not open any more. */
  forget(): void {
    this.#secret = undefined;
  }

  async #obtain(call: AdminCall): Promise<string> {
    const id = (await readFile(this.#file, 'utf8').catch(() => '')).trim();
    if (id !== '' && (await this.#isActive(call, id))) {
      const rotated = await this.#ask<Issued>(call, 'POST', `/${id}/rotate`, { grace_seconds: 0 });
      return rotated.key;
    }
    const made = await this.#ask<Issued>(call, 'POST', '', { name: PLAYGROUND_KEY_NAME });
    await writeFile(this.#file, `${made.id}\n`, { mode: 0o600 });
    return made.key;
  }

  async #isActive(call: AdminCall, id: string): Promise<boolean> {
    try {
      return (await this.#ask<{ status: string }>(call, 'GET', `/${id}`)).status === 'active';
    } catch (error) {
      // Another database may have come into the folder.
      if (error instanceof PlaygroundKeyRefused && error.answer?.status === 404) return false;
      throw error;
    }
  }

  /** `path` is that below the keys of the management API. */
  async #ask<Answer>(call: AdminCall, method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${call.token}`, host: call.host, 'content-type': 'application/json' };
    const request = new Request(`http://${call.host}/api/v1/keys${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await this.#admin(request, { ip: call.ip });
    if (answer?.ok !== true) throw new PlaygroundKeyRefused(answer);
    return (await answer.json()) as Answer;
  }
}

interface Issued {
  id: string;
  key: string;
}

/** On whose behalf, from where, under which host name. */
export interface AdminCall {
  token: string;
  ip: string;
  host: string;
}

/** The management API gave no key; `answer` says why. */
export class PlaygroundKeyRefused extends Error {
  override readonly name = 'PlaygroundKeyRefused';
  readonly answer: Response | undefined;

  constructor(answer: Response | undefined) {
    super('the management API gave no key for the playground');
    this.answer = answer;
  }
}
