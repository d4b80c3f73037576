import { describe, expect, test } from 'bun:test';
import { type Answer, startedAnswer } from './conversation.ts';
import { PlaygroundRoom } from './playground-room.ts';
import type { RunInput } from './run-request.ts';

/** A room whose answers the test gives. */
function room(bills: (string | undefined)[] = ['0.5']) {
  const calls: (RunInput & { end: (changes: Partial<Answer>) => void })[] = [];
  const waits: number[] = [];
  const made = new PlaygroundRoom({
    run: (input) =>
      new Promise((resolve) => {
        const answer = { ...startedAnswer(input.protocol, String(input.body.model)), requestId: `req_${calls.length}` };
        const end = (changes: Partial<Answer>): void => {
          const ended: Answer = { ...answer, state: 'done', parts: [{ kind: 'text', text: 'a' }], ...changes };
          input.onChange(ended);
          resolve(ended);
        };
        input.signal.addEventListener('abort', () => end({ state: 'stopped' }));
        input.onChange(answer);
        calls.push({ ...input, end });
      }),
    async billOf() {
      const cost = bills.shift();
      const tokens = { input_tokens: 5, cache_read_tokens: 2, cache_write_tokens: 1, output_tokens: 9 };
      return cost === undefined ? undefined : { cost_usd: cost, ...tokens };
    },
    wait: async (ms) => void waits.push(ms),
  });
  const last = () => made.state().turns.at(-1) as Answer;
  return { made, calls, waits, last };
}
const ASK = { role: 'user', text: 'Hi' } as const;

describe('a conversation', () => {
  test('has the question at once, the answer as it comes, and its bill at the end', async () => {
    const { made, calls, last } = room();
    const said = made.say(ASK);
    expect(made.state().turns.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(last().state).toBe('running');
    calls[0]?.end({});
    await said;
    expect(last()).toMatchObject({ state: 'done', costUsd: '0.5' });
  });

  test('takes no second question while an answer runs', async () => {
    const { made, calls } = room();
    const said = made.say(ASK);
    await made.say(ASK);
    expect([calls.length, made.state().turns.length]).toEqual([1, 2]);
    calls[0]?.end({});
    await said;
  });

  test('is told that somebody stopped it, and looks for the bill until it is there', async () => {
    const { made, waits, last, calls } = room([undefined, undefined, '0.25']);
    const said = made.say(ASK);
    made.stop();
    await said;
    expect(calls[0]?.signal.aborted).toBe(true);
    expect(last()).toMatchObject({ state: 'stopped', costUsd: '0.25' });
    // What was used is in the bill too: the answer was left before it could say.
    expect(last().tokens).toEqual({ input: 8, cached: 2, output: 9 });
    expect(waits.length).toBe(3);
  });

  test('asks for no bill where there can be none', async () => {
    const { made, calls, waits, last } = room();
    const said = made.say(ASK);
    calls[0]?.end({ state: 'failed', parts: [] });
    await said;
    expect([last().costUsd, waits.length]).toEqual(['none', 0]);
  });

  test('asks again in place of the last answer, and sends what was said before it', async () => {
    const { made, calls } = room(['1', '2']);
    const said = made.say(ASK);
    calls[0]?.end({});
    await said;
    const again = made.again();
    expect(calls[1]?.body.messages).toEqual([{ role: 'user', content: 'Hi' }]);
    calls[1]?.end({});
    await again;
    expect(made.state().turns.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  test('ends with the session: what runs is stopped, and its bill is nobody’s here', async () => {
    const { made, calls, waits } = room();
    const said = made.say(ASK);
    made.end();
    await said;
    expect([calls[0]?.signal.aborted, waits]).toEqual([true, []]);
  });

  test('stays clear when it was cleared while an answer ran', async () => {
    const { made, calls } = room();
    const said = made.say(ASK);
    made.clear();
    await said;
    expect([calls[0]?.signal.aborted, made.state().turns]).toEqual([true, []]);
  });
});
