import { compileIpRules, type IpRules } from '../limits/ip-rules.ts';
import type { SecretRecord } from '../storage/records.ts';
import type { Snapshot } from '../storage/store.ts';
import { HashMemo } from './hash-memo.ts';
import type { AdminToken, Group, Key } from './key.ts';
import { hashSecret } from './secret.ts';

/**
 * Keys, groups and admin tokens in memory: a look-up is two map accesses, and a hash for a secret that was not seen lately,
 * however many there are. A change is put here once it is durable, and holds from the next request on. Entries are
 * replaced, never altered.
 */
export class KeyDirectory {
  readonly #keys = new Map<string, Key>();
  readonly #groups = new Map<string, Group>();
  readonly #secrets = new Map<string, SecretRecord>();
  readonly #tokens = new Map<string, AdminToken>();
  readonly #openTokens = new Map<string, AdminToken>();
  readonly #hashes = new HashMemo();
  /** Compiled when a key with rules is first seen. */
  readonly #rules = new WeakMap<Key, IpRules>();

  /** The key whose secret the environment sets. */
  firstKeyId: string | undefined;
  /** The key that the console's playground calls with. */
  playgroundKeyId: string | undefined;

  constructor(
    snapshot: Pick<Snapshot, 'keys' | 'groups' | 'secrets' | 'adminTokens' | 'firstKeyId' | 'playgroundKeyId'>,
  ) {
    this.firstKeyId = snapshot.firstKeyId;
    this.playgroundKeyId = snapshot.playgroundKeyId;
    for (const key of snapshot.keys) this.#keys.set(key.id, key);
    for (const group of snapshot.groups) this.#groups.set(group.id, group);
    for (const secret of snapshot.secrets) this.#secrets.set(secret.hash, secret);
    for (const token of snapshot.adminTokens) this.putToken(token);
  }

  /** The key that a secret opens or once opened; a secret that was rotated out finds its key as revoked. */
  find(secret: string, nowMs: number): Key | undefined {
    const found = this.#secrets.get(this.#hashes.of(secret));
    const key = found === undefined ? undefined : this.#keys.get(found.keyId);
    if (key === undefined || found?.validUntil === undefined || found.validUntil > nowMs) return key;
    return { ...key, status: 'revoked' };
  }

  key(id: string): Key | undefined {
    return this.#keys.get(id);
  }

  keys(): Key[] {
    return [...this.#keys.values()];
  }

  /** A key's current secret and former ones that still open. */
  secretsOf(keyId: string): SecretRecord[] {
    return [...this.#secrets.values()].filter((secret) => secret.keyId === keyId);
  }

  secret(hash: string): SecretRecord | undefined {
    return this.#secrets.get(hash);
  }

  group(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  groups(): Group[] {
    return [...this.#groups.values()];
  }

  /** True when the key's group and own list reach the model. */
  reaches(key: Key, modelId: string): boolean {
    const group = this.#groups.get(key.groupId);
    if (group === undefined) return false;
    if (group.models !== undefined && !group.models.includes(modelId)) return false;
    return key.models.length === 0 || key.models.includes(modelId);
  }

  allowsAddress(key: Key, ip: string): boolean {
    if (key.ipAllow.length === 0 && key.ipDeny.length === 0) return true;
    let rules = this.#rules.get(key);
    if (rules === undefined) {
      rules = compileIpRules(key.ipAllow, key.ipDeny);
      this.#rules.set(key, rules);
    }
    return rules.allows(ip);
  }

  /** The admin token that a secret opens; revoked ones open nothing. */
  findToken(secret: string): AdminToken | undefined {
    return this.#openTokens.get(hashSecret(secret));
  }

  /** True for the secret of an admin token, also of one that was revoked. */
  isToken(hash: string): boolean {
    return this.tokens().some((token) => token.hash === hash);
  }

  tokens(): AdminToken[] {
    return [...this.#tokens.values()];
  }

  putKey(key: Key, secrets: readonly SecretRecord[]): void {
    this.#keys.set(key.id, key);
    for (const secret of secrets) this.#secrets.set(secret.hash, secret);
  }

  putGroup(group: Group): void {
    this.#groups.set(group.id, group);
  }

  putToken(token: AdminToken): void {
    this.#tokens.set(token.id, token);
    if (token.revokedAt === undefined) this.#openTokens.set(token.hash, token);
    else if (this.#openTokens.get(token.hash)?.id === token.id) this.#openTokens.delete(token.hash);
  }
}
