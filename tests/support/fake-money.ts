import type { Charge, Money, Outcome, ReserveInput } from '../../src/billing/money.ts';
import { charge, priceAt } from '../../src/billing/rates.ts';
import type { Key } from '../../src/keys/key.ts';
import { NO_LIMITS } from '../../src/keys/key-service.ts';

export const TEST_KEY = 'sk-byts-test';

export interface FakeMoney extends Money {
  /** What was charged, oldest first. */
  charged: { outcome: Outcome; cost: bigint; input: ReserveInput }[];
  /** Holds that neither were settled nor let go. */
  held: number;
  /** Concurrency slots in use. */
  admitted: number;
  /** Makes the next settlements fail. */
  broken: boolean;
  /** Runs before a settlement resolves. */
  beforeCommit: () => Promise<void>;
}

/** One key without limits, charges at card price, and a look at what is held. */
export function fakeMoney(overrides: Partial<Key> = {}): FakeMoney {
  const key: Key = {
    ...NO_LIMITS,
    id: 'key_test',
    accountId: 'acc',
    name: 'test',
    masked: 'sk-byts-...test',
    createdAt: 0,
    updatedAt: 0,
    status: 'active',
    ...overrides,
  };
  const money: FakeMoney = {
    charged: [],
    held: 0,
    admitted: 0,
    broken: false,
    beforeCommit: async () => {},
    findKey: (secret) => (secret === TEST_KEY ? key : undefined),
    admit: () => {
      money.admitted++;
      return { release: () => void money.admitted-- };
    },
    checkAddress: () => {},
    mayUse: () => true,
    reserve: async (input) => {
      money.held++;
      let over = false;
      const letGo = (): boolean => {
        if (over) return false;
        over = true;
        money.held--;
        return true;
      };
      return {
        maxOutput: input.maxOutput,
        shrunk: false,
        release: () => void letGo(),
        settle: async (outcome): Promise<Charge> => {
          await money.beforeCommit();
          if (money.broken) throw new Error('disk full');
          const cost = charge(outcome.usage, priceAt(input.card, input.startMs));
          if (letGo()) money.charged.push({ outcome, cost, input });
          return { cost, absorbed: 0n };
        },
      };
    },
    limitHeaders: () => ({ 'x-ratelimit-limit': '50.00', 'x-ratelimit-remaining': '42.18' }),
    healthy: () => true,
  };
  return money;
}
