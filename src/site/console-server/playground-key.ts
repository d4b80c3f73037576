import type { ConsoleOptions } from './console-options.ts';

/** Name of the key that administrators' playground calls are made and billed with. */
export const PLAYGROUND_KEY_NAME = 'console-playground';

/**
 * An administrator has no key, and calls cost money, so the playground has a key of its own: it is listed, limited and
 * revoked as any other. Its secret lives in this process alone, for the sessions of administrators: it is rotated in when
 * first asked for, and made anew when somebody has revoked it.
 */
export class PlaygroundKey {
  readonly #admin: ConsoleOptions['admin'];
  #secret: Promise<string> | undefined;

  constructor(admin: ConsoleOptions['admin']) {
    this.#admin = admin;
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
    const query = new URLSearchParams({ name: PLAYGROUND_KEY_NAME, status: 'active' });
    const { data } = await this.#ask<{ data: { id: string }[] }>(call, 'GET', `/api/v1/keys?${query}`);
    const id = data[0]?.id;
    const { key } =
      id === undefined
        ? await this.#ask<{ key: string }>(call, 'POST', '/api/v1/keys', { name: PLAYGROUND_KEY_NAME })
        : await this.#ask<{ key: string }>(call, 'POST', `/api/v1/keys/${id}/rotate`, { grace_seconds: 0 });
    return key;
  }

  async #ask<Answer>(call: AdminCall, method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${call.token}`, host: call.host, 'content-type': 'application/json' };
    const request = new Request(`http://${call.host}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await this.#admin(request, { ip: call.ip });
    if (answer?.ok !== true) throw new PlaygroundKeyRefused(answer);
    return (await answer.json()) as Answer;
  }
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
