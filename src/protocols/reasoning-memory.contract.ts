import { describe, expect, test } from 'bun:test';
import type { MemoryBounds, ReasoningMemory, RememberedTurn } from './reasoning-memory.ts';

/** What every implementation of the memory must do. `make` gets bounds and a clock; `settled` waits until writes are in. */
export function reasoningMemoryContract(
  name: string,
  make: (bounds: MemoryBounds, now: () => number) => ReasoningMemory | Promise<ReasoningMemory>,
  settled: (memory: ReasoningMemory) => Promise<void> = () => Promise.resolve(),
): void {
  const bounds: MemoryBounds = { maxAgeMs: 1000, maxTurns: 3, maxBytes: 10_000 };
  const turn = (text: string): RememberedTurn => ({
    vendor: 'anthropic',
    blocks: [
      { text, signature: 'sig+/=', afterText: 0, afterCalls: 0 },
      { text: '', signature: '', redacted: 'Zm9v', afterText: 7, afterCalls: 1 },
    ],
    calls: { call_1: '{"google":{"thought_signature":"x"}}' },
  });

  describe(name, () => {
    test('gives back a turn whole, by any of its lookups', async () => {
      const memory = await make(bounds, () => 0);
      memory.remember('key', ['call:a', 'call:b', 'text:h'], turn('你好 🙂'));
      await settled(memory);
      for (const lookup of ['call:a', 'call:b', 'text:h']) {
        expect(await memory.recall('key', ['call:unknown', lookup])).toEqual(turn('你好 🙂'));
      }
    });

    test('the first known lookup wins, and of one lookup the latest turn', async () => {
      const memory = await make(bounds, () => 0);
      memory.remember('key', ['call:a', 'text:1'], turn('first'));
      memory.remember('key', ['call:a', 'text:2'], turn('second'));
      await settled(memory);
      expect(await memory.recall('key', ['call:a', 'text:1'])).toEqual(turn('second'));
      expect(await memory.recall('key', ['text:1', 'call:a'])).toEqual(turn('first'));
    });

    test('knows nothing of other keys', async () => {
      const memory = await make(bounds, () => 0);
      memory.remember('key', ['call:a'], turn('mine'));
      await settled(memory);
      expect(await memory.recall('other', ['call:a'])).toBeUndefined();
      expect(await memory.recall('key', [])).toBeUndefined();
    });

    test('forgets what is too old', async () => {
      let now = 0;
      const memory = await make(bounds, () => now);
      memory.remember('key', ['call:a'], turn('old'));
      await settled(memory);
      now = 999;
      expect(await memory.recall('key', ['call:a'])).toBeDefined();
      now = 1000;
      expect(await memory.recall('key', ['call:a'])).toBeUndefined();
    });

    test('keeps the newest turns of a key when there are too many, or too large', async () => {
      let now = 0;
      const memory = await make(bounds, () => now);
      for (const name of ['a', 'b', 'c', 'd']) {
        now++;
        memory.remember('key', [`call:${name}`], turn(name));
      }
      memory.remember('other', ['call:a'], turn('a'));
      await settled(memory);
      expect(await memory.recall('key', ['call:a'])).toBeUndefined();
      expect(await memory.recall('key', ['call:b'])).toEqual(turn('b'));
      expect(await memory.recall('other', ['call:a'])).toEqual(turn('a'));
      now++;
      memory.remember('key', ['call:large'], turn('x'.repeat(4500)));
      await settled(memory);
      expect(await memory.recall('key', ['call:large'])).toBeDefined();
      expect(await memory.recall('key', ['call:b'])).toBeUndefined();
    });
  });
}
