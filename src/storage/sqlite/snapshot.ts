import type { Database } from 'bun:sqlite';
import type { KeySpending, Span } from '../records.ts';
import { PARTS_PER_SPAN, SPANS } from '../records.ts';
import type { Snapshot } from '../store.ts';
import type { KeyRole } from '../writes.ts';
import { toAccount, toAdminToken, toGroup, toKey, toSecret, toWallet } from './raw-records.ts';
import { CURRENT_BALANCES, SUMMED_TO } from './sums.ts';

/** Everything that the road needs in memory, in one read. */
export function readSnapshot(db: Database, fresh: boolean): Snapshot {
  return {
    accounts: all(db, 'SELECT * FROM accounts', toAccount),
    wallets: all(db, WALLETS, toWallet),
    groups: all(db, 'SELECT * FROM groups', toGroup),
    keys: all(db, 'SELECT * FROM keys', toKey),
    secrets: all(db, 'SELECT * FROM secrets', toSecret),
    adminTokens: all(db, 'SELECT * FROM admin_tokens', toAdminToken),
    firstKeyId: keyOf(db, 'first'),
    playgroundKeyId: keyOf(db, 'playground'),
    fresh,
  };
}

const WALLETS = `SELECT account_id, sum(wallet) AS wallet, sum(revenue) AS revenue, sum(top_up) AS top_up,
  sum(adjustment) AS adjustment, sum(absorbed) AS absorbed, sum(topped_up_to) AS topped_up_to
  FROM ${CURRENT_BALANCES} GROUP BY account_id`;

const keyOf = (db: Database, role: KeyRole): string | undefined =>
  db.query<{ value: string }, [string]>('SELECT value FROM meta WHERE name = ?').get(`${role}_key`)?.value;

/** Row by row: with 100,000 keys, raw rows and finished ones side by side would be the peak of memory. */
function all<Raw, Row>(db: Database, sql: string, convert: (raw: Raw) => Row): Row[] {
  const rows: Row[] = [];
  for (const raw of db.query<Raw, []>(sql).iterate()) rows.push(convert(raw));
  return rows;
}

/** What a key has spent: some 200 rows by primary key, and its few rows that are in no sum yet. */
export function readSpending(db: Database, keyId: string): KeySpending {
  // In one read, so that no row is in both or in neither.
  return db.transaction(() => {
    const sum = db.query<{ spent: bigint }, [string]>('SELECT spent FROM spending WHERE key_id = ?').get(keyId);
    const parts = db
      .query<{ span: Span; part: bigint; spent: bigint }, [string]>(
        'SELECT span, part, spent FROM window_parts WHERE key_id = ? AND spent <> 0 ORDER BY span, part',
      )
      .all(keyId)
      .map(({ span, part, spent }) => ({ span, part: Number(part), spent }));
    let spent = sum?.spent ?? 0n;
    for (const { startedAt, cost } of unsummed(db, keyId)) {
      spent += cost;
      for (const { name, ms } of SPANS) {
        const part = Math.floor(Number(startedAt) / (ms / PARTS_PER_SPAN));
        const found = parts.find((one) => one.span === name && one.part === part);
        if (found === undefined) parts.push({ span: name, part, spent: cost });
        else found.spent += cost;
      }
    }
    return { spent, parts };
  })();
}

/** A key's charges that are in no stored sum; those of nothing make no part of a window. */
function unsummed(db: Database, keyId: string): { startedAt: bigint; cost: bigint }[] {
  return db
    .query<{ startedAt: bigint; cost: bigint }, [string]>(
      `SELECT started_at AS startedAt, cost FROM usage WHERE key_id = ? AND id > ${SUMMED_TO} AND cost <> 0`,
    )
    .all(keyId);
}
