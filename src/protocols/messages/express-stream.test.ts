import { describe, expect, test } from 'bun:test';
import { accumulateMessages } from '../../../tests/support/stream-accumulators.ts';
import { checkMessagesStream, everySplit, pushChunked, rechunk } from '../../../tests/support/stream-invariants.ts';
import { GatewayError } from '../../errors/catalogue.ts';
import { readError } from '../golden/harness.ts';
import { messagesExpressAnswer } from './express-answer.ts';
import { MessagesExpressStream } from './express-stream.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function run(chunks: Iterable<Uint8Array>, { repair = true, model = 'deepseek-v4-pro' } = {}) {
  const lane = new MessagesExpressStream({
    model,
    repair,
    readError: () => new GatewayError('upstream_overloaded', 'told'),
  });
  let text = '';
  for (const chunk of chunks) {
    pushChunked(lane, chunk);
    text += decode(lane.take() ?? new Uint8Array());
  }
  lane.end();
  text += decode(lane.take() ?? new Uint8Array());
  if (lane.state === 'complete') text += decode(lane.terminal());
  return { lane, text };
}

const frame = (body: { type: string; [key: string]: unknown }): string =>
  `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
const usage = { input_tokens: 54, cache_creation_input_tokens: 0, cache_read_input_tokens: 25344, output_tokens: 0 };
const start = frame({
  type: 'message_start',
  message: {
    id: 'c0',
    type: 'message',
    role: 'assistant',
    model: 'deepseek-v4-pro',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  },
});
const open = (index: number, content_block: unknown): string =>
  frame({ type: 'content_block_start', index, content_block });
const delta = (index: number, value: unknown): string => frame({ type: 'content_block_delta', index, delta: value });
const stop = (index: number): string => frame({ type: 'content_block_stop', index });
const thinking = (index: number, text: string): string => delta(index, { type: 'thinking_delta', thinking: text });
const text = (index: number, value: string): string => delta(index, { type: 'text_delta', text: value });
const args = (index: number, partial_json: string): string => delta(index, { type: 'input_json_delta', partial_json });
const ending = (stop_reason: string | null, output_tokens = 9): string =>
  frame({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { ...usage, output_tokens } });
const last = frame({ type: 'message_stop' });
const tool = (index: number, id: string): string => open(index, { type: 'tool_use', id, name: 'f', input: {} });

const good = [
  start,
  open(0, { type: 'thinking', thinking: '', signature: '' }),
  thinking(0, '想 🤔'),
  delta(0, { type: 'signature_delta', signature: 'c0' }),
  stop(0),
  frame({ type: 'ping' }),
  open(1, { type: 'text', text: '' }),
  text(1, 'Hi "there"\n'),
  stop(1),
  ending('end_turn'),
  last,
].join('');

/** As a surface that leaves out stops, signatures and true stop reasons sends it. */
const sloppy = [
  start,
  open(0, { type: 'thinking', thinking: '' }),
  thinking(0, '想 🤔'),
  open(1, { type: 'text', text: '' }),
  text(1, ''),
  open(2, { type: 'text', text: '' }),
  text(2, 'Both.'),
  tool(3, 'call_00_a'),
  args(3, '{"a":'),
  args(3, '1}'),
  tool(4, 'call_01_b'),
  args(4, ''),
  ending('end_turn'),
  last,
].join('');

describe('bytes', () => {
  test('of a good stream pass untouched, on either kind of surface', () => {
    expect(run([encode(good)]).text).toBe(good);
    expect(run([encode(good)], { repair: false }).text).toBe(good);
    expect(checkMessagesStream(good)).toEqual([]);
  });

  test('pass untouched whatever ends their lines, and with lines that are neither event nor data', () => {
    const forms = [
      good.replaceAll('\n', '\r\n'),
      // The last block's end is only known when something follows.
      `${good.replaceAll('\n', '\r')}: over`,
      good.replaceAll('event: ', 'id: 7\nevent: '),
      good.replaceAll('\n\n', '\nretry: 7\n\n'),
      good.replaceAll('{"type"', '{\ndata: "type"'),
    ];
    for (const form of forms) {
      for (const repair of [false, true]) {
        expect(run([encode(form)], { repair }).text).toBe(form.replace(': over', ''));
      }
    }
  });

  test('are the same however the network cuts them', () => {
    for (const sample of [good, sloppy, sloppy.replaceAll('\n', '\r\n')]) {
      const expected = run([encode(sample)], { model: 'alias' }).text;
      for (const halves of everySplit(encode(sample))) expect(run(halves, { model: 'alias' }).text).toBe(expected);
      expect(run(rechunk(encode(sample), 1), { model: 'alias' }).text).toBe(expected);
    }
  });

  test('of the last frame are the upstream’s, and a blank line where it left that out', () => {
    for (const form of ['', '\n', '\r\n', '\r']) {
      for (const repair of [false, true]) expect(run([encode(good.trimEnd() + form)], { repair }).text).toBe(good);
    }
  });

  test('carry the name that the client asked for', () => {
    expect(run([encode(good)], { model: 'claude-x' }).text).toBe(good.replace('deepseek-v4-pro', 'claude-x'));
  });

  test('keep fields and events that nobody here knows', () => {
    const odd = good
      .replace('"type":"ping"', '"type":"ping","new":[1.0]')
      .replace(last, frame({ type: 'news', x: 1 }) + last);
    expect(run([encode(odd)], { repair: false }).text).toBe(odd);
  });
});

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

test('keys that are written with escapes are what they say', () => {
  const escaped = sloppy.replaceAll(/"(\w)(\w+)":/g, (_, first: string, rest: string) => {
    return `"\\u00${first.charCodeAt(0).toString(16)}${rest}":`;
  });
  for (const repair of [true, false]) {
    const given = run([encode(escaped)], { repair });
    const expected = run([encode(sloppy)], { repair });
    expect(given.lane.failure).toBeUndefined();
    const events = (text: string): unknown[] =>
      [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!));
    expect(events(given.text)).toEqual(events(expected.text));
    expect(given.lane.output()).toEqual(expected.lane.output());
  }
});

test('keys that are written with escapes leave as they came', () => {
  const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a', key: 1 } };
  const escaped = frame(delta).replace('"key"', '"\\u006bey"').replace('"text":', '"t\\u0065xt":');
  const block = frame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
  for (const repair of [true, false]) {
    const { lane, text } = run([encode(start + block + escaped)], { repair });
    expect(text).toEndWith(escaped);
    expect(lane.output().text).toBe('a');
  }
});

test('spaces around the data of an event are no part of it', () => {
  for (const [before, after] of [
    ['  ', ''],
    ['', ' '],
    [' \t ', ' \t'],
  ]) {
    for (const repair of [true, false]) {
      const spaced = good.replaceAll(/^data: (.*)$/gm, `data:${before}$1${after}`);
      for (const chunks of [[encode(spaced)], rechunk(encode(spaced), 1)]) {
        const { text: out, lane } = run(chunks, { repair, model: 'alias' });
        expect(lane.failure).toBeUndefined();
        expect(checkMessagesStream(out)).toEqual([]);
        expect(lane.output()).toEqual(run([encode(good)]).lane.output());
      }
    }
  }
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

describe('endings', () => {
  const cases: [name: string, text: string, state: string][] = [
    ['message_stop missing after the stop reason', good.replace(last, ''), 'complete'],
    ['cut in the middle', good.slice(0, good.indexOf('event: message_delta')), 'failed'],
    ['cut inside a frame', good.slice(0, 500), 'failed'],
    ['nothing at all', '', 'failed'],
    ['a second message_start (A14)', good.replace('event: ping', `${start}event: ping`), 'failed'],
    [
      'an error event (H03)',
      `${start}event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n`,
      'failed',
    ],
    ['an error of the other shape', `${start}data: {"error":{"message":"x"}}\n\n`, 'failed'],
    ['a delta before its block (A04)', start + text(0, 'a') + ending('end_turn') + last, 'failed'],
    [
      'text in a thinking block (A02)',
      start + open(0, { type: 'thinking', thinking: '' }) + text(0, 'a') + last,
      'failed',
    ],
    ['HTML', '<html></html>\n\n', 'failed'],
  ];
  for (const [name, sample, state] of cases) {
    test(name, () => expect(run([encode(sample)]).lane.state as string).toBe(state));
  }

  test('an answer that the upstream broke off is an error, repaired or not (C09)', () => {
    for (const repair of [true, false]) {
      const overloaded = run([encode(good.replace('"end_turn"', '"insufficient_system_resource"'))], { repair });
      expect(overloaded.lane.failure?.code).toBe('upstream_overloaded');
      expect(overloaded.text).not.toContain('message_delta');
      const aborted = run([encode(good.replace('"end_turn"', '"aborted"'))], { repair });
      expect(aborted.lane.failure?.code).toBe('upstream_error');
    }
  });

  test('a delta that breaks off, or goes on behind its object, is no delta: it never leaves', () => {
    const [before, after] = [
      start + open(0, { type: 'text', text: '' }) + text(0, 'x'),
      stop(0) + ending('end_turn') + last,
    ];
    const json = text(0, 'a').slice('event: content_block_delta\ndata: '.length, -2);
    const broken = [...Array(json.length - 1).keys()].map((length) => json.slice(0, length + 1));
    for (const data of [...broken, `${json}${json}`, `${json}}`, `${json},`]) {
      for (const repair of [true, false]) {
        const frames = `${before}event: content_block_delta\ndata: ${data}\n\n${after}`;
        const { lane, text } = run([encode(frames)], { repair });
        expect([data, repair, lane.state as string, text]).toEqual([data, repair, 'failed', before]);
      }
    }
  });

  test('an event without data says nothing', () => {
    for (const nothing of [
      'data:\n\n',
      'data: \n\n',
      'event: ping\ndata:\n\n',
      'event: content_block_delta\ndata: \n\n',
    ]) {
      const { lane, text } = run([encode(good.replaceAll(/^event/gm, `${nothing}event`))], { repair: false });
      expect([nothing, lane.state, text]).toEqual([nothing, 'complete', good]);
    }
  });

  test('a refusal without content is an answer', () => {
    const { lane, text: out } = run([encode(start + ending('refusal') + last)], { repair: false });
    expect(lane.state).toBe('complete');
    expect(checkMessagesStream(out)).toEqual([]);
  });

  test('without repair, no stop reason is an error', () => {
    for (const given of [ending(null), ending(''), '']) {
      expect(run([encode(good.replace(ending('end_turn'), given))], { repair: false }).lane.state).toBe('failed');
    }
  });

  test('an error as plain JSON where a stream was asked for is an error, with its words (A18)', () => {
    for (const error of [
      '{"error":{"message":"x"}}',
      '[{"error":{"message":"x"}}]\n',
      '{"error":{"message":"x"}}\n\n',
    ]) {
      expect(run([encode(error)]).lane.failure?.message).toBe('told');
    }
  });

  test('nothing is read after the end (A15)', () => {
    expect(run([encode(good + text(1, 'late'))]).text).toBe(good);
  });

  test('usage is the last word of each field', () => {
    expect(run([encode(good)]).lane.usage()).toEqual({
      input: { uncached: 54, cacheRead: 25344, cacheWrite5m: 0, cacheWrite1h: 0 },
      output: { text: 9, reasoning: 0 },
      source: 'upstream',
    });
  });
});
