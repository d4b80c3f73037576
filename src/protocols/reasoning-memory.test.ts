import { InProcessReasoningMemory } from './in-process-reasoning-memory.ts';
import { reasoningMemoryContract } from './reasoning-memory.contract.ts';

reasoningMemoryContract('the memory of one process', (bounds, now) => new InProcessReasoningMemory(bounds, now));
