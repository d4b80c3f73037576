import type { Database } from 'bun:sqlite';
import type { KeySpending, Span } from '../records.ts';
import { PARTS_PER_SPAN, SPANS } from '../records.ts';
import type { Snapshot } from '../store.ts';
import {
  type RawAccount,
  type RawAdminToken,
  type RawGroup,
  type RawKey,
  type RawSecret,
  type RawWallet,
  toAccount,
  toAdminToken,
  toGroup,
  toKey,
  toSecret,
  toWallet,
} from './raw-rows.ts';

/** Everything that the road needs in memory, in one read. */
export function readSnapshot(db: Database, fresh: boolean): Snapshot {
  return {
    accounts: db.query<RawAccount, []>('SELECT * FROM accounts').all().map(toAccount),
    wallets: db.query<RawWallet, []>('SELECT * FROM balances').all().map(toWallet),
    groups: db.query<RawGroup, []>('SELECT * FROM groups').all().map(toGroup),
    keys: db.query<RawKey, []>('SELECT * FROM keys').all().map(toKey),
    secrets: db.query<RawSecret, []>('SELECT * FROM secrets').all().map(toSecret),
    adminTokens: db.query<RawAdminToken, []>('SELECT * FROM admin_tokens').all().map(toAdminToken),
    fresh,
  };
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
