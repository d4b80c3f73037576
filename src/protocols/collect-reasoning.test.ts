import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { ReasoningCollector } from './collect-reasoning.ts';
import { chatFrames, translateStream } from './golden/harness.ts';
import { KEY, remembered, thinking, toolCall, toolUse } from './golden/reasoning-replay.ts';
import { InProcessReasoningMemory } from './in-process-reasoning-memory.ts';
import type { JsonObject } from './json.ts';
import { textLookup, wholeLookup } from './reasoning-memory.ts';
import { wires } from './wires.ts';

type Block = { type: string; thinking?: string; text?: string; id?: string };

const isThinking = ({ type }: Block): boolean => type === 'thinking' || type === 'redacted_thinking';

function wholeOf(blocks: Block[]): string {
  let text = '';
  const calls: { id: string; afterText: number }[] = [];
  for (const block of blocks) {
    text += block.text ?? '';
    if (block.id !== undefined) calls.push({ id: block.id, afterText: text.length });
  }
  const reasoning = blocks.filter(isThinking).map((block) => block.thinking ?? '');
  return wholeLookup(
    reasoning.map((text) => ({ text, signature: '', afterText: 0, afterCalls: 0 })),
    text,
    calls,
  );
}

test('a whole answer with a refusal is remembered as its stream is', async () => {
  const said = { reasoning_content: 'Hm', refusal: 'No.', tool_calls: [{ index: 0, ...toolCall('t1') }] };
  const streamed = new InProcessReasoningMemory();
  const frames = chatFrames([{ choices: [{ index: 0, delta: said, finish_reason: 'stop' }] }]);
  translateStream('chat-completions', [frames]).collector.remember(streamed, KEY, 'deepseek');
  const whole = new InProcessReasoningMemory();
  const collector = new ReasoningCollector();
  const text = JSON.stringify({ choices: [{ index: 0, message: said, finish_reason: 'stop' }] });
  const surface = { readError: () => new Error() as never, repair: false };
  collector.add(wires['chat-completions'].decodeAnswer(text, JSON.parse(text) as JsonObject, surface));
  collector.remember(whole, KEY, 'deepseek');
  const block = { text: 'Hm', signature: '', afterText: 0, afterCalls: 0 };
  const lookup = wholeLookup([block], 'No.', [{ id: 't1', afterText: 3 }]);
  for (const memory of [streamed, whole]) expect((await memory.recall(KEY, [lookup])).size).toBe(1);
});

test('a whole answer and its stream are remembered alike', async () => {
  const blockList = fc.array(
    fc.oneof(
      fc
        .tuple(fc.string({ unit: 'grapheme', maxLength: 5 }), fc.constantFrom('s', 'c2ln'))
        .map(([t, s]) => thinking(t, s)),
      fc.constant({ type: 'redacted_thinking', data: 'x' }),
      fc.string({ minLength: 1, maxLength: 5 }).map((text) => ({ type: 'text', text })),
      fc.nat(9).map((n) => toolUse(`t${n}`, {})),
    ),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(blockList, async (blocks) => {
      const whole = new InProcessReasoningMemory();
      const collector = new ReasoningCollector();
      const text = JSON.stringify({ id: 'msg_1', content: blocks, stop_reason: 'end_turn' });
      const surface = { readError: () => new Error() as never, repair: false };
      collector.add(wires.messages.decodeAnswer(text, JSON.parse(text) as JsonObject, surface));
      collector.remember(whole, KEY, 'anthropic');
      const streamed = remembered(blocks);
      const reasoning = blocks.map((block) => ('thinking' in block ? block.thinking : '')).join('');
      const lookups = [...Array.from({ length: 10 }, (_, n) => `call:t${n}`), textLookup(reasoning)];
      for (const lookup of lookups) {
        expect(await streamed.recall(KEY, [lookup])).toEqual(await whole.recall(KEY, [lookup]));
      }
      // Of two calls by one id the stream gives one another.
      const ids = blocks.flatMap((block) => ('id' in block ? [block.id] : []));
      if (new Set(ids).size < ids.length) return;
      const isKnown = (await streamed.recall(KEY, lookups)).size > 0 && blocks.some(isThinking);
      for (const memory of [streamed, whole]) {
        expect((await memory.recall(KEY, [wholeOf(blocks)])).size).toBe(isKnown ? 1 : 0);
      }
    }),
    { numRuns: 60 },
  );
});
