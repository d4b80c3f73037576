import { expect, test } from 'bun:test';
import { InProcessReasoningMemory } from './in-process-reasoning-memory.ts';
import { reasoningMemoryContract } from './reasoning-memory.contract.ts';
import { DEFAULT_BOUNDS } from './reasoning-memory.ts';

test('turns are remembered for 30 days where nothing else is set', () => {
  expect(DEFAULT_BOUNDS.maxAgeMs).toBe(30 * 86_400_000);
});

reasoningMemoryContract('the memory of one process', (bounds, now) => new InProcessReasoningMemory(bounds, now));
