import { GatewayError } from '../errors/catalogue.ts';
import type { SecretRecord } from '../storage/records.ts';
import { StorageError, type Store } from '../storage/store.ts';
import type { KeyRole } from '../storage/writes.ts';
import { type Actor, auditEntry } from './actor.ts';
import { DEFAULT_ACCOUNT, DEFAULT_GROUP, type Group, type Key } from './key.ts';
import type { KeyDirectory } from './key-directory.ts';
import { newId } from './new-id.ts';
import { generateKeySecret, hashSecret, mask } from './secret.ts';
import type { Serial } from './serial.ts';

/** What of a key an administrator decides. */
export type KeySettings = Pick<
  Key,
  | 'name'
  | 'groupId'
  | 'quota'
  | 'limit5h'
  | 'limit1d'
  | 'limit7d'
  | 'rpm'
  | 'tpm'
  | 'concurrency'
  | 'ipAllow'
  | 'ipDeny'
  | 'models'
  | 'expiresAt'
  | 'onLimit'
>;

/** What a key has that nobody has limited; it lacks a name. */
export const NO_LIMITS: Omit<KeySettings, 'name'> = {
  groupId: DEFAULT_GROUP,
  quota: 0n,
  limit5h: 0n,
  limit1d: 0n,
  limit7d: 0n,
  rpm: 0,
  tpm: 0,
  concurrency: 0,
  ipAllow: [],
  ipDeny: [],
  models: [],
  expiresAt: undefined,
  onLimit: 'shrink',
};

/** Name that the key of the console's playground is made with. */
const PLAYGROUND_KEY_NAME = 'console-playground';

interface KeyServiceDeps {
  store: Store;
  directory: KeyDirectory;
  serial: Serial;
  now: () => number;
  /** A key is in force as it was made or changed. */
  onChanged: () => void;
}

/** A secret on its way to the one who asked for it: shown this once, stored as its hash only. */
interface IssuedKey {
  key: Key;
  secret: string;
}

/** Makes and changes API keys: durable first, then in force, with an audit row for each act. */
export class KeyService {
  readonly #deps: KeyServiceDeps;

  constructor(deps: KeyServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `invalid_param` (group), `permission_denied` (exclusive group), `conflict` (the secret is taken, by a key or an admin token). */
  create(settings: KeySettings, customSecret: string | undefined, actor: Actor, role?: KeyRole): Promise<IssuedKey> {
    return this.#deps.serial.run(async () => {
      const now = this.#deps.now();
      const secret = customSecret ?? generateKeySecret();
      this.#bindable(settings.groupId);
      const key: Key = {
        ...settings,
        id: newId('key', now),
        accountId: DEFAULT_ACCOUNT,
        masked: mask(secret),
        createdAt: now,
        updatedAt: now,
        status: 'active',
      };
      await this.#put(undefined, key, [this.#newSecret(secret, key.id, now)], actor, 'key.create', {}, role);
      return { key, secret };
    });
  }

  /** Throws `not_found`, `conflict` when the key is revoked, and what `create` throws. */
  update(id: string, changes: Partial<KeySettings & Pick<Key, 'status'>>, actor: Actor): Promise<Key> {
    return this.#deps.serial.run(async () => {
      const before = this.get(id);
      if (before.status === 'revoked') throw revokedForGood(before);
      if (changes.groupId !== undefined && changes.groupId !== before.groupId) this.#bindable(changes.groupId);
      const key: Key = { ...before, ...changes, updatedAt: this.#deps.now() };
      await this.#put(before, key, [], actor, 'key.update');
      return key;
    });
  }

  /** A new secret in place of the old one, which opens for `graceSeconds` more. */
  rotate(id: string, graceSeconds: number, customSecret: string | undefined, actor: Actor): Promise<IssuedKey> {
    return this.#deps.serial.run(async () => {
      const before = this.get(id);
      if (before.status === 'revoked') throw revokedForGood(before);
      const now = this.#deps.now();
      const secret = customSecret ?? generateKeySecret();
      const key: Key = { ...before, masked: mask(secret), updatedAt: now };
      const secrets = [...this.#retired(id, now + graceSeconds * 1000), this.#newSecret(secret, id, now)];
      await this.#put(before, key, secrets, actor, 'key.rotate', { grace_seconds: graceSeconds });
      return { key, secret };
    });
  }

  /** Soft: the row stays and its secret is known as revoked. Revoking again changes nothing. */
  revoke(id: string, actor: Actor): Promise<Key> {
    return this.#deps.serial.run(async () => {
      const before = this.get(id);
      if (before.status === 'revoked') return before;
      const key: Key = { ...before, status: 'revoked', updatedAt: this.#deps.now() };
      await this.#put(before, key, [], actor, 'key.revoke');
      return key;
    });
  }

  /** Throws `not_found`. */
  get(id: string): Key {
    const key = this.#deps.directory.key(id);
    if (key === undefined)
      throw new GatewayError('not_found', `There is no API key with the id ${JSON.stringify(id)}.`);
    return key;
  }

  /** Newest first: the directory has them in order of their making. */
  list(): Key[] {
    return this.#deps.directory.keys().reverse();
  }

  /**
   * Gives the first key this secret, and makes the key when there is none. Does nothing when it has it and is active. For
   * the secret that the environment sets, which is the truth at every start. Throws `conflict` when it is another key's, or an admin token.
   * A database that does not say which key is the first has it by this secret, or as the newest of its name.
   */
  ensureFirst(settings: KeySettings, secret: string, actor: Actor): Promise<'kept' | 'created' | 'replaced'> {
    return this.#deps.serial.run(async () => {
      const { directory } = this.#deps;
      const now = this.#deps.now();
      const known = directory.secret(hashSecret(secret));
      const id = directory.firstKeyId ?? known?.keyId ?? this.list().find(({ name }) => name === settings.name)?.id;
      const before = id === undefined ? undefined : directory.key(id);
      if (known !== undefined && known.keyId !== before?.id) throw secretTaken();
      if (before === undefined) {
        const key = { ...settings, id: newId('key', now), accountId: DEFAULT_ACCOUNT, masked: mask(secret) };
        const secrets = [this.#newSecret(secret, key.id, now)];
        const made: Key = { ...key, createdAt: now, updatedAt: now, status: 'active' };
        await this.#put(undefined, made, secrets, actor, 'key.create', {}, 'first');
        return 'created';
      }
      const current = known !== undefined && known.validUntil === undefined;
      if (current && before.status === 'active' && directory.firstKeyId === id) return 'kept';
      if (known === undefined && directory.isToken(hashSecret(secret))) throw secretOfAdmin();
      const retired = current ? [] : this.#retired(before.id, now);
      const opened: SecretRecord = {
        hash: hashSecret(secret),
        keyId: before.id,
        createdAt: now,
        validUntil: undefined,
      };
      const key: Key = { ...before, masked: mask(secret), status: 'active', updatedAt: now };
      await this.#put(
        before,
        key,
        [...retired.filter(({ hash }) => hash !== opened.hash), opened],
        actor,
        'key.rotate',
        {},
        'first',
      );
      return 'replaced';
    });
  }

  /**
   * A new secret for the key that the console's playground calls with, in place of the old one: its limits stay. The key is
   * made when there is none that is active. Which it is stands in the database: a client's key may have the same name.
   */
  issuePlayground(actor: Actor): Promise<IssuedKey> {
    const { directory } = this.#deps;
    const id = directory.playgroundKeyId;
    if (id !== undefined && directory.key(id)?.status === 'active') return this.rotate(id, 0, undefined, actor);
    return this.create({ ...NO_LIMITS, name: PLAYGROUND_KEY_NAME }, undefined, actor, 'playground');
  }

  /** The secrets of a key that still open, as they are when they stop at `until`. */
  #retired(keyId: string, until: number): SecretRecord[] {
    return this.#deps.directory
      .secretsOf(keyId)
      .filter(({ validUntil }) => validUntil === undefined || validUntil > until)
      .map((secret) => ({ ...secret, validUntil: until }));
  }

  #newSecret(secret: string, keyId: string, now: number): SecretRecord {
    const hash = hashSecret(secret);
    if (this.#deps.directory.secret(hash) !== undefined) throw secretTaken();
    if (this.#deps.directory.isToken(hash)) throw secretOfAdmin();
    return { hash, keyId, createdAt: now, validUntil: undefined };
  }

  #bindable(groupId: string): Group {
    const { directory } = this.#deps;
    const group = directory.group(groupId);
    if (group === undefined) {
      const names = directory.groups().map(({ id }) => id);
      throw new GatewayError('invalid_param', `group_id must be one of: ${names.join(', ')}.`, { param: 'group_id' });
    }
    if (group.exclusive && !group.allowedAccounts.includes(DEFAULT_ACCOUNT)) {
      throw new GatewayError('permission_denied', `Group ${group.id} is exclusive and not open to this account.`);
    }
    return group;
  }

  async #put(
    before: Key | undefined,
    after: Key,
    secrets: SecretRecord[],
    actor: Actor,
    action: string,
    more: object = {},
    role?: KeyRole,
  ): Promise<void> {
    const { store, directory, now } = this.#deps;
    const audit = auditEntry(actor, action, after.id, now(), { before, after: { ...after, ...more } });
    try {
      await store.write({ kind: 'key', key: after, secrets, audit, ...(role === undefined ? {} : { role }) });
    } catch (error) {
      // Also when a batch in doubt was written after all: the database has the last word on whose a secret is.
      if (error instanceof StorageError && error.kind === 'conflict') throw secretTaken();
      throw error;
    }
    directory.putKey(after, secrets);
    if (role === 'first') directory.firstKeyId = after.id;
    if (role === 'playground') directory.playgroundKeyId = after.id;
    this.#deps.onChanged();
  }
}

const secretTaken = (): GatewayError =>
  new GatewayError('conflict', 'This secret is or was that of another key. Choose another, or leave custom_key out.', {
    param: 'custom_key',
  });

/** Whoever has the key would be the administrator. */
const secretOfAdmin = (): GatewayError =>
  new GatewayError(
    'conflict',
    'This secret is or was an admin token. An API key needs one of its own: choose another, or leave custom_key out.',
    { param: 'custom_key' },
  );

const revokedForGood = (key: Key): GatewayError =>
  new GatewayError('conflict', `API key ${key.id} is revoked, and that is for good. Create a new one.`);
