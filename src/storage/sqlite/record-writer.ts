import type { Database, Statement } from 'bun:sqlite';
import type { AccountRecord, AdminTokenRecord, GroupRecord, KeyRecord, SecretRecord } from '../records.ts';
import type { AuditEntry } from '../rows.ts';
import type { KeyRole } from '../writes.ts';

type Binding = bigint | number | string | null;

/** Writes accounts, groups, keys, tokens and the audit log. Few and far between, so plainly. */
export class RecordWriter {
  readonly #account: Statement<unknown, Binding[]>;
  readonly #group: Statement<unknown, Binding[]>;
  readonly #key: Statement<unknown, Binding[]>;
  readonly #secret: Statement<unknown, Binding[]>;
  readonly #token: Statement<unknown, Binding[]>;
  readonly #audit: Statement<unknown, Binding[]>;
  readonly #role: Statement<unknown, [string, string]>;
  readonly #touch: Statement<unknown, []>;

  constructor(db: Database) {
    this.#account = db.query(
      'INSERT INTO accounts VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name, unlimited = excluded.unlimited',
    );
    this.#group = db.query(
      `INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name,
         models = excluded.models, multiplier = excluded.multiplier, exclusive = excluded.exclusive,
         allowed_accounts = excluded.allowed_accounts, updated_at = excluded.updated_at`,
    );
    this.#key = db.query(
      `INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         name = excluded.name, masked = excluded.masked, group_id = excluded.group_id, quota = excluded.quota,
         limit_5h = excluded.limit_5h, limit_1d = excluded.limit_1d, limit_7d = excluded.limit_7d, rpm = excluded.rpm,
         tpm = excluded.tpm, concurrency = excluded.concurrency, ip_allow = excluded.ip_allow,
         ip_deny = excluded.ip_deny, models = excluded.models, expires_at = excluded.expires_at,
         updated_at = excluded.updated_at, status = excluded.status, on_limit = excluded.on_limit`,
    );
    // A secret never moves to another key: that would hand one customer's bill to another.
    this.#secret = db.query(
      'INSERT INTO secrets VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET valid_until = excluded.valid_until, key_id = iif(key_id = excluded.key_id, key_id, NULL)',
    );
    this.#token = db.query(
      'INSERT INTO admin_tokens VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at',
    );
    this.#audit = db.query('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#role = db.query('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value');
    this.#touch = db.query("INSERT INTO meta VALUES ('probe', '1') ON CONFLICT DO UPDATE SET value = value + 1");
  }

  putAccount(account: AccountRecord): void {
    this.#account.run(account.id, account.name, Number(account.unlimited), account.createdAt);
  }

  putGroup(group: GroupRecord): void {
    this.#group.run(
      group.id,
      group.accountId,
      group.name,
      group.models === undefined ? null : JSON.stringify(group.models),
      group.multiplier,
      Number(group.exclusive),
      JSON.stringify(group.allowedAccounts),
      group.createdAt,
      group.updatedAt,
    );
  }

  putKey(key: KeyRecord, secrets: readonly SecretRecord[]): void {
    this.#key.run(
      key.id,
      key.accountId,
      key.name,
      key.masked,
      key.groupId,
      key.quota,
      key.limit5h,
      key.limit1d,
      key.limit7d,
      key.rpm,
      key.tpm,
      key.concurrency,
      JSON.stringify(key.ipAllow),
      JSON.stringify(key.ipDeny),
      JSON.stringify(key.models),
      key.expiresAt ?? null,
      key.createdAt,
      key.updatedAt,
      key.status,
      key.onLimit,
    );
    for (const { hash, keyId, createdAt, validUntil } of secrets) {
      this.#secret.run(hash, keyId, createdAt, validUntil ?? null);
    }
  }

  putRole(role: KeyRole, keyId: string): void {
    this.#role.run(`${role}_key`, keyId);
  }

  putAdminToken(token: AdminTokenRecord): void {
    this.#token.run(token.id, token.name, token.hash, token.createdAt, token.revokedAt ?? null);
  }

  audit(id: bigint, entry: AuditEntry): void {
    const { accountId, at, actor, action, target, ip, before, after } = entry;
    this.#audit.run(id, accountId, at, actor, action, target, ip, before ?? null, after ?? null);
  }

  /** The smallest change that a commit can have. */
  touch(): void {
    this.#touch.run();
  }
}
