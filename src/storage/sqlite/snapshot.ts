import type { Database } from 'bun:sqlite';
import type { KeySpending, Span } from '../records.ts';
import { PARTS_PER_SPAN, SPANS } from '../records.ts';
import type { Snapshot } from '../store.ts';
import { toAccount, toAdminToken, toGroup, toKey, toSecret, toWallet } from './raw-rows.ts';

/** Everything that the road needs in memory, in one read. */
export function readSnapshot(db: Database, fresh: boolean): Snapshot {
  return {
    accounts: all(db, 'SELECT * FROM accounts', toAccount),
    wallets: all(db, 'SELECT * FROM balances', toWallet),
    groups: all(db, 'SELECT * FROM groups', toGroup),
    keys: all(db, 'SELECT * FROM keys', toKey),
    secrets: all(db, 'SELECT * FROM secrets', toSecret),
    adminTokens: all(db, 'SELECT * FROM admin_tokens', toAdminToken),
    fresh,
  };
}

/** Row by row: with 100,000 keys, raw rows and finished ones side by side would be the peak of memory. */
function all<Raw, Row>(db: Database, sql: string, convert: (raw: Raw) => Row): Row[] {
  const rows: Row[] = [];
  for (const raw of db.query<Raw, []>(sql).iterate()) rows.push(convert(raw));
  return rows;
}

/** What a key has spent; at most 183 rows by primary key. */
export function readSpending(db: Database, keyId: string, nowMs: number): KeySpending {
  const sum = db.query<{ spent: bigint }, [string]>('SELECT spent FROM spending WHERE key_id = ?').get(keyId);
  const parts = db
    .query<{ span: Span; part: bigint; spent: bigint }, [string]>(
      'SELECT span, part, spent FROM window_parts WHERE key_id = ? ORDER BY span, part',
    )
    .all(keyId)
    .map(({ span, part, spent }) => ({ span, part: Number(part), spent }));
  const oldest = new Map(
    SPANS.map(({ name, ms }) => [name, Math.floor((nowMs - ms) / (ms / PARTS_PER_SPAN))] as const),
  );
  return { spent: sum?.spent ?? 0n, parts: parts.filter(({ span, part }) => part >= (oldest.get(span) ?? 0)) };
}
