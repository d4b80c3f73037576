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
