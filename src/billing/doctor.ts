import { DEFAULT_ACCOUNT } from '../keys/key.ts';
import type { Usage } from '../protocols/usage.ts';
import type { UsageRow } from '../storage/rows.ts';
import { type Fault, SOUND_FILE, type Store } from '../storage/store.ts';
import { charge } from './rates.ts';
import { readTerms, type Terms } from './terms.ts';

/** Empty faults: every balance, sum and charge was derived anew and fits. */
export interface DoctorReport {
  ok: boolean;
  faults: Fault[];
  /** Charges that were computed again from their tokens and frozen prices. */
  chargesChecked: number;
}

/** Rows that are taken over from the reading thread and checked in one piece: some milliseconds, in which no stream goes on. */
const PAGE = 1_000;
/** The first faults lead to the cause. */
const MOST_FAULTS = 100;

/**
 * Proves the books of a store: first what its own rows must satisfy, then every charge against the tokens and the price
 * frozen into its row. Reads page by page, so a gateway that serves meanwhile goes on serving.
 */
export async function examine(store: Store): Promise<DoctorReport> {
  const faults = await store.findFaults();
  let chargesChecked = 0;
  if (faults.some(({ rule }) => rule === SOUND_FILE)) return { ok: false, faults, chargesChecked };
  // Few texts stand in many rows.
  const known = new Map<string, Terms | undefined>();
  const termsOf = (text: string) => {
    if (!known.has(text)) known.set(text, readTerms(text));
    return known.get(text);
  };
  let cursor: string | undefined;
  do {
    const page = await store.usageRows({ accountId: DEFAULT_ACCOUNT, limit: PAGE, cursor });
    for (const row of page.rows) {
      const fault = checkPrice(row, termsOf(row.terms));
      if (fault !== undefined && faults.length < MOST_FAULTS) faults.push(fault);
    }
    chargesChecked += page.rows.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { ok: faults.length === 0, faults, chargesChecked };
}

function checkPrice(row: UsageRow, terms: Terms | undefined): Fault | undefined {
  const rule = 'a charge is the price of its tokens at the rates frozen into its row';
  if (terms === undefined) return { rule, row: `usage ${row.id}`, expected: 'readable terms', found: 'none' };
  const usage = {
    input: {
      uncached: row.inputUncached,
      cacheRead: row.cacheRead,
      cacheWrite5m: row.cacheWrite5m,
      cacheWrite1h: row.cacheWrite1h,
    },
    output: { text: row.outputText, reasoning: row.reasoning },
    source: 'upstream' as const,
  };
  const expected = priceOf(usage, terms);
  const found = row.cost + row.absorbed;
  return expected === found ? undefined : { rule, row: `usage ${row.id}`, expected: `${expected}`, found: `${found}` };
}

/** Undefined when a row that was tampered with has counts or a multiplier that no charge can have. */
function priceOf(usage: Usage, terms: Terms): bigint | undefined {
  try {
    return charge(usage, terms.rates, terms.multiplier);
  } catch {
    return undefined;
  }
}
