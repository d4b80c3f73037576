import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { sharedTokenizer } from '../tokens/index.ts';
import { Generation } from './generation.ts';
import type { Plan } from './plan.ts';

const tokenizer = sharedTokenizer();
const plan: Plan = {
  reasoning: ['First this.', ' Then that.'],
  text: ['The answer 是四十二。', ' Really.'],
  calls: [],
};
const whole = { maxTokens: 1000, stop: [] as string[], thinking: true };

function generate(given: Plan, limits: Partial<typeof whole>) {
  const generation = new Generation(given, { ...whole, ...limits }, tokenizer);
  const pieces = [...generation];
  return { generation, pieces };
}

test('the counts are those of the tokenizer, and one token ends the reasoning', () => {
  const { generation, pieces } = generate(plan, {});
  expect(generation).toMatchObject({
    reasoning: 'First this. Then that.',
    text: 'The answer 是四十二。 Really.',
    finish: 'stop',
  });
  const [reasoning, text] = [generation.reasoning, generation.text].map((part) => tokenizer.count(part));
  expect(generation.reasoningTokens).toBe(reasoning!);
  expect(generation.outputTokens).toBe(reasoning! + 1 + text!);
  expect(pieces.reduce((sum, piece) => sum + piece.tokens, 0)).toBe(reasoning! + text!);
});

test('max_tokens ends the answer wherever it is, reasoning included', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), (maxTokens) => {
      const { generation } = generate(plan, { maxTokens });
      const full = generate(plan, {}).generation;
      expect(generation.outputTokens).toBeLessThanOrEqual(maxTokens);
      expect(generation.finish).toBe(full.outputTokens > maxTokens ? 'length' : 'stop');
      expect(full.reasoning.startsWith(generation.reasoning)).toBe(true);
      expect(full.text.startsWith(generation.text)).toBe(true);
      if (generation.text !== '') expect(generation.reasoning).toBe(full.reasoning);
    }),
  );
});

describe('stop sequences', () => {
  test('end the text before themselves', () => {
    const { generation } = generate(plan, { stop: ['never', '十二'] });
    expect(generation).toMatchObject({ text: 'The answer 是四', stopSequence: '十二', finish: 'stop' });
  });

  test('leave the reasoning alone', () => {
    expect(generate(plan, { stop: ['Then'] }).generation).toMatchObject({
      reasoning: 'First this. Then that.',
      stopSequence: undefined,
    });
  });

  test('that only begin are shown at the end, also at the limit', () => {
    expect(generate(plan, { stop: ['Really. No'] }).generation.text).toBe('The answer 是四十二。 Really.');
    const open: Plan = { reasoning: [], text: ['one two three four'], calls: [] };
    const { generation } = generate(open, { thinking: false, maxTokens: 2, stop: ['two x'] });
    expect(generation).toMatchObject({ text: 'one two', finish: 'length' });
  });
});

test('calls come one after the other, each with its start and its arguments', () => {
  const calls = [
    { id: 'a', name: 'get_weather', arguments: '{"city": "Paris"}' },
    { id: 'b', name: 'ping', arguments: '{}' },
  ];
  const { generation, pieces } = generate({ ...plan, calls }, { thinking: true });
  expect(generation).toMatchObject({ calls, finish: 'tool_calls' });
  const indexes = pieces.flatMap((piece) => ('index' in piece ? [piece.index] : []));
  expect(indexes).toEqual(indexes.toSorted());
  expect(generate({ ...plan, calls }, { maxTokens: generation.outputTokens - 1 }).generation.finish).toBe('length');
});

test('nothing is made that is not taken', () => {
  let made = 0;
  function* endless() {
    for (;;) {
      made++;
      yield ' word';
    }
  }
  const pieces = new Generation(
    { reasoning: [], text: endless(), calls: [] },
    { ...whole, thinking: false },
    tokenizer,
  )[Symbol.iterator]();
  for (let i = 0; i < 10; i++) pieces.next();
  pieces.return?.(undefined);
  expect(made).toBe(10);
});
