import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { founding } from '../../billing/bootstrap.ts';
import { PARTS_PER_SPAN, SPANS } from '../records.ts';
import type { ChargeRecord, Write } from '../writes.ts';
import { BatchWriter } from './batch-writer.ts';
import { migrate } from './connection.ts';
import { findFaults } from './faults.ts';
import { keyTotals } from './queries.ts';
import { readSnapshot, readSpending } from './snapshot.ts';
import { usageBuckets } from './usage-buckets.ts';

const NOW = 1_790_000_000_000;
const HOUR = 3_600_000;
const CREDIT = 50_000_000_000n;

/** A database with its writer, and what was written, in plain sight. */
class Ledger {
  readonly db = new Database(':memory:', { safeIntegers: true, strict: true });
  writer: BatchWriter;
  readonly charges: ChargeRecord[] = [];
  topUps = CREDIT;

  constructor() {
    migrate(this.db);
    this.writer = new BatchWriter(this.db);
    this.writer.commit(founding('50', NOW));
    for (const id of ['key_0', 'key_1', 'key_2']) {
      this.db.run(`INSERT INTO keys VALUES ('${id}', 'default', '', '', 'default', 0, 0, 0, 0, 0, 0, 0, '[]', '[]', '[]',
        NULL, 0, 0, 'active', 'shrink')`);
      this.db.run(`INSERT INTO secrets VALUES ('${id}', '${id}', 0, NULL)`);
    }
  }

  charge(count: number, seed: number): Write[] {
    return Array.from({ length: count }, (_, n) => {
      const charge = chargeOf(`req_${this.charges.length}`, seed + n * 7);
      this.charges.push(charge);
      return { kind: 'charge', charge } as const;
    });
  }

  topUp(amount: bigint): Write {
    this.topUps += amount;
    return {
      kind: 'transfer',
      transfer: {
        accountId: 'default',
        cause: 'top_up',
        amount,
        at: NOW,
        note: '',
        actor: 'test',
        idempotencyKey: `order-${this.topUps}`,
      },
      audit: undefined,
    };
  }

  /** What readers are told is what was written, summed or not; and what is stored fits. */
  check(): void {
    const spent = this.charges.reduce((sum, { cost }) => sum + cost, 0n);
    const ids = [...new Set(this.charges.map(({ keyId }) => keyId))];
    const totals = keyTotals(this.db, { keyIds: ids, nowMs: NOW });
    for (const id of ids) {
      const own = this.charges.filter(({ keyId }) => keyId === id);
      const cost = own.reduce((sum, one) => sum + one.cost, 0n);
      expect(totals.get(id)).toMatchObject({ spent: cost, calls: own.length });
      const { spent: told, parts } = readSpending(this.db, id);
      expect(told).toBe(cost);
      // A part of a window counts until it has wholly left.
      const part = (ms: number): number => Math.floor((ms * PARTS_PER_SPAN) / (24 * HOUR));
      const oldest = part(NOW - 24 * HOUR);
      const lately = own.filter(({ startedAt }) => part(startedAt) >= oldest);
      const day = parts
        .filter(({ span, part }) => span === '1d' && part >= oldest)
        .reduce((sum, { spent }) => sum + spent, 0n);
      expect(day).toBe(lately.reduce((sum, one) => sum + one.cost, 0n));
      const counting = SPANS.flatMap(({ name, ms }) => {
        const kept = parts.filter(({ span, part }) => span === name && (part + 1) * (ms / PARTS_PER_SPAN) + ms > NOW);
        const spent = kept.reduce((sum, one) => sum + one.spent, 0n);
        return kept.length === 0 ? [] : [{ span: name, part: Math.min(...kept.map(({ part }) => part)), spent }];
      });
      expect(totals.get(id)?.parts).toEqual(counting);
    }
    const buckets = usageBuckets(this.db, { accountId: 'default', groupBy: ['model'], limit: 99 }) ?? [];
    expect(buckets.reduce((sum, { cost }) => sum + cost, 0n)).toBe(spent);
    expect(buckets.reduce((sum, { calls }) => sum + calls, 0)).toBe(this.charges.length);
    const { wallets } = readSnapshot(this.db, false);
    expect(wallets).toMatchObject([{ balance: this.topUps - spent, toppedUp: this.topUps, spent }]);
    expect(findFaults(this.db, NOW)).toEqual([]);
  }

  summedTo(): bigint {
    return BigInt(
      (this.db.query("SELECT value FROM meta WHERE name = 'summed_to'").get() as { value: string } | null)?.value ?? 0,
    );
  }
}

describe('sums and balances', () => {
  test('lag behind charges, and are read as if they did not', () => {
    const ledger = new Ledger();
    const before = ledger.summedTo();
    ledger.writer.commit(ledger.charge(3, 1));
    expect(ledger.summedTo()).toBe(before);
    expect(ledger.writer.unsummed).toBe(true);
    ledger.check();
    ledger.writer.sumUp();
    expect(ledger.summedTo()).toBeGreaterThan(before);
    expect(ledger.writer.unsummed).toBe(false);
    ledger.check();
  });

  test('are stored with what an operator does', () => {
    const ledger = new Ledger();
    ledger.writer.commit([...ledger.charge(2, 1), ledger.topUp(5n)]);
    expect(ledger.writer.unsummed).toBe(false);
    ledger.check();
    expect(readSnapshot(ledger.db, false).wallets[0]!.toppedUpTo).toBe(
      ledger.topUps - ledger.charges.reduce((sum, { cost }) => sum + cost, 0n),
    );
  });

  test('lag no more than a thousand charges behind', () => {
    const ledger = new Ledger();
    for (let n = 0; n < 6; n++) ledger.writer.commit(ledger.charge(200, n));
    expect(ledger.summedTo()).toBeGreaterThan(0n);
    const { rows } = ledger.db.query(`SELECT count(*) AS rows FROM usage WHERE id > ${ledger.summedTo()}`).get() as {
      rows: bigint;
    };
    expect(rows).toBeLessThan(1_000n);
    ledger.check();
  });

  test('are right after any sequence of commits, refusals, and starts of another writer', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('charges'), count: fc.integer({ min: 1, max: 20 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('refused'), count: fc.integer({ min: 0, max: 5 }) }) },
      fc.record({ kind: fc.constantFrom('sum', 'restart', 'top-up', 'repeat', 'probe'), count: fc.constant(1) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.integer({ min: 0, max: 1_000 }), (steps, seed) => {
        const ledger = new Ledger();
        for (const [n, { kind, count }] of steps.entries()) {
          if (kind === 'charges') ledger.writer.commit(ledger.charge(count, seed + n));
          if (kind === 'refused') {
            // More than the database can hold: refused alone, in the middle of others.
            const tooMuch = { kind: 'charge', charge: { ...chargeOf('req_bad', n), cost: 1n << 64n } } as const;
            const replies = ledger.writer.commit([
              ...ledger.charge(count, seed + n),
              tooMuch,
              ...ledger.charge(1, seed + n),
            ]);
            expect(replies.map(({ ok }) => ok)).toEqual([...Array(count).fill(true), false, true]);
          }
          if (kind === 'repeat' && ledger.charges.length > 0) {
            ledger.writer.commit([{ kind: 'charge', charge: ledger.charges.at(-1)! }]);
          }
          if (kind === 'sum') ledger.writer.sumUp();
          if (kind === 'restart') ledger.writer = new BatchWriter(ledger.db);
          if (kind === 'top-up') ledger.writer.commit([ledger.topUp(BigInt(n + 1))]);
          if (kind === 'probe') ledger.writer.probe(false);
          ledger.check();
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

function chargeOf(requestId: string, seed: number): ChargeRecord {
  return {
    requestId,
    accountId: 'default',
    keyId: `key_${seed % 3}`,
    at: NOW + (seed % 5) * 1000,
    startedAt: NOW - (seed % 60) * HOUR,
    model: `m${seed % 2}`,
    upstream: 'u',
    upstreamModel: 'um',
    protocol: 'messages',
    stream: seed % 2 === 0,
    status: 200,
    ending: 'complete',
    simulated: seed % 7 === 0,
    inputUncached: seed,
    cacheRead: 2,
    cacheWrite5m: 3,
    cacheWrite1h: 4,
    outputText: 5,
    reasoning: 6,
    usageSource: 'upstream',
    clamped: false,
    cost: BigInt(seed) + 1n,
    absorbed: BigInt(seed % 4),
    upstreamCost: seed % 3 === 0 ? undefined : 1n,
    held: 9n,
    terms: `{"input":"${seed % 4}"}`,
    ttftMs: undefined,
    durationMs: 50,
  };
}
