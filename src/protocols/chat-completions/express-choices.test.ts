import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { accumulateChat } from '../../../tests/support/stream-accumulators.ts';
import { rechunk } from '../../../tests/support/stream-invariants.ts';
import { cut, someInput, someText } from '../golden/generators.ts';
import { chatFrames, readError } from '../golden/harness.ts';
import { chatExpressAnswer } from './express-answer.ts';
import { ChatExpressStream } from './express-stream.ts';

/* Several choices (`n`), their chunks in any order: bytes pass, and they say what the whole answer says. */
const runs = { numRuns: 50, seed: 7 };
const USAGE = { prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 };

const someChoice = fc.record({
  text: someText,
  reasoning: someText,
  inputs: fc.array(someInput, { maxLength: 2 }),
  finish: fc.constantFrom('stop', 'length', 'content_filter'),
});
type Choice = typeof someChoice extends fc.Arbitrary<infer T> ? T : never;

const finishOf = ({ inputs, finish }: Choice): string =>
  inputs.length > 0 && finish === 'stop' ? 'tool_calls' : finish;
const callOf = (choice: number, index: number, input: string) => {
  return { id: `call_${choice}_${index}`, type: 'function', function: { name: `f${index}`, arguments: input } };
};

/** The choice's part of each chunk that tells of it. */
function deltasOf(choice: Choice, index: number, size: number): object[] {
  const deltas = [
    { role: 'assistant', content: '' },
    ...cut(choice.reasoning, [size]).map((reasoning_content) => ({ reasoning_content })),
    ...cut(choice.text, [size]).map((content) => ({ content })),
    ...choice.inputs.flatMap((input, i) => [
      { tool_calls: [{ index: i, ...callOf(index, i, '') }] },
      ...cut(input, [size]).map((piece) => ({ tool_calls: [{ index: i, function: { arguments: piece } }] })),
    ]),
  ];
  const told = deltas.map((delta) => ({ index, delta, finish_reason: null }));
  return [...told, { index, delta: {}, finish_reason: finishOf(choice) }];
}

const base = (model: string) => ({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model });

function run(text: string, size: number, choices: number, repair: boolean) {
  const lane = new ChatExpressStream({ model: 'asked', includeUsage: true, choices, repair, readError });
  const decoder = new TextDecoder();
  let out = '';
  const take = (bytes: Uint8Array | undefined): void => {
    if (bytes !== undefined) out += decoder.decode(bytes, { stream: true });
  };
  for (const piece of rechunk(new TextEncoder().encode(text), size)) {
    lane.push(piece);
    take(lane.take());
  }
  lane.end();
  take(lane.take());
  expect(lane.failure).toBeUndefined();
  take(lane.terminal());
  return { lane, out };
}

test('choices in any order, cut anywhere, repaired or not, say what the whole answer says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(someChoice, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(60), { minLength: 8, maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(3, 50, 100_000),
      fc.boolean(),
      async (choices, order, size, read, repair) => {
        const due = choices.map((choice, index) => deltasOf(choice, index, size));
        const told: object[] = [];
        for (let i = 0; due.some((list) => list.length > 0); i++) {
          const open = due.filter((list) => list.length > 0);
          told.push(open[order[i % order.length]! % open.length]!.shift()!);
        }
        const frames = (model: string): string =>
          chatFrames([
            ...told.map((choice) => ({ ...base(model), choices: [choice] })),
            { ...base(model), choices: [], usage: USAGE },
          ]);
        const { lane, out } = run(frames('up'), read, choices.length, repair);
        if (!repair) expect(out).toBe(frames('asked'));
        const whole = chatExpressAnswer(
          JSON.stringify({
            ...base('up'),
            choices: choices.map((choice, index) => {
              const tool_calls = choice.inputs.map((input, i) => callOf(index, i, input));
              const message = { role: 'assistant', content: choice.text, reasoning_content: choice.reasoning };
              const all = tool_calls.length > 0 ? { ...message, tool_calls } : message;
              return { index, message: all, finish_reason: finishOf(choice) };
            }),
            usage: USAGE,
          }),
          { model: 'asked', repair, readError },
        );
        expect(lane.usage()).toEqual(whole.usage);
        expect(lane.output().text.length).toBe(whole.output.text.length);
        expect(lane.output().reasoning.length).toBe(whole.output.reasoning.length);
        const seen = await accumulateChat(out);
        choices.forEach((choice, index) => {
          const { message, finish_reason } = seen.choices.find((one) => one.index === index)!;
          expect(message.content ?? '').toBe(choice.text);
          expect(String(finish_reason)).toBe(finishOf(choice));
          const inputs = (message.tool_calls ?? []).map((call) =>
            call.type === 'function' ? call.function.arguments : '',
          );
          expect(inputs).toEqual(choice.inputs);
        });
      },
    ),
    runs,
  );
});
