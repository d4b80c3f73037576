import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ChargeRecord } from '../writes.ts';
import { readCharges, writeCharge } from './charge-text.ts';

const count = fc.maxSafeNat();
const nano = fc.bigInt({ min: 0n, max: 1n << 62n });

test('charges come out of their lines as they went in', () => {
  const charges = fc.record<ChargeRecord>({
    requestId: fc.string(),
    accountId: fc.string(),
    keyId: fc.string(),
    at: count,
    startedAt: count,
    model: fc.string({ unit: 'grapheme' }),
    upstream: fc.string(),
    upstreamModel: fc.string(),
    protocol: fc.string(),
    stream: fc.boolean(),
    status: count,
    ending: fc.constantFrom('complete', 'client_left'),
    simulated: fc.boolean(),
    inputUncached: count,
    cacheRead: count,
    cacheWrite5m: count,
    cacheWrite1h: count,
    outputText: count,
    reasoning: count,
    usageSource: fc.constantFrom('upstream', 'estimated'),
    clamped: fc.boolean(),
    cost: nano,
    absorbed: nano,
    upstreamCost: fc.option(nano, { nil: undefined }),
    held: nano,
    terms: fc.string(),
    ttftMs: fc.option(count, { nil: undefined }),
    durationMs: count,
  });
  fc.assert(
    fc.property(fc.array(charges, { minLength: 1, maxLength: 5 }), (batch) => {
      const lines = batch.map((charge) => `${writeCharge(charge)}\n`).join('');
      expect(readCharges(lines)).toEqual(batch);
    }),
  );
});
