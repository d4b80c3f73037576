import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../../errors/catalogue.ts';
import { encode } from '../utf8.ts';
import { chatExpressAnswer } from './express-answer.ts';
import { ChatExpressStream } from './express-stream.ts';
import { chunk, deepseek, run, USAGE, whole } from './test-bench.ts';

describe('what is learnt on the way', () => {
  test('usage, deltas and output', () => {
    const { lane } = run([encode(whole)]);
    expect(lane.usage()).toEqual({
      input: { uncached: 18, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
      output: { text: 3, reasoning: 2 },
      source: 'upstream',
    });
    expect(lane.output()).toEqual({ text: 'a "usage" of \n中文', reasoning: '想一想 🤔' });
  });

  test('usage within the choice, as Kimi reports it', () => {
    const last = chunk('{}', `"finish_reason":"stop","usage":${USAGE}}]`);
    const { lane, text } = run([encode(chunk('{"content":"a"}') + last)]);
    expect(lane.usage()).toMatchObject({ input: { uncached: 18 }, output: { text: 3, reasoning: 2 } });
    expect(lane.usage()?.missing).toBeUndefined();
    expect(text).toContain(last);
    const first = chunk('{"content":"a"}', `"finish_reason":null,"usage":${USAGE}}]`);
    const newer = '{"prompt_tokens":18,"completion_tokens":9,"total_tokens":27}';
    const later = chunk('{"content":"b"}', `"finish_reason":null}],"usage":${newer}`);
    const end = chunk('{}', '"finish_reason":"stop"}]');
    expect(run([encode(first + chunk('{"content":"b"}') + end)]).lane.usage()?.missing?.output).toBe(true);
    expect(run([encode(first + later + end)]).lane.usage()).toMatchObject({ output: { text: 9, reasoning: 0 } });
    const repaired = run([encode(chunk('{"content":"a"}') + last)], { includeUsage: true, repair: true });
    expect(repaired.text).not.toContain('"choices":[]');
  });

  test('usage within each of several choices is that of none alone: all of their output is counted', () => {
    const other = (text: string) => text.replace('"index":0', '"index":1');
    const [word, last] = [chunk('{"content":"a"}'), chunk('{}', `"finish_reason":"stop","usage":${USAGE}}]`)];
    for (const frames of [
      [word, other(word), last, other(last)],
      [word, last, other(word), other(last)],
    ]) {
      const usage = run([encode(frames.join(''))], { choices: 2 }).lane.usage();
      expect(usage?.missing?.output ?? usage === undefined).toBe(true);
    }
  });

  test('a role or an empty string is no delta; a tool call is', () => {
    const lane = new ChatExpressStream({
      model: 'm',
      includeUsage: false,
      readError: () => new GatewayError('upstream_error', ''),
    });
    lane.push(encode(deepseek[0]!));
    expect(lane.deltaSeen).toBe(false);
    lane.push(encode(chunk('{"tool_calls":[]}')));
    expect(lane.deltaSeen).toBe(false);
    lane.push(
      encode(
        chunk(
          '{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\\"a\\":1"}}]}',
        ),
      ),
    );
    expect(lane.deltaSeen).toBe(true);
    expect(lane.output().text).toBe('f{"a":1');
  });

  test.each([
    ['a call of the form before tools', '{"function_call":{"name":"f","arguments":"{\\"a\\":1"}}', 'f{"a":1'],
    [
      'a custom tool’s call',
      '{"tool_calls":[{"index":0,"id":"c","type":"custom","custom":{"name":"f","input":"x = 1"}}]}',
      'fx = 1',
    ],
    [
      'parts of content',
      '{"content":[{"type":"text","text":"a \\"b\\""},{"type":"refusal","refusal":" no"}]}',
      'a "b" no',
    ],
    [
      'parts within parts',
      '{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}],"closed":true}]}',
      'hm',
    ],
    ['the words of audio, not its sound', '{"audio":{"id":"a","data":"UklGRg==","transcript":"hello"}}', 'hello'],
    [
      'signatures, links and reasoning told twice are none',
      '{"reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"Eq"}],"annotations":[{"url_citation":{"url":"u","title":"t"}}],"extra_content":{"google":{"thought_signature":"s"}}}',
      '',
    ],
  ])('words that are no plain string: %s', (_name, delta, words) => {
    const { lane } = run([encode(chunk(delta))]);
    expect(lane.deltaSeen).toBe(true);
    expect(lane.output()).toEqual({ text: words, reasoning: '' });
  });

  test('reasoning under both of its names counts once, in a stream and whole', () => {
    const delta = '{"reasoning_content":"hm","reasoning":"hm"}';
    expect(run([encode(chunk(delta)), encode(chunk(delta))]).lane.output().reasoning).toBe('hmhm');
    expect(run([encode(chunk('{"reasoning":"hm"}'))]).lane.output().reasoning).toBe('hm');
    const readError = () => new GatewayError('upstream_error', 'told');
    for (const named of ['"hm"', '""', 'null']) {
      const answer = `{"choices":[{"message":{"reasoning_content":${named},"reasoning":"hm"},"finish_reason":"stop"}]}`;
      expect(chatExpressAnswer(answer, { model: 'm', repair: false, readError }).output.reasoning).toBe('hm');
    }
  });

  test('words however deep they lie, in a stream and whole', () => {
    const content = `${'['.repeat(100_000)}{"text":"a"}${']'.repeat(100_000)}`;
    expect(run([encode(chunk(`{"content":${content}}`))]).lane.output().text).toBe('a');
    const readError = () => new GatewayError('upstream_error', 'told');
    const answer = `{"choices":[{"message":{"content":${content}},"finish_reason":"stop"}]}`;
    expect(chatExpressAnswer(answer, { model: 'm', repair: false, readError }).output.text).toBe('a');
  });

  test('of a message the same as when it is whole', () => {
    const word = fc.string({ unit: 'binary', maxLength: 8 });
    const fn = fc.record({ name: word, arguments: word });
    const part = fc.oneof(
      fc.record({ type: fc.constant('text'), text: word }),
      fc.record({ type: fc.constant('thinking'), thinking: fc.array(fc.record({ type: word, text: word })) }),
      fc.record({ type: word, url: word, signature: word }),
    );
    const member = fc.oneof(
      fc.record({ content: fc.oneof(word, fc.constant(null), fc.array(part)) }),
      fc.record({ refusal: word }),
      fc.record({ reasoning_content: word }),
      fc.record({ function_call: fn }),
      fc.record({ audio: fc.record({ id: word, transcript: word, data: word, expires_at: fc.nat() }) }),
      fc.record({ tool_calls: fc.array(fc.record({ index: fc.nat(3), id: word, function: fn })) }),
      fc.record({ unheard_of: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(fc.array(member), (members) => {
        const message = Object.assign({ role: 'assistant' }, ...members) as Record<string, unknown>;
        const frames = Object.entries(message).map(([name, value]) => chunk(JSON.stringify({ [name]: value })));
        const answer = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] });
        const readError = () => new GatewayError('upstream_error', 'told');
        const { output } = chatExpressAnswer(answer, { model: 'm', repair: false, readError });
        const { text, reasoning } = output;
        expect(run(frames.map(encode)).lane.output()).toEqual({ text, reasoning });
      }),
    );
  });
});
