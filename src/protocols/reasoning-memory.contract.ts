import { describe, expect, test } from 'bun:test';
import type { MemoryBounds, ReasoningMemory, RememberedTurn } from './reasoning-memory.ts';

const recallOne = async (memory: ReasoningMemory, keyId: string, lookup: string): Promise<RememberedTurn | undefined> =>
  (await memory.recall(keyId, [lookup])).get(lookup);

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
        expect(await memory.recall('key', ['call:unknown', lookup])).toEqual(new Map([[lookup, turn('你好 🙂')]]));
      }
    });

    test('of one lookup the latest turn counts, and every lookup is answered', async () => {
      const memory = await make(bounds, () => 0);
      memory.remember('key', ['call:a', 'text:1'], turn('first'));
      memory.remember('key', ['call:a', 'text:2'], turn('second'));
      await settled(memory);
      const lookups = ['text:1', 'call:a', 'text:none', 'text:2'];
      expect(Object.fromEntries(await memory.recall('key', lookups))).toEqual({
        'text:1': turn('first'),
        'call:a': turn('second'),
        'text:2': turn('second'),
      });
    });

    test('knows nothing of other keys', async () => {
      const memory = await make(bounds, () => 0);
      memory.remember('key', ['call:a'], turn('mine'));
      await settled(memory);
      expect((await memory.recall('other', ['call:a'])).size).toBe(0);
      expect((await memory.recall('key', [])).size).toBe(0);
    });

    test('forgets what is too old', async () => {
      let now = 0;
      const memory = await make(bounds, () => now);
      memory.remember('key', ['call:a'], turn('old'));
      await settled(memory);
      now = 999;
      expect(await recallOne(memory, 'key', 'call:a')).toBeDefined();
      now = 1000;
      expect(await recallOne(memory, 'key', 'call:a')).toBeUndefined();
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
      expect(await recallOne(memory, 'key', 'call:a')).toBeUndefined();
      expect(await recallOne(memory, 'key', 'call:b')).toEqual(turn('b'));
      expect(await recallOne(memory, 'other', 'call:a')).toEqual(turn('a'));
      now++;
      memory.remember('key', ['call:large'], turn('x'.repeat(4500)));
      await settled(memory);
      expect(await recallOne(memory, 'key', 'call:large')).toBeDefined();
      expect(await recallOne(memory, 'key', 'call:b')).toBeUndefined();
    });
  });
}
