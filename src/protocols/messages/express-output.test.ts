import { describe, expect, test } from 'bun:test';
import { readError } from '../golden/harness.ts';
import { encode } from '../utf8.ts';
import { messagesExpressAnswer } from './express-answer.ts';
import { args, open, run, start, stop } from './test-bench.ts';

describe('what stands in a block’s start', () => {
  const words: [name: string, block: object, output: { text: string; reasoning: string }][] = [
    ['text', { type: 'text', text: 'Hi "you"' }, { text: 'Hi "you"', reasoning: '' }],
    ['thinking', { type: 'thinking', thinking: 'hm', signature: '' }, { text: '', reasoning: 'hm' }],
    ['tool input', { type: 'tool_use', id: 't', name: 'f', input: { a: 'b' } }, { text: 'f{"a":"b"}', reasoning: '' }],
  ];
  for (const repair of [true, false]) {
    test.each(words)(`is counted, and handed over${repair ? ', repaired too' : ''}: %s`, (_name, block, output) => {
      const { lane } = run([encode(start + open(0, block))], { repair });
      expect([lane.deltaSeen, lane.output()]).toEqual([true, output]);
      const more = run([encode(start + open(0, block) + stop(0) + open(1, block))], { repair }).lane.output();
      expect(more.text + more.reasoning).toBe((output.text + output.reasoning).repeat(2));
    });

    test(`that says nothing is neither, but for the name of a call, which counts${repair ? ', repaired too' : ''}`, () => {
      for (const block of [
        { type: 'text', text: '' },
        { type: 'thinking', thinking: '', signature: 'Eq' },
        { type: 'tool_use', id: 't', name: 'f', input: {} },
        { type: 'server_tool_use', id: 't', name: 'f', input: {} },
      ]) {
        const { lane } = run([encode(start + open(0, block))], { repair });
        expect([lane.deltaSeen, lane.output()]).toEqual([false, { text: block.name ?? '', reasoning: '' }]);
      }
    });
  }

  test('is counted however deep it nests', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const frames =
      start + open(0, { type: 'tool_use', id: 't', name: 'f', input: { a: 0 } }).replace(':0}', `:${deep}}`);
    expect(run([encode(frames)]).lane.output().text).toBe(`f{"a":${deep}}`);
    const whole = `{"content":[{"type":"tool_use","name":"f","input":{"a":${deep}}}],"stop_reason":"tool_use"}`;
    expect(messagesExpressAnswer(whole, { model: 'm', repair: true, readError }).output.text).toBe(`f{"a":${deep}}`);
  });

  test('is counted as it is in a whole answer', () => {
    const input = '{ "a": "b" }';
    const calls = ['tool_use', 'server_tool_use'].map((type) => ({ type, id: 't', name: 'f', input: {} }));
    const content = calls.map((call) => JSON.stringify(call).replace('{}', input));
    const whole = `{"content":[${content}],"stop_reason":"tool_use"}`;
    const streamed = calls.map((call, index) => open(index, call) + args(index, input) + stop(index)).join('');
    for (const repair of [true, false]) {
      const { output } = messagesExpressAnswer(whole, { model: 'm', repair, readError });
      expect(output.text).toBe(`f${input}f${input}`);
      expect(run([encode(start + streamed)], { repair }).lane.output().text).toBe(output.text);
    }
  });

  test('and comes again in deltas is counted once: input', () => {
    const [input] = words.slice(-1).map(([, block]) => block);
    const { lane } = run([encode(start + open(0, input) + args(0, '{"a":') + args(0, '"b"}') + stop(0))]);
    expect(lane.output().text).toBe('f{"a":"b"}');
  });
});
