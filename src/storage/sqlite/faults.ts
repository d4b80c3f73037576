import type { Database } from 'bun:sqlite';
import { PARTS_KEPT, PARTS_PER_SPAN, SPANS } from '../records.ts';
import { type Fault, SOUND_FILE } from '../store.ts';
import { describeFailure } from './failure.ts';
import { BAD_SUMMED_TO, SUM_UNITS, SUMMED_TO } from './sums.ts';

/** One rule of the books: a query for the rows that break it. Columns: row, expected, found. */
interface Rule {
  name: string;
  sql: string;
}

interface RawFault {
  row: string | bigint | null;
  expected: string | bigint | null;
  found: string | bigint | null;
}

/** At most so many rows are told of each rule: the first leads to the cause. */
const PER_RULE = 20;

/**
 * Derives every balance and sum anew from the rows that it stands for, and returns what does not fit. Reads only. Rows that are in
 * no sum yet are added by whoever reads sums, so they are left out on both sides.
 * What SQLite itself finds wrong with the file comes first.
 */
export function findFaults(db: Database, nowMs: number): Fault[] {
  const damage = findDamage(db);
  if (damage.length > 0) return damage;
  return rules(nowMs).flatMap(({ name, sql }) =>
    db
      .query<RawFault, []>(`${sql} LIMIT ${PER_RULE}`)
      .all()
      .map((raw) => fault(name, raw)),
  );
}

function findDamage(db: Database): Fault[] {
  const damaged = (found: string) => fault(SOUND_FILE, { row: 'database', expected: 'ok', found });
  try {
    return db
      .query<{ integrity_check: string }, []>(`PRAGMA integrity_check(${PER_RULE})`)
      .all()
      .filter(({ integrity_check }) => integrity_check !== 'ok')
      .map(({ integrity_check }) => damaged(integrity_check));
  } catch (error) {
    // Damage that goes so deep that SQLite cannot even list it.
    const { kind, reason } = describeFailure(error);
    if (kind !== 'corrupt') throw error;
    return [damaged(`${reason}: put a backup in its place`)];
  }
}

function fault(rule: string, { row, expected, found }: RawFault): Fault {
  return { rule, row: String(row ?? 'none'), expected: String(expected ?? 'none'), found: String(found ?? 'none') };
}

function rules(nowMs: number): Rule[] {
  return [
    { name: 'it is known how far the sums go', sql: BAD_SUMMED_TO },
    {
      name: 'foreign keys hold',
      sql: `SELECT "table" || ' ' || coalesce(rowid, '') AS row, parent AS expected, NULL AS found FROM pragma_foreign_key_check`,
    },
    {
      name: 'every journal entry sums to zero',
      sql: `SELECT 'ledger ' || id AS row, 0 AS expected, wallet + held + revenue + top_up + adjustment + absorbed AS found
        FROM ledger WHERE wallet + held + revenue + top_up + adjustment + absorbed <> 0`,
    },
    {
      name: 'an entry is in the books of its cause',
      sql: `SELECT 'ledger ' || id AS row, cause AS expected,
          'top_up ' || top_up || ', adjustment ' || adjustment || ', revenue ' || revenue || ', absorbed ' || absorbed AS found
        FROM ledger WHERE (top_up <> 0 AND cause <> 'top_up') OR (adjustment <> 0 AND cause <> 'adjustment')
          OR ((revenue <> 0 OR absorbed <> 0) AND cause <> 'charge')`,
    },
    {
      name: 'the running balance follows from the entry before',
      sql: `SELECT 'ledger ' || id AS row, before + wallet AS expected, wallet_after AS found FROM (
          SELECT id, wallet, wallet_after, lag(wallet_after, 1, 0) OVER (PARTITION BY account_id ORDER BY id) AS before
          FROM ledger) WHERE before + wallet <> wallet_after`,
    },
    {
      name: 'a limited wallet is never below zero',
      // An account that was unlimited may carry a debt into its limited time; a charge must not make it deeper.
      sql: `SELECT 'ledger ' || ledger.id AS row, 0 AS expected, wallet_after AS found FROM ledger
        JOIN accounts ON accounts.id = account_id WHERE wallet_after < 0 AND NOT unlimited
        AND account_id NOT IN (SELECT account_id FROM audit WHERE action = 'wallet.unlimited')`,
    },
    {
      name: 'nothing stays reserved',
      sql: `SELECT 'account ' || account_id AS row, 0 AS expected, sum(held) AS found FROM ledger GROUP BY account_id
        HAVING sum(held) <> 0`,
    },
    ...balanceRules(),
    {
      name: 'a wallet is low against what it last received',
      sql: `SELECT 'account ' || balances.account_id AS row, coalesce(wallet_after, 0) AS expected, topped_up_to AS found
        FROM balances LEFT JOIN ledger ON ledger.id = (SELECT max(id) FROM ledger AS newest
          WHERE newest.account_id = balances.account_id AND newest.cause <> 'charge' AND newest.wallet > 0)
        WHERE coalesce(wallet_after, 0) <> topped_up_to`,
    },
    {
      name: 'every charge has its usage row',
      sql: `SELECT 'ledger ' || ledger.id AS row, -wallet AS expected, NULL AS found FROM ledger
        LEFT JOIN usage ON usage.id = ledger.id WHERE cause = 'charge' AND usage.id IS NULL`,
    },
    {
      name: 'every usage row is charged once, in full, to its account',
      sql: `SELECT 'usage ' || usage.id AS row, cost || ' + ' || usage.absorbed AS expected,
          coalesce(-wallet || ' + ' || -ledger.absorbed, 'no charge') AS found FROM usage
        LEFT JOIN ledger ON ledger.id = usage.id AND cause = 'charge' AND ledger.account_id = usage.account_id
        WHERE ledger.id IS NULL OR cost <> -wallet OR usage.absorbed <> -ledger.absorbed`,
    },
    difference({
      name: 'what a key spent is the sum of its usage',
      row: "'key ' || key_id",
      identity: ['key_id'],
      columns: ['calls', 'spent', 'last_used_at'],
      derived: `SELECT key_id, sum(cost) AS spent, count(*) AS calls, max(id) / 1000 AS last_used_at
        FROM usage WHERE id <= ${SUMMED_TO} GROUP BY key_id`,
      told: 'SELECT key_id, spent, calls, last_used_at FROM spending',
    }),
    {
      name: 'whoever spent is a key',
      sql: `SELECT 'key ' || key_id AS row, 'there' AS expected, NULL AS found FROM spending
        LEFT JOIN keys ON keys.id = key_id WHERE keys.id IS NULL`,
    },
    ...SPANS.map(({ name, ms }) => windowRule(name, ms, nowMs)),
    ...SUM_UNITS.map(({ name, ms }) => sumRule(name, ms)),
    {
      name: 'only answers are billed',
      sql: `SELECT 'usage ' || id AS row, '2xx' AS expected, status AS found FROM usage WHERE status NOT BETWEEN 200 AND 299`,
    },
    {
      name: 'a key has one current secret',
      sql: `SELECT 'key ' || keys.id AS row, 1 AS expected, count(hash) AS found FROM keys
        LEFT JOIN secrets ON key_id = keys.id AND valid_until IS NULL GROUP BY keys.id HAVING count(hash) <> 1`,
    },
    // Last: what was done behind a guard that is gone is told by the row that it was done to.
    ...KEPT.map((trigger) => ({
      name: 'what is append-only is guarded',
      sql: `SELECT 'trigger ${trigger}' AS row, 'there' AS expected, 'dropped' AS found
        WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = '${trigger}')`,
    })),
  ];
}

/** The triggers that refuse to change or remove rows of ledger, audit and usage. */
const KEPT = ['ledger', 'audit', 'usage'].flatMap((table) => [`${table}_keeps`, `${table}_stays`]);

function balanceRules(): Rule[] {
  return (['wallet', 'held', 'revenue', 'top_up', 'adjustment', 'absorbed'] as const).map((book) => ({
    name: `the balance of ${book} is the sum of its entries`,
    sql: `SELECT 'account ' || accounts.id AS row, coalesce(derived.amount, 0) AS expected, balances.${book} AS found
      FROM accounts LEFT JOIN balances ON balances.account_id = accounts.id
      LEFT JOIN (SELECT account_id, sum(${book}) AS amount FROM ledger WHERE id <= ${SUMMED_TO} GROUP BY account_id) AS derived
        ON derived.account_id = accounts.id
      WHERE coalesce(derived.amount, 0) <> coalesce(balances.${book}, 0)`,
  }));
}

function sumRule(unit: string, ms: number): Rule {
  return difference({
    name: `sums of a ${unit} follow from usage`,
    row: `'${unit} ' || number || ' key ' || key_id`,
    identity: ['account_id', 'number', 'key_id', 'model', 'simulated'],
    columns: SUMMED,
    derived: `SELECT account_id, id / ${ms}000 AS number, key_id, model, simulated, count(*) AS calls,
        sum(input_uncached) AS input_uncached, sum(cache_read) AS cache_read,
        sum(cache_write_5m + cache_write_1h) AS cache_write, sum(output_text + reasoning) AS output,
        sum(reasoning) AS reasoning, sum(cost) AS cost, sum(absorbed) AS absorbed,
        sum(coalesce(upstream_cost, 0)) AS upstream_cost
      FROM usage WHERE id <= ${SUMMED_TO} GROUP BY 1, 2, 3, 4, 5`,
    told: `SELECT account_id, number, key_id, model, simulated, ${SUMMED.join(', ')} FROM usage_sums WHERE unit = '${unit}'`,
  });
}

const SUMMED = 'calls, input_uncached, cache_read, cache_write, output, reasoning, cost, absorbed, upstream_cost'.split(
  ', ',
);

/**
 * Only parts that still count, and of a key only the newest that are kept in any case: a clock that was ahead may have left
 * more of them, of which the oldest are thrown away.
 */
function windowRule(span: string, ms: number, nowMs: number): Rule {
  const partMs = ms / PARTS_PER_SPAN;
  const oldest = Math.floor((nowMs - ms) / partMs) + 1;
  const kept = (query: string) => `SELECT key_id, part, spent FROM (${query}) LEFT JOIN (
      SELECT key_id, part AS first FROM (
        SELECT key_id, part, row_number() OVER (PARTITION BY key_id ORDER BY part DESC) AS place
        FROM window_parts WHERE span = '${span}') WHERE place = ${PARTS_KEPT}) USING (key_id)
    WHERE part >= coalesce(first, ${oldest})`;
  return difference({
    name: `the ${span} window follows from usage`,
    row: "'key ' || key_id || ' part ' || part",
    identity: ['key_id', 'part'],
    columns: ['spent'],
    derived: kept(`SELECT key_id, started_at / ${partMs} AS part, sum(cost) AS spent FROM usage
      WHERE started_at >= ${oldest * partMs} AND id <= ${SUMMED_TO} GROUP BY 1, 2`),
    told: kept(`SELECT key_id, part, spent FROM window_parts WHERE span = '${span}' AND part >= ${oldest}`),
  });
}

/**
 * Rows in which what is told is not what is derived, or that one side lacks. Both sides are put under each other and
 * sorted once: a full join of two queries without an index would compare every row with every other.
 */
function difference(of: {
  name: string;
  row: string;
  identity: readonly string[];
  columns: readonly string[];
  derived: string;
  told: string;
}): Rule {
  const side = (query: string, sign: string) =>
    `SELECT ${of.identity.join(', ')}, ${sign}1 AS side, ${of.columns.join(', ')} FROM (${query})`;
  const differs = of.columns.map((column) => `sum(side * ${column}) <> 0`);
  const shown = (wanted: number) =>
    `group_concat(iif(side = ${wanted}, ${of.columns.map((column) => `'${column} ' || ${column}`).join(" || ', ' || ")}, NULL))`;
  return {
    name: of.name,
    sql: `SELECT ${of.row} AS row, ${shown(1)} AS expected, ${shown(-1)} AS found
      FROM (${side(of.derived, '')} UNION ALL ${side(of.told, '-')})
      GROUP BY ${of.identity.join(', ')} HAVING sum(side) <> 0 OR ${differs.join(' OR ')}`,
  };
}
