import { describe, expect, test } from 'bun:test';
import { accumulateMessages } from '../../../tests/support/stream-accumulators.ts';
import { checkMessagesStream, everySplit } from '../../../tests/support/stream-invariants.ts';
import { encode } from '../utf8.ts';
import { args, delta, ending, frame, good, last, open, run, sloppy, start, stop, text, tool } from './test-bench.ts';

describe('tool input on a repaired stream', () => {
  const called = (...fragments: string[]) =>
    [start, tool(0, 't'), ...fragments.map((one) => args(0, one)), stop(0), ending('tool_use'), last].join('');
  const inputOf = async (sample: string): Promise<unknown> => {
    const { text, lane } = run([encode(sample)]);
    expect([lane.state, checkMessagesStream(text)]).toEqual(['complete', []]);
    const [block] = (await accumulateMessages(text)).content;
    return block?.type === 'tool_use' ? block.input : undefined;
  };

  test('that is an object passes byte for byte', () => {
    for (const sample of [called('', '{"a": 1, ', '"b":"}"}'), called('{}'), called(), called('')]) {
      expect(run([encode(sample)]).text).toBe(sample);
    }
  });

  test.each([
    ['a brace short', ['{"a":', ' {"b":1}'], { a: { b: 1 }, _raw: '{"a": {"b":1}' }],
    ['a brace too many', ['{"a": 1}', '}'], { a: 1 }],
    ['no JSON at all', ['not ', 'json'], { _raw: 'not json' }],
    ['a word that breaks off', ['{"a": tru}'], { a: true, _raw: '{"a": tru}' }],
  ])('that is %s becomes one, as it does on the translated lane', async (_, fragments, input) => {
    expect(await inputOf(called(...fragments))).toEqual(input);
    // Without its stop, too.
    const sample = called(...fragments).replace(stop(0), '');
    expect(await inputOf(sample)).toEqual(input);
  });

  test('is the same however the network cuts it', () => {
    const sample = called('{"a": tr', 'u}', 'x');
    const { text } = run([encode(sample)]);
    for (const parts of everySplit(encode(sample))) expect(run(parts).text).toBe(text);
  });

  test('is what it is where nothing is repaired', () => {
    const sample = called('not json');
    expect(run([encode(sample)], { repair: false }).text).toBe(sample);
  });
});

describe('repairs', () => {
  test('a text block that stays empty never leaves; what its text begins with that is no text does', () => {
    const citation = delta(0, { type: 'citations_delta', citation: { type: 'page_location', cited_text: 'x' } });
    const unknown = delta(0, { type: 'mood_delta', mood: 'calm' });
    const block = (...deltas: string[]) => [open(0, { type: 'text', text: '' }), ...deltas, stop(0)].join('');
    const around = (blocks: string) => start + blocks + ending('end_turn') + last;
    for (const first of [citation, unknown]) {
      const sample = around(block(first, text(0, 'Hi')));
      expect(run([encode(sample)]).text).toBe(sample);
      expect(run([encode(around(block(text(0, ''), first)))]).text).toBe(around(block(first)));
    }
    expect(run([encode(around(block(text(0, ''))))]).text).toBe(around(''));
  });

  test('stops, signatures, indexes and the stop reason are put in', () => {
    const { text: repaired, lane } = run([encode(sloppy)]);
    expect(checkMessagesStream(repaired)).toEqual([]);
    expect(repaired).toContain('"content_block":{"type":"thinking","thinking":"","signature":""}');
    expect(repaired).toContain('"stop_reason":"tool_use"');
    expect(repaired.match(/event: content_block_stop/g)?.length).toBe(4);
    expect(lane.output()).toEqual({ text: 'Both.f{"a":1}f', reasoning: '想 🤔' });
  });

  test('a stop reason that never came is derived once the message stops', () => {
    for (const given of [ending(null), ending(''), '']) {
      const sample = good.replace(ending('end_turn'), given);
      const { text: repaired, lane } = run([encode(sample)]);
      expect(lane.state).toBe('complete');
      expect(checkMessagesStream(repaired)).toEqual([]);
      expect(repaired).toContain('"stop_reason":"end_turn"');
    }
  });

  test('a last report without usage gets it, with the output that is known: clients read it unasked', async () => {
    const bare = (usage: object) =>
      frame({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, ...usage });
    for (const usage of [{}, { usage: null }]) {
      const { text: repaired, lane } = run([encode(good.replace(ending('end_turn'), bare(usage)))]);
      expect(repaired).toBe(good.replace(ending('end_turn'), bare({ usage: { output_tokens: 0 } })));
      expect((await accumulateMessages(repaired)).usage.output_tokens).toBe(0);
      // What was put in is no report: the output is still to be counted.
      expect(lane.usage()?.missing).toEqual({ output: true });
      const early = frame({ type: 'message_delta', delta: {}, usage: { output_tokens: 9 } });
      expect(run([encode(good.replace(ending('end_turn'), early + bare(usage)))]).text).toContain(
        bare({ usage: { output_tokens: 9 } }),
      );
    }
    // One that names all but the output, too: what else it tells stays.
    for (const silent of [{ output_tokens: null, input_tokens: 54 }, { input_tokens: 54 }]) {
      const last = bare({ usage: silent });
      expect(run([encode(good.replace(ending('end_turn'), last))]).text).toContain(
        bare({ usage: { input_tokens: 54, output_tokens: 0 } }),
      );
      const early = frame({ type: 'message_delta', delta: {}, usage: { output_tokens: 9 } });
      expect(run([encode(good.replace(ending('end_turn'), early + last))]).text).toContain(
        bare({ usage: { input_tokens: 54, output_tokens: 9 } }),
      );
    }
    // The surfaces of Anthropic's own are passed as they come.
    const untouched = good.replace(ending('end_turn'), bare({}));
    expect(run([encode(untouched)], { repair: false }).text).toBe(untouched);
  });

  test('events without their event line get it', () => {
    const bare = good.replaceAll(/event: .*\n/g, '');
    expect(run([encode(bare)]).text).toBe(good);
    expect(run([encode(bare)], { repair: false }).text).toBe(good);
  });

  test('null counts are left out', () => {
    const odd = good.replaceAll('"cache_creation_input_tokens":0', '"cache_creation_input_tokens":null');
    expect(checkMessagesStream(run([encode(odd)]).text)).toEqual([]);
  });

  test('a comment behind a lone CR is dropped, on either kind of surface', () => {
    const commented = good.replaceAll(/^(data: .*)\n\n/gm, '$1\r: note\n\n');
    for (const repair of [true, false]) {
      const { lane, text } = run([encode(commented)], { repair });
      expect([lane.state as string, text]).toEqual(['complete', good]);
    }
  });

  test('comments are dropped whatever ends a line', () => {
    const sample = good.replace(text(1, 'Hi "there"\n'), (whole) => whole.replace('\ndata', '\n: zzz\ndata'));
    expect(run([encode(sample.replaceAll('\n', '\r'))]).text).not.toContain('zzz');
  });

  test('comments are dropped, the frame around them stays', () => {
    const odd = good.replace('event: ping', ': keep-alive\n\n: more\nevent: ping');
    expect(run([encode(odd)]).text).toBe(good);
  });
});
