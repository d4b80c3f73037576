import { expect, test } from 'bun:test';
import { sharedTokenizer } from '../tokens/index.ts';
import { answerIds, OPENING, promptIds } from './prompt-template.ts';
import type { SimRequest, Turn } from './sim-request.ts';

const tokenizer = sharedTokenizer();
const ids = (turns: Turn[], more: Partial<SimRequest> = {}) =>
  promptIds({ turns, tools: [], thinking: true, ...more } as SimRequest, tokenizer);
const user = (text: string, media = 0): Turn => ({ role: 'user', text, media });

test('a prompt is its text and four tokens of template', async () => {
  expect((await ids([user('Hello there')])).length).toBe(tokenizer.count('Hello there') + 4);
});

test('a long text has the same tokens as if it were encoded at once', async () => {
  const text = 'First line, with words.\n\n  indented\nSecond: 你好 123456.\n'.repeat(5000);
  expect((await ids([user(text)])).slice(2, -OPENING)).toEqual(tokenizer.encode(text));
});

test('an answer follows its prompt as the next prompt has it, so that the prefix stays', async () => {
  const answer: Turn = { role: 'assistant', text: 'Hi.', reasoning: 'Hm.', calls: [] };
  for (const tools of [[], [{ name: 'f', description: '', schema: {} }]]) {
    const first = await ids([user('Hello')], { tools });
    const next = await ids([user('Hello'), answer, user('More')], { tools });
    const prefix = [...first.slice(0, -OPENING), ...answerIds(answer, tools.length > 0, tokenizer)];
    expect(next.slice(0, prefix.length)).toEqual(prefix);
  }
});

test('reasoning counts only beside tools, an image by a constant', async () => {
  const turn = (reasoning: string): Turn[] => [{ role: 'assistant', text: 'x', reasoning, calls: [] }];
  expect((await ids(turn('long thoughts'))).length).toBe((await ids(turn(''))).length);
  const tools = [{ name: 'f', description: '', schema: {} }];
  expect((await ids(turn('long thoughts'), { tools })).length).toBeGreaterThan((await ids(turn(''), { tools })).length);
  expect((await ids([user('x', 2)])).length).toBe((await ids([user('x')])).length + 2000);
});
