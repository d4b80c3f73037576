/**
 * The schema, as steps that only go forward: step N brings a database from version N to N + 1. A step that has been
 * released is never edited. Amounts are nano-dollars (int64), times Unix ms, lists JSON text, flags 0 or 1.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE accounts (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, unlimited INTEGER NOT NULL CHECK (unlimited IN (0, 1)),
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE groups (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts (id), name TEXT NOT NULL, models TEXT,
    multiplier TEXT NOT NULL, exclusive INTEGER NOT NULL CHECK (exclusive IN (0, 1)), allowed_accounts TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE keys (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts (id), name TEXT NOT NULL, masked TEXT NOT NULL,
    group_id TEXT NOT NULL REFERENCES groups (id),
    quota INTEGER NOT NULL, limit_5h INTEGER NOT NULL, limit_1d INTEGER NOT NULL, limit_7d INTEGER NOT NULL,
    rpm INTEGER NOT NULL, tpm INTEGER NOT NULL, concurrency INTEGER NOT NULL,
    ip_allow TEXT NOT NULL, ip_deny TEXT NOT NULL, models TEXT NOT NULL,
    expires_at INTEGER, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled', 'revoked')),
    on_limit TEXT NOT NULL CHECK (on_limit IN ('shrink', 'refuse'))
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE secrets (
    hash TEXT PRIMARY KEY, key_id TEXT NOT NULL REFERENCES keys (id), created_at INTEGER NOT NULL, valid_until INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE admin_tokens (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, created_at INTEGER NOT NULL, revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX admin_tokens_by_name ON admin_tokens (name) WHERE revoked_at IS NULL;
  CREATE UNIQUE INDEX admin_tokens_by_hash ON admin_tokens (hash) WHERE revoked_at IS NULL;

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY, account_id TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    target TEXT NOT NULL, ip TEXT NOT NULL, before TEXT, after TEXT
  ) STRICT;

  -- Rates and multipliers that charges were computed with, each text once.
  CREATE TABLE terms (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

  -- A billed request. Ids follow the clock in microseconds, made unique: id / 1000 is created_at in Unix ms, and
  -- order of id is order of arrival, which is what keeps cursors right while rows come in.
  CREATE TABLE usage (
    id INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL, key_id TEXT NOT NULL,
    started_at INTEGER NOT NULL, model TEXT NOT NULL, upstream TEXT NOT NULL, upstream_model TEXT NOT NULL,
    protocol TEXT NOT NULL, stream INTEGER NOT NULL, status INTEGER NOT NULL, ending TEXT NOT NULL,
    simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    input_uncached INTEGER NOT NULL CHECK (input_uncached >= 0), cache_read INTEGER NOT NULL CHECK (cache_read >= 0),
    cache_write_5m INTEGER NOT NULL CHECK (cache_write_5m >= 0), cache_write_1h INTEGER NOT NULL CHECK (cache_write_1h >= 0),
    output_text INTEGER NOT NULL CHECK (output_text >= 0), reasoning INTEGER NOT NULL CHECK (reasoning >= 0),
    usage_source TEXT NOT NULL CHECK (usage_source IN ('upstream', 'estimated')), clamped INTEGER NOT NULL,
    cost INTEGER NOT NULL CHECK (cost >= 0), absorbed INTEGER NOT NULL CHECK (absorbed >= 0), upstream_cost INTEGER,
    held INTEGER NOT NULL CHECK (held >= 0), terms_id INTEGER NOT NULL REFERENCES terms (id),
    ttft_ms INTEGER, duration_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX usage_by_key ON usage (key_id);
  CREATE INDEX usage_by_model ON usage (model);

  -- Double entry: one row is one journal entry with a column per book, and it must sum to zero. A charge has the id
  -- of its usage row. A reservation lives in the memory of the process that took it and is taken and given back
  -- within one row, so held is zero here; a node that leases from a shared database books its lease there.
  CREATE TABLE ledger (
    id INTEGER PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts (id),
    cause TEXT NOT NULL CHECK (cause IN ('top_up', 'adjustment', 'charge')),
    wallet INTEGER NOT NULL, held INTEGER NOT NULL DEFAULT 0, revenue INTEGER NOT NULL DEFAULT 0,
    top_up INTEGER NOT NULL DEFAULT 0, adjustment INTEGER NOT NULL DEFAULT 0, absorbed INTEGER NOT NULL DEFAULT 0,
    wallet_after INTEGER NOT NULL,
    note TEXT, actor TEXT, idempotency_key TEXT,
    CHECK (wallet + held + revenue + top_up + adjustment + absorbed = 0)
  ) STRICT;
  CREATE UNIQUE INDEX ledger_by_idempotency_key ON ledger (account_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
  CREATE INDEX ledger_by_hand ON ledger (account_id, cause) WHERE cause <> 'charge';

  CREATE TRIGGER ledger_keeps BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
  CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
  CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER usage_keeps BEFORE UPDATE ON usage BEGIN SELECT RAISE(ABORT, 'usage rows are append-only'); END;

  -- What follows is derived from ledger and usage, kept in the same transaction, and re-derived by the doctor.
  CREATE TABLE balances (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id),
    wallet INTEGER NOT NULL, held INTEGER NOT NULL, revenue INTEGER NOT NULL, top_up INTEGER NOT NULL,
    adjustment INTEGER NOT NULL, absorbed INTEGER NOT NULL, topped_up_to INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE spending (
    key_id TEXT PRIMARY KEY, spent INTEGER NOT NULL, calls INTEGER NOT NULL, last_used_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE window_parts (
    key_id TEXT NOT NULL, span TEXT NOT NULL CHECK (span IN ('5h', '1d', '7d')), part INTEGER NOT NULL,
    spent INTEGER NOT NULL, PRIMARY KEY (key_id, span, part)
  ) STRICT, WITHOUT ROWID;

  -- Sums of whole hours and whole days, so that neither a day's curve nor a month's bill reads every request.
  CREATE TABLE usage_sums (
    account_id TEXT NOT NULL, unit TEXT NOT NULL CHECK (unit IN ('hour', 'day')), number INTEGER NOT NULL,
    key_id TEXT NOT NULL, model TEXT NOT NULL, simulated INTEGER NOT NULL, calls INTEGER NOT NULL,
    input_uncached INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
    output INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost INTEGER NOT NULL, absorbed INTEGER NOT NULL,
    upstream_cost INTEGER NOT NULL, PRIMARY KEY (account_id, unit, number, key_id, model, simulated)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TRIGGER usage_stays BEFORE DELETE ON usage BEGIN SELECT RAISE(ABORT, 'usage rows are append-only'); END;
  `,
  // From here on sums and balances may lag behind the rows. An older release would take them for whole.
  `
  INSERT INTO meta VALUES ('summed_to', max((SELECT coalesce(max(id), 0) FROM usage), (SELECT coalesce(max(id), 0) FROM ledger)))
    ON CONFLICT DO UPDATE SET value = excluded.value;
  `,
  // Before, the playground took the newest active key of this name for its own. Kept is one that the console may have made:
  // over the network, with a name and nothing else. A client's key that the command line made, or that was made with a limit, is not.
  `
  INSERT INTO meta SELECT 'playground_key', keys.id FROM keys JOIN audit ON audit.target = keys.id
    WHERE keys.name = 'console-playground' AND keys.status = 'active' AND audit.action = 'key.create' AND audit.ip <> ''
      AND after ->> 'name' = 'console-playground' AND after ->> 'groupId' = 'default' AND after ->> 'expiresAt' IS NULL
      AND after ->> 'quota' = '0' AND after ->> 'limit5h' = '0' AND after ->> 'limit1d' = '0' AND after ->> 'limit7d' = '0'
      AND after ->> 'rpm' = 0 AND after ->> 'tpm' = 0 AND after ->> 'concurrency' = 0
      AND after ->> 'ipAllow' = '[]' AND after ->> 'ipDeny' = '[]' AND after ->> 'models' = '[]'
    ORDER BY keys.created_at DESC, keys.id DESC LIMIT 1;
  `,
];
