import fc from 'fast-check';

export const KEYS = 2;

/** One call: the upstream reads from it how to answer, the client how to take the answer. */
export interface Plan {
  stream: boolean;
  end: 'complete' | 'refused' | 'broken' | 'stalls';
  /** `stalls` ends by nothing else. */
  leave: 'never' | 'before an answer' | 'after a delta' | 'at some time';
  waitMs: number;
  /** Reported output tokens; may be more than was asked for. */
  output: number;
  maxTokens: number;
  padding: number;
}

export const anyPlan: fc.Arbitrary<Plan> = fc
  .record({
    stream: fc.boolean(),
    end: fc.constantFrom<Plan['end']>('complete', 'complete', 'complete', 'refused', 'broken', 'stalls'),
    leave: fc.constantFrom<Plan['leave']>('never', 'never', 'never', 'at some time', 'after a delta'),
    waitMs: fc.nat({ max: 6 }),
    output: fc.integer({ min: 1, max: 5_000 }),
    maxTokens: fc.integer({ min: 1, max: 4_000 }),
    padding: fc.nat({ max: 3_000 }),
  })
  .map((plan): Plan => {
    if (plan.end === 'stalls') return { ...plan, leave: plan.stream ? 'after a delta' : 'before an answer' };
    return plan.leave === 'after a delta' ? { ...plan, leave: 'never' } : plan;
  });

export const LIMITS = [
  'quota',
  'rate_limit_5h',
  'rate_limit_1d',
  'rate_limit_7d',
  'rpm',
  'tpm',
  'concurrency',
] as const;
export type LimitName = (typeof LIMITS)[number];

export type Operation =
  | { do: 'limit'; key: number; name: LimitName; percent: number }
  | { do: 'rotate'; key: number; grace: number }
  | { do: 'book'; kind: 'topups' | 'adjustments'; milliUsd: number };

const whichKey = fc.nat({ max: KEYS - 1 });
export const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    do: fc.constant('limit' as const),
    key: whichKey,
    name: fc.constantFrom(...LIMITS),
    percent: fc.integer({ min: 20, max: 300 }),
  }),
  fc.record({ do: fc.constant('rotate' as const), key: whichKey, grace: fc.constantFrom(0, 60) }),
  fc.record({
    do: fc.constant('book' as const),
    kind: fc.constant('topups' as const),
    milliUsd: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({
    do: fc.constant('book' as const),
    kind: fc.constant('adjustments' as const),
    milliUsd: fc.integer({ min: -5, max: 5 }).filter((amount) => amount !== 0),
  }),
);

/** What a key begins with; calls hold up to about 4 milli-dollars each. */
const START: Record<LimitName, number> = {
  quota: 40,
  rate_limit_5h: 20,
  rate_limit_1d: 25,
  rate_limit_7d: 30,
  rpm: 40,
  tpm: 60_000,
  concurrency: 6,
};
export const isUsd = (name: LimitName): boolean => name === 'quota' || name.startsWith('rate_limit');
export const startOf = (name: LimitName, percent = 100): string | number => {
  const value = Math.max(1, Math.round((START[name] * percent) / 100));
  return isUsd(name) ? String(value / 1_000) : value;
};
