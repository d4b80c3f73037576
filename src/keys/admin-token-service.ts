import { GatewayError } from '../errors/catalogue.ts';
import type { Store } from '../storage/store.ts';
import { type Actor, auditEntry } from './actor.ts';
import type { AdminToken } from './key.ts';
import type { KeyDirectory } from './key-directory.ts';
import { newId } from './new-id.ts';
import { generateAdminToken, hashSecret } from './secret.ts';
import type { Serial } from './serial.ts';

/** Name of the row that BYTESPIKE_ADMIN_TOKEN sets. */
export const ENVIRONMENT_TOKEN = 'env';
/** Name of the row that the first start makes when the variable is not set. */
export const FIRST_TOKEN = 'first-start';

export interface IssuedToken {
  token: AdminToken;
  secret: string;
}

/** Makes and revokes the named secrets of the management API, with an audit row for each act. */
export class AdminTokenService {
  readonly #deps: { store: Store; directory: KeyDirectory; serial: Serial; now: () => number };

  constructor(deps: { store: Store; directory: KeyDirectory; serial: Serial; now: () => number }) {
    this.#deps = deps;
  }

  list(): AdminToken[] {
    return this.#deps.directory.tokens().sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** Throws `conflict` when a token of that name is in force. */
  create(name: string, actor: Actor): Promise<IssuedToken> {
    return this.#deps.serial.run(() => this.#issue(name, generateAdminToken(), actor));
  }

  /** By id or name. Throws `not_found`. */
  revoke(idOrName: string, actor: Actor): Promise<AdminToken> {
    return this.#deps.serial.run(async () => {
      const found = this.#active().find(({ id, name }) => id === idOrName || name === idOrName);
      if (found === undefined) {
        throw new GatewayError(
          'not_found',
          `There is no admin token in force with the id or name ${JSON.stringify(idOrName)}.`,
        );
      }
      return this.#revoke(found, actor);
    });
  }

  /** Revokes every token in force and makes a new one: for when a secret is lost or known to others. */
  reset(actor: Actor): Promise<IssuedToken> {
    return this.#deps.serial.run(async () => {
      for (const token of this.#active()) await this.#revoke(token, actor);
      return this.#issue(FIRST_TOKEN, generateAdminToken(), actor);
    });
  }

  /**
   * Sees that this secret is in force, in the row `name` where it is in none; what else the environment or the first start had
   * set is revoked. Throws `conflict` when it is or was the secret of an API key.
   */
  ensure(secret: string, actor: Actor, name = ENVIRONMENT_TOKEN): Promise<'kept' | 'created' | 'replaced'> {
    return this.#deps.serial.run(async () => {
      const hash = hashSecret(secret);
      if (this.#deps.directory.secret(hash) !== undefined) {
        throw new GatewayError(
          'conflict',
          'This secret is or was that of an API key. An admin token needs one of its own.',
        );
      }
      const active = this.#active();
      const old = active.filter(
        (token) => (token.name === ENVIRONMENT_TOKEN || token.name === FIRST_TOKEN) && token.hash !== hash,
      );
      for (const token of old) await this.#revoke(token, actor);
      if (active.some((token) => token.hash === hash)) return 'kept';
      await this.#issue(name, secret, actor);
      return old.length === 0 ? 'created' : 'replaced';
    });
  }

  any(): boolean {
    return this.#active().length > 0;
  }

  #active(): AdminToken[] {
    return this.#deps.directory.tokens().filter(({ revokedAt }) => revokedAt === undefined);
  }

  async #issue(name: string, secret: string, actor: Actor): Promise<IssuedToken> {
    const hash = hashSecret(secret);
    if (this.#active().some((token) => token.name === name || token.hash === hash)) {
      throw new GatewayError(
        'conflict',
        `There is an admin token ${JSON.stringify(name)}, or one with this secret, already.`,
        {
          param: 'name',
        },
      );
    }
    const now = this.#deps.now();
    const token: AdminToken = { id: newId('adm', now), name, hash, createdAt: now, revokedAt: undefined };
    await this.#put(undefined, token, actor, 'admin.create');
    return { token, secret };
  }

  async #revoke(token: AdminToken, actor: Actor): Promise<AdminToken> {
    const revoked: AdminToken = { ...token, revokedAt: this.#deps.now() };
    await this.#put(token, revoked, actor, 'admin.revoke');
    return revoked;
  }

  async #put(before: AdminToken | undefined, token: AdminToken, actor: Actor, action: string): Promise<void> {
    const { store, directory, now } = this.#deps;
    const change = before === undefined ? { after: shown(token) } : { before: shown(before), after: shown(token) };
    await store.write({ kind: 'admin-token', token, audit: auditEntry(actor, action, token.id, now(), change) });
    directory.putToken(token);
  }
}

/** Without the hash. */
const shown = ({ hash: _hash, ...rest }: AdminToken) => rest;
