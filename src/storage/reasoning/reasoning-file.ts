import { Database } from 'bun:sqlite';
import { chmodSync } from 'node:fs';
import type { MemoryBounds, RememberedTurn } from '../../protocols/reasoning-memory.ts';

/** One turn on its way into the file. */
export interface TurnRow {
  keyId: string;
  lookups: readonly string[];
  turn: RememberedTurn;
  atMs: number;
  /** Rough size, for bounds. */
  bytes: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS turn (
    id INTEGER PRIMARY KEY,
    key_id TEXT NOT NULL,
    vendor TEXT NOT NULL,
    blocks TEXT NOT NULL,
    calls TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS turn_of_key ON turn (key_id, id);
  CREATE INDEX IF NOT EXISTS turn_by_age ON turn (created_ms);
  CREATE TABLE IF NOT EXISTS lookup (
    key_id TEXT NOT NULL,
    name TEXT NOT NULL,
    turn_id INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    PRIMARY KEY (key_id, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS lookup_of_turn ON lookup (turn_id);
`;

/**
 * Opens the file, and makes it when it is not there. Losing the newest turns with the power costs thinking in one request,
 * so a commit does not wait for the disk (`synchronous=NORMAL`); the ledger has a file of its own.
 */
export function openReasoningFile(path: string): Database {
  const db = new Database(path, { create: true, strict: true });
  try {
    chmodSync(path, 0o600);
    db.run('PRAGMA busy_timeout = 500');
    db.run('PRAGMA journal_mode = WAL');
    db.run('PRAGMA synchronous = NORMAL');
    db.run('PRAGMA foreign_keys = ON');
    db.run('PRAGMA journal_size_limit = 16777216');
    db.run(SCHEMA);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Writes turns, newer ones taking lookups over, and forgets what is too old or too much. One transaction. */
export function storeTurns(db: Database, rows: readonly TurnRow[], bounds: MemoryBounds, nowMs: number): void {
  const turn = db.query<{ id: number }, [string, string, string, string, number, number]>(
    'INSERT INTO turn (key_id, vendor, blocks, calls, bytes, created_ms) VALUES (?, ?, ?, ?, ?, ?) RETURNING id',
  );
  const lookup = db.query(
    'INSERT INTO lookup (key_id, name, turn_id) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET turn_id = excluded.turn_id',
  );
  db.transaction(() => {
    for (const row of rows) {
      const { vendor, blocks, calls } = row.turn;
      const { id } = turn.get(row.keyId, vendor, JSON.stringify(blocks), JSON.stringify(calls), row.bytes, row.atMs)!;
      for (const name of row.lookups) lookup.run(row.keyId, name, id);
    }
    db.query('DELETE FROM turn WHERE created_ms <= ?').run(nowMs - bounds.maxAgeMs);
    for (const keyId of new Set(rows.map((row) => row.keyId))) forgetTooMuch(db, keyId, bounds);
  })();
}

function forgetTooMuch(db: Database, keyId: string, { maxTurns, maxBytes }: MemoryBounds): void {
  const { turns, bytes } = db
    .query<{ turns: number; bytes: number }, [string]>(
      'SELECT count(*) AS turns, coalesce(sum(bytes), 0) AS bytes FROM turn WHERE key_id = ?',
    )
    .get(keyId)!;
  if (turns <= maxTurns && bytes <= maxBytes) return;
  // Newest first, with the running totals that include each turn: the first one past a bound goes, and all older ones.
  db.query(
    `DELETE FROM turn WHERE id IN (
       SELECT id FROM (
         SELECT id, row_number() OVER newest AS turns, sum(bytes) OVER newest AS bytes
         FROM turn WHERE key_id = ?1 WINDOW newest AS (ORDER BY id DESC)
       ) WHERE turns > ?2 OR bytes > ?3)`,
  ).run(keyId, maxTurns, maxBytes);
}

/**
 * Reads the turns that lookups lead to. One query for all names, one for all turns: a history of a hundred turns asks for
 * all of them with every request, and a turn with several calls is led to by several names.
 */
export function findTurns(
  db: Database,
  keyId: string,
  names: readonly string[],
  oldestMs: number,
): Map<string, RememberedTurn> {
  const found = db
    .query<{ name: string; turn_id: number }, [string, string]>(
      'SELECT name, turn_id FROM lookup WHERE key_id = ? AND name IN (SELECT value FROM json_each(?))',
    )
    .all(keyId, JSON.stringify(names));
  if (found.length === 0) return new Map();
  const rows = db
    .query<{ id: number; vendor: string; blocks: string; calls: string }, [string, number]>(
      `SELECT id, vendor, blocks, calls FROM turn
       WHERE id IN (SELECT value FROM json_each(?)) AND created_ms > ?`,
    )
    .all(JSON.stringify(found.map(({ turn_id }) => turn_id)), oldestMs);
  const byId = new Map(
    rows.map(({ id, vendor, blocks, calls }): [number, RememberedTurn] => [
      id,
      { vendor, blocks: JSON.parse(blocks), calls: JSON.parse(calls) },
    ]),
  );
  const turns = new Map<string, RememberedTurn>();
  for (const { name, turn_id } of found) {
    const turn = byId.get(turn_id);
    if (turn !== undefined) turns.set(name, turn);
  }
  return turns;
}
