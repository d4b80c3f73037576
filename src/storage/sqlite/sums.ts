import type { Database } from 'bun:sqlite';

export const HOUR_MS = 3_600_000;

/** What sums of usage are kept of, largest first; `number` of a sum counts its unit since the epoch, in UTC. */
export const SUM_UNITS = [
  { name: 'day', ms: 24 * HOUR_MS },
  { name: 'hour', ms: HOUR_MS },
] as const;

/** As SQL: the id up to which stored sums and balances have every row of usage and ledger. Those that are newer are to be added. */
export const SUMMED_TO = "(SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE name = 'summed_to')";

/** As SQL: rows that add up to each account's books as they stand, entries that are in no stored balance included. */
export const CURRENT_BALANCES = `(SELECT account_id, wallet, held, revenue, top_up, adjustment, absorbed, topped_up_to
  FROM balances UNION ALL SELECT account_id, wallet, held, revenue, top_up, adjustment, absorbed, 0
  FROM ledger WHERE id > ${SUMMED_TO})`;

/** As SQL: rows where `summed_to` is not what it can be, an id that was given out. */
export const BAD_SUMMED_TO = `SELECT 'meta summed_to' AS row, 'at most ' || newest AS expected, value AS found
  FROM (SELECT max((SELECT coalesce(max(id), 0) FROM usage), (SELECT coalesce(max(id), 0) FROM ledger),
    (SELECT coalesce(max(id), 0) FROM audit)) AS newest) LEFT JOIN meta ON name = 'summed_to'
  WHERE value IS NULL OR value GLOB '*[^0-9]*' OR length(value) NOT BETWEEN 1 AND 18 OR CAST(value AS INTEGER) > newest`;

/** Where it cannot be known how far the sums go, they are thrown away: whoever reads them derives them from the rows, as does the next commit. */
export function distrustSums(db: Database): void {
  if (isKnown(db)) return;
  db.transaction(() => {
    for (const table of ['balances', 'spending', 'window_parts', 'usage_sums']) db.run(`DELETE FROM ${table}`);
    // What no sum tells: what the newest top-up brought the wallet to.
    db.run(`INSERT INTO balances SELECT account_id, 0, 0, 0, 0, 0, 0, wallet_after FROM ledger AS newest WHERE id =
      (SELECT max(id) FROM ledger WHERE account_id = newest.account_id AND cause <> 'charge' AND wallet > 0)`);
    db.run("INSERT INTO meta VALUES ('summed_to', '0') ON CONFLICT DO UPDATE SET value = excluded.value");
  }).immediate();
}

/** True where a damaged file keeps it from being told: that is seen before anything is written. */
function isKnown(db: Database): boolean {
  try {
    return db.query(BAD_SUMMED_TO).get() === null;
  } catch {
    return true;
  }
}
