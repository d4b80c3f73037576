import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { checkChatStream, everySplit, pushChunked, rechunk } from '../../../tests/support/stream-invariants.ts';
import { GatewayError } from '../../errors/catalogue.ts';
import { ReasoningCollector } from '../collect-reasoning.ts';
import type { Usage } from '../usage.ts';
import { chatExpressAnswer } from './express-answer.ts';
import { type ChatExpressOptions, ChatExpressStream } from './express-stream.ts';
import { chatUsage } from './usage.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function run(chunks: Iterable<Uint8Array>, options: Partial<ChatExpressOptions> = {}) {
  const lane = new ChatExpressStream({
    model: 'deepseek-v4-pro',
    includeUsage: false,
    readError: () => new GatewayError('upstream_error', 'told'),
    ...options,
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

const head = '"id":"x","object":"chat.completion.chunk","created":1787600000,"model":"deepseek-v4-pro"';
const chunk = (delta: string, rest = '"finish_reason":null}],"usage":null'): string =>
  `data: {${head},"choices":[{"index":0,"delta":${delta},"logprobs":null,${rest}}\n\n`;
const USAGE =
  '{"prompt_tokens":18,"completion_tokens":5,"total_tokens":23,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":2},"prompt_cache_hit_tokens":0,"prompt_cache_miss_tokens":18}';
const deepseek = [
  chunk('{"role":"assistant","content":null,"reasoning_content":""}'),
  ': keep-alive\n\n',
  chunk('{"content":null,"reasoning_content":"想一想 🤔"}'),
  chunk('{"content":"a \\"usage\\" of \\n中文","reasoning_content":null}'),
  chunk('{"content":"","reasoning_content":null}', `"finish_reason":"stop"}],"usage":${USAGE}`),
  'data: [DONE]\n\n',
];
const whole = deepseek.join('');
const clean = deepseek.filter((frame) => !frame.startsWith(':')).join('');

test('an event named error is one, whatever its data looks like', () => {
  for (const data of ['{"message":"boom"}', '{"error":{"message":"boom"}}', 'boom']) {
    const sample = `${chunk('{"content":"a"}')}event: error\ndata: ${data}\n\n`;
    const { lane, text } = run([encode(sample)], {
      readError: (told) => new GatewayError('upstream_error', JSON.stringify(told)),
    });
    expect([data, lane.state, text.includes('boom')]).toEqual([data, 'failed', false]);
    expect(lane.failure?.message).toContain('boom');
  }
});

describe('bytes', () => {
  test('pass untouched when nothing is to be edited, comments aside', () => {
    expect(run([encode(whole)], { includeUsage: true }).text).toBe(clean);
  });

  test('are the same however the network cuts them', () => {
    const expected = run([encode(whole)], { model: 'alias', includeUsage: false }).text;
    for (const halves of everySplit(encode(whole))) {
      expect(run(halves, { model: 'alias', includeUsage: false }).text).toBe(expected);
    }
    expect(run(rechunk(encode(whole), 1), { model: 'alias', includeUsage: false }).text).toBe(expected);
  });

  test('lose usage that was not asked for, and nothing else', () => {
    expect(run([encode(whole)]).text).toBe(clean.replaceAll(',"usage":null', '').replace(`,"usage":${USAGE}`, ''));
  });

  test('lose a frame that carries usage alone', () => {
    const only = `data: {${head},"choices":[],"usage":${USAGE}}\n\n`;
    const frames = [chunk('{"content":"a"}'), chunk('{}', '"finish_reason":"stop"}],"usage":null'), only];
    const { text, lane } = run([encode(`${frames.join('')}data: [DONE]\n\n`)]);
    expect(text).not.toContain('usage');
    expect(lane.usage()?.output).toEqual({ text: 3, reasoning: 2 });
  });

  test('lose a frame that is there for it alone, whatever else stands in it', () => {
    const frames = [chunk('{"content":"a"}'), chunk('{}', '"finish_reason":"stop"}],"usage":null')];
    const kept = frames.join('').replaceAll(',"usage":null', '');
    const cases = [
      `{${head},"usage":${USAGE}}`,
      `{${head},"choices":[],"usage":${USAGE},"system_fingerprint":"f","service_tier":"default"}`,
      // OpenAI pads its frames.
      `{${head},"service_tier":"default","choices":[],"usage":${USAGE},"obfuscation":"t9"}`,
      `{${head},"choices":[],"usage":${USAGE},"provider":"p"}`,
    ];
    for (const told of cases) {
      const { text } = run([encode(`${frames.join('')}data: ${told}\n\ndata: [DONE]\n\n`)]);
      expect(text).toBe(`${kept}data: [DONE]\n\n`);
    }
  });

  test('keep the lines of an event that are no data, but for comments', () => {
    const fields = ['id: 1\nevent: chunk\n', 'retry: 7\n\n', 'event: x\r\nid: 2\r\n'];
    for (const field of fields) {
      const sample = `${deepseek.filter((frame) => frame.includes('choices')).join(field)}data: [DONE]\n\n`;
      expect(run([encode(sample)], { includeUsage: true }).text).toBe(sample);
      const renamed = run(rechunk(encode(sample), 1), { includeUsage: true, model: 'alias' }).text;
      expect(renamed).toBe(sample.replaceAll('"model":"deepseek-v4-pro"', '"model":"alias"'));
    }
  });

  test('of the last frame are the upstream’s too', () => {
    const frames = deepseek.filter((frame) => frame.includes('choices')).join('');
    for (const form of ['data: [DONE]\r\n\r\n', 'data:[DONE]\n\n', 'event: end\nid: 9\ndata: [DONE]\nretry: 7\n\n']) {
      expect(run([encode(frames + form)], { includeUsage: true }).text).toBe(frames + form);
    }
    for (const form of ['', 'data: [DONE]', 'data: [DONE]\n', ': note\ndata: [DONE]\n\n']) {
      expect(run([encode(frames + form)], { includeUsage: true }).text).toBe(`${frames}data: [DONE]\n\n`);
    }
  });

  test('are read right where lines end in CR alone', () => {
    const lines = [
      `data: {${head},\rdata: "choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":${USAGE}}`,
      `data: {${head},"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\r: note`,
    ];
    for (const line of lines) {
      const { text, lane } = run([encode(`${line}\r\r`)], { model: 'alias' });
      expect([lane.state as string, lane.output().text]).toEqual(['complete', 'a']);
      expect(text).toContain('"model":"alias"');
      expect(text).not.toMatch(/usage|note|deepseek/);
    }
  });

  test('carry the name that the client asked for, wherever the member stands', () => {
    const odd =
      'data: {"usage":null,"model" : "m","choices":[{"index":0,"delta":{"content":"model"},"finish_reason":"stop"}]}\n\n';
    expect(run([encode(odd)], { model: 'a"b' }).text).toBe(
      'data: {"model" : "a\\"b","choices":[{"index":0,"delta":{"content":"model"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    );
  });

  test('with CRLF, a BOM, comments inside a block and split data lines still make a valid stream', () => {
    const crlf = `\ufeff${whole.replaceAll('\n', '\r\n')}`;
    const { text, lane } = run([encode(crlf)], { includeUsage: true });
    expect(lane.state).toBe('complete');
    expect(checkChatStream(text, { includeUsage: true })).toEqual([]);
    const inside = `: note\nevent: x\ndata: {"choices":[{"index":0,\ndata: "delta":{"content":"a"},"finish_reason":"stop"}]}\n\n`;
    expect(run([encode(inside)]).text).toBe(
      'data: {"choices":[{"index":0, "delta":{"content":"a"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    );
  });
});

test('keys that are written with escapes are what they say', () => {
  const escaped = whole.replaceAll(/"(\w)(\w+)":/g, (_, first: string, rest: string) => {
    return `"\\u00${first.charCodeAt(0).toString(16)}${rest}":`;
  });
  const events = (text: string): unknown[] =>
    [...text.matchAll(/^data: ({.*)$/gm)].map(([, data]) => JSON.parse(data!));
  for (const includeUsage of [true, false]) {
    const given = run([encode(escaped)], { model: 'alias', includeUsage });
    const expected = run([encode(whole)], { model: 'alias', includeUsage });
    expect(given.lane.failure).toBeUndefined();
    expect(events(given.text)).toEqual(events(expected.text));
    expect(given.lane.output()).toEqual(expected.lane.output());
    expect(given.lane.usage()).toEqual(expected.lane.usage());
  }
  // What needs its escapes keeps them, and what is none is left alone.
  for (const key of ['a\\"b\\u0041', '\\\\', '\\ud800', 'é\\/', '\\u00e9\\u00e9']) {
    const sample = chunk(`{"content":"a","${key}":{"x":1}}`);
    const { text } = run([encode(sample)], { includeUsage: true });
    expect(JSON.parse(text.slice(6))).toEqual(JSON.parse(sample.slice(6)));
    expect(text.length).toBeGreaterThan(0);
  }
  expect(run([encode('data: {"\\x":1}\n\n')]).text).toContain('{"\\x":1}');
});

test('keys that are written with escapes leave as they came', () => {
  const sample = chunk('{"c\\u006fntent":"a","\\u006bey":1,"a\\/b":2}').replace('"choices"', '"ch\\u006fices"');
  const lane = run([encode(sample)], { includeUsage: true });
  expect(lane.text).toBe(sample);
  expect(lane.lane.output().text).toBe('a');
});

test('spaces around the data of an event are no part of it', () => {
  for (const [before, after] of [
    ['  ', ''],
    ['', ' '],
    [' \t ', ' \t'],
  ]) {
    const spaced = whole.replaceAll(/^data: (.*)$/gm, `data:${before}$1${after}`);
    for (const chunks of [[encode(spaced)], rechunk(encode(spaced), 1)]) {
      const { text, lane } = run(chunks, { model: 'alias', includeUsage: true });
      expect(lane.state).toBe('complete');
      expect(checkChatStream(text, { includeUsage: true })).toEqual([]);
      expect(lane.output()).toEqual(run([encode(whole)]).lane.output());
      expect(text.match(/"model":"alias"/g)).toHaveLength(4);
    }
  }
});

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

describe('endings', () => {
  const cases: [name: string, text: string, state: string, code?: string][] = [
    ['[DONE] after a finish reason', whole, 'complete'],
    ['end of bytes after a finish reason (C01)', deepseek.slice(0, -1).join(''), 'complete'],
    ['[DONE] with spaces around it', whole.replace('[DONE]', ' [DONE] \t'), 'complete'],
    ['last blank line missing', whole.trimEnd(), 'complete'],
    ['[DONE] without finish reason (C02)', `${deepseek[2]}data: [DONE]\n\n`, 'failed', 'upstream_error'],
    ['cut without finish reason (C06)', `${deepseek[2]}`, 'failed', 'upstream_error'],
    ['cut inside a frame', whole.slice(0, 300), 'failed', 'upstream_error'],
    ['nothing at all (I09)', '', 'failed', 'upstream_error'],
    [
      'insufficient_system_resource (C09)',
      chunk('{}', '"finish_reason":"insufficient_system_resource"}]'),
      'failed',
      'upstream_overloaded',
    ],
    ['aborted (C09)', chunk('{}', '"finish_reason":"aborted"}]'), 'failed', 'upstream_error'],
    ['abort of vLLM', chunk('{}', '"finish_reason":"abort"}]'), 'failed', 'upstream_error'],
    ['network_error of Z.ai', chunk('{}', '"finish_reason":"network_error"}]'), 'failed', 'upstream_error'],
    [
      'a call that Gemini took away',
      chunk('{}', '"finish_reason":"function_call_filter: MALFORMED_FUNCTION_CALL"}]'),
      'failed',
      'upstream_error',
    ],
    [
      'content_filter with its reason is an answer',
      chunk('{"content":"a"}', '"finish_reason":"content_filter: RECITATION"}]'),
      'complete',
    ],
    [
      'an error frame with empty choices (H04)',
      'data: {"choices":[],"error":{"message":"x","code":503}}\n\n',
      'failed',
      'upstream_error',
    ],
    [
      'error: null is none',
      `data: {"error":null,"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n`,
      'complete',
    ],
    ['an error as plain JSON under a 200 (H01)', '{"error":{"message":"x"}}', 'failed', 'upstream_error'],
    ['HTML', '<html><body>502</body></html>\n\n', 'failed', 'upstream_error'],
    ['a frame that is no object', 'data: 17\n\n', 'failed', 'upstream_error'],
    [
      'one of two choices unfinished',
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"},{"index":1,"delta":{"content":"a"},"finish_reason":null}]}\n\ndata: [DONE]\n\n',
      'failed',
      'upstream_error',
    ],
    ['length is an answer', chunk('{"content":"a"}', '"finish_reason":"length"}]'), 'complete'],
    ['content_filter is an answer', chunk('{"content":"a"}', '"finish_reason":"content_filter"}]'), 'complete'],
  ];
  for (const [name, text, state, code] of cases) {
    test(name, () => {
      const { lane } = run([encode(text)]);
      expect(lane.state as string).toBe(state);
      expect(lane.failure?.code as string | undefined).toBe(code);
    });
  }

  test('H04: its own words are told of an error frame with empty choices, an array (H12), or in front of a good end', () => {
    const error = '{"choices":[],"error":{"message":"x"}}';
    for (const frame of [error, '{"error":{"message":"x"},"choices":[]}', `[${error}]`]) {
      expect(run([encode(`data: ${frame}\n\n${whole}`)]).lane.failure?.message).toBe('told');
    }
  });

  test('its own words are told of an error within the choice, or beside a finish reason that says less, as at OpenRouter', () => {
    const error = '"error":{"message":"x","code":429}';
    const choice = '"index":0,"delta":{"content":""},"finish_reason":"error"';
    for (const frame of [
      `{"choices":[{${choice},${error}}]}`,
      `{"choices":[{${error},${choice}}]}`,
      `{"choices":[{${choice}}],${error}}`,
      `{${error},"choices":[{${choice}}]}`,
    ]) {
      expect(run([encode(`${chunk('{"content":"a"}')}data: ${frame}\n\n`)]).lane.failure?.message).toBe('told');
    }
    const readError = () => new GatewayError('upstream_error', 'told');
    const answer = `{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop",${error}}]}`;
    expect(() => chatExpressAnswer(answer, { model: 'm', repair: false, readError })).toThrow('told');
  });

  test('an error as plain JSON where a stream was asked for is an error, with its words (A18)', () => {
    for (const error of [
      '{"error":{"message":"x"}}',
      '[{"error":{"message":"x"}}]\n',
      '{"error":{"message":"x"}}\n\n',
      'error: {"message":"x","code":400}\n\ndata: [DONE]\n\n',
    ]) {
      expect(run([encode(error)]).lane.failure?.message).toBe('told');
    }
  });

  test('a frame that breaks off, or goes on behind its object, is no frame: it never leaves', () => {
    const good = chunk('{"content":"a"}');
    const json = good.slice('data: '.length, -2);
    const broken = [...Array(json.length - 1).keys()].map((length) => json.slice(0, length + 1));
    for (const data of [...broken, `${json}${json}`, `${json}}`, `${json},`, '{"a" }', '{"a":1 "b":2}']) {
      // Behind one that it could be taken to be like.
      const { lane, text } = run([encode(`${good}data: ${data}\n\n${clean}`)]);
      expect([data, lane.state as string]).toEqual([data, 'failed']);
      expect(text).toBe(good.replace(',"usage":null', ''));
    }
  });

  test('an event without data says nothing', () => {
    for (const nothing of ['data:\n\n', 'data: \n\n', 'event: ping\ndata:\n\n', 'data:\r\n\r\n']) {
      const { lane, text } = run([encode(`${nothing}${deepseek.join(nothing)}`)], { includeUsage: true });
      expect([nothing, lane.state, text]).toEqual([nothing, 'complete', clean]);
    }
  });

  test('nothing is read after the end (A15)', () => {
    const { text } = run([encode(`${whole}${deepseek[2]}`)], { includeUsage: true });
    expect(text).toBe(clean);
  });
});

describe('calls of a surface that gives them all one index (A13)', () => {
  const call = (fields: string): string => chunk(`{"tool_calls":[{${fields}}]}`);
  const f = (name: string): string => `"type":"function","function":{"name":"${name}","arguments":"{}"}`;
  const stop = chunk('{}', '"finish_reason":"stop"}],"usage":null');
  const done = 'data: [DONE]\n\n';
  const repaired = (frames: string[]): string => {
    const { lane, text } = run([encode(`${frames.join('')}${stop}${done}`)], { includeUsage: true, repair: true });
    expect(lane.state).toBe('complete');
    return text;
  };
  const finished = stop.replace('"stop"', '"tool_calls"');

  test('get one each, by their ids, and the finish reason that tells of them (C05)', () => {
    const same = [call(`"index":0,"id":"a",${f('f')}`), call(`"index":0,"id":"b",${f('g')}`)];
    const right = [same[0]!, call(`"index":1,"id":"b",${f('g')}`), finished, done].join('');
    expect(repaired(same)).toBe(right);
    expect(repaired([call(`"index":0,"id":"a",${f('f')}`), call(`"index":1,"id":"b",${f('g')}`)])).toBe(right);
  });

  test('get one where they have none', () => {
    const text = repaired([call(`"id":"a",${f('f')}`), call(`${f('g')},"id":"b"`)]);
    expect(text).toContain(`"index":0}]`);
    expect(text).toContain(`"id":"b","index":1}]`);
  });

  test('keep theirs through the deltas that follow, and where they are told right', () => {
    const more = [
      call(`"index":0,"id":"a","function":{"name":"f","arguments":""}`),
      call(`"index":0,"function":{"arguments":"{"}`),
      call(`"index":0,"id":"a","function":{"arguments":"}"}`),
      call(`"index":1,"id":"b",${f('g')}`),
    ];
    expect(repaired(more)).toBe([...more, finished, done].join(''));
  });

  test('two in one chunk', () => {
    const both = chunk(`{"tool_calls":[{"index":0,"id":"a",${f('f')}},{"index":0,"id":"b",${f('g')}}]}`);
    expect(repaired([both])).toContain(`{"index":1,"id":"b"`);
  });

  test('no repair without calls, nor where none is asked for', () => {
    const plain = [chunk('{"content":"a"}'), stop, done];
    expect(repaired(plain.slice(0, 1))).toBe(plain.join(''));
    const same = [call(`"index":0,"id":"a",${f('f')}`), call(`"index":0,"id":"b",${f('g')}`), stop, done].join('');
    expect(run([encode(same)], { includeUsage: true }).text).toBe(same);
  });

  test('whole, the finish reason alone', () => {
    const options = { model: 'm', readError: () => new GatewayError('upstream_error', '') };
    const whole = (finish: string, calls: string): string =>
      `{"choices":[{"index":0,"finish_reason":"${finish}","message":{"content":null${calls}}}]}`;
    const calls = `,"tool_calls":[{"id":"a",${f('f')}}]`;
    for (const [told, left] of [
      [whole('stop', calls), whole('tool_calls', calls)],
      [whole('length', calls), whole('length', calls)],
      [whole('stop', ''), whole('stop', '')],
    ] as const) {
      expect(chatExpressAnswer(told, { ...options, repair: true }).body).toBe(left);
      expect(chatExpressAnswer(told, { ...options, repair: false }).body).toBe(told);
    }
  });
});

describe('a surface that tells its role and what it used so far in every chunk', () => {
  const report = (tokens: number): string =>
    `{"prompt_tokens":9,"completion_tokens":${tokens},"total_tokens":${9 + tokens}}`;
  const running = (delta: string, tokens: number, finish = 'null'): string =>
    chunk(delta, `"finish_reason":${finish}}],"usage":${report(tokens)}`);
  const told = [
    running('{"role":"assistant","content":"a"}', 1),
    running('{"role":"assistant","content":"b"}', 2),
    running('{"content":"c","role":"assistant"}', 3, '"stop"'),
  ];
  const done = 'data: [DONE]\n\n';
  const repaired = (frames: string[], includeUsage = true): string => {
    const { lane, text } = run([encode(frames.join(''))], { includeUsage, repair: true, model: 'alias' });
    expect(lane.state).toBe('complete');
    expect(lane.usage()?.output.text).toBe(3);
    return text;
  };
  const left = ['{"role":"assistant","content":"a"}', '{"content":"b"}', '{"content":"c"}'].map((delta, i) =>
    chunk(delta, i < 2 ? undefined : '"finish_reason":"stop"}],"usage":null').replace('deepseek-v4-pro', 'alias'),
  );
  const usage = `data: {${head.replace('deepseek-v4-pro', 'alias')},"choices":[],"usage":${report(3)}}\n\n`;

  test('tells the role once, and usage once, at the end', () => {
    expect(repaired([...told, done])).toBe([...left, usage, done].join(''));
    expect(checkChatStream(repaired([...told, done]), { includeUsage: true })).toEqual([]);
  });

  test('also where the last report comes in a chunk of its own, says nothing, or nothing follows it', () => {
    const last = told[2]!.replace(report(3), report(2));
    const alone = `data: {${head},"choices":[],"usage":${report(3)}}\n\n`;
    const zeros = `data: {${head},"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}\n\n`;
    expect(repaired([told[0]!, told[1]!, last, alone, done])).toBe([...left, usage, done].join(''));
    expect(repaired([...told, zeros, done])).toBe([...left, usage, done].join(''));
    expect(repaired(told)).toBe([...left, usage, done].join(''));
  });

  test('passes a usage that nothing can be read from as it came', () => {
    const own = '{"total_tokens":5,"cost":0.1}';
    const odd = [...told.slice(0, 2), told[2]!.replace(report(3), own)];
    const { text } = run([encode([...odd, done].join(''))], { includeUsage: true, repair: true, model: 'alias' });
    const last = left[2]!.replace('"usage":null', `"usage":${own}`);
    expect(text).toBe([left[0]!, left[1]!, last, usage.replace(report(3), report(2)), done].join(''));
    const alone = `data: {${head},"choices":[],"usage":${own}}\n\n`;
    const plain = [chunk('{"content":"a"}'), chunk('{}', '"finish_reason":"stop"}],"usage":null'), alone, done].join(
      '',
    );
    expect(run([encode(plain)], { includeUsage: true, repair: true }).text).toBe(plain);
    expect(run([encode(plain)], { repair: true }).text).not.toContain('usage');
  });

  test('tells what is charged where more came after the last report', () => {
    const frames = [told[0]!, chunk('{"content":"b"}', '"finish_reason":"stop"}],"usage":null'), done].join('');
    const { lane } = run([encode(frames)], { includeUsage: true, repair: true, model: 'alias' });
    const input = { uncached: 9, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
    const charged: Usage = { input, output: { text: 201, reasoning: 0 }, source: 'estimated' };
    expect(decode(lane.terminal(charged))).toBe(usage.replace(report(3), JSON.stringify(chatUsage(charged))) + done);
    // Where the report stands, it leaves as the upstream wrote it.
    expect(decode(lane.terminal({ ...charged, source: 'upstream' }))).toBe(usage.replace(report(3), report(1)) + done);
  });

  test('wherever usage stands in the chunk', () => {
    const first = told.map((frame) => frame.replace(/data: {(.*),("usage":.*})}/, 'data: {$2,$1}'));
    const text = repaired([...first, done]);
    expect(text.match(/data: {"usage":null,"id"/g)?.length).toBe(3);
    expect(text.match(/"usage":{/g)?.length).toBe(1);
  });

  test('tells no usage where none is asked for', () => {
    expect(repaired([...told, done], false)).toBe(`${left.join('').replaceAll(',"usage":null', '')}${done}`);
  });

  test('tells the role once for each choice, also where chunks are alike', () => {
    const plain = (index: number): string =>
      chunk('{"role":"assistant","content":"x"}').replace('"index":0', `"index":${index}`);
    const ends = [0, 1].map((index) => told[2]!.replace('"index":0', `"index":${index}`));
    const text = repaired([plain(0), plain(0), plain(1), plain(1), plain(0), ...ends, done]);
    expect(text.match(/"role"/g)?.length).toBe(2);
    expect(text.match(/"index":1,"delta":{"role"/g)?.length).toBe(1);
  });
});

test('an answer of several choices that breaks off before all have come is broken', () => {
  const first = chunk('{"content":"a"}', '"finish_reason":"stop"}],"usage":null');
  const second = first.replace('"index":0', '"index":1');
  for (const [frames, choices, state] of [
    [first, 2, 'failed'],
    [first + second, 2, 'complete'],
    // An upstream that gives one all the same, and says that this is all.
    [`${first}data: [DONE]\n\n`, 2, 'complete'],
    [first, 1, 'complete'],
  ] as const) {
    expect(run([encode(frames)], { choices }).lane.state as string).toBe(state);
  }
});

test('thousands of calls of a surface that is repaired, or that signs them, cost what as many texts cost', () => {
  const fn = { name: 'f', arguments: '{}' };
  const calls = Array.from({ length: 30_000 }, (_, i) => ({ index: 0, id: `c${i}`, function: fn }));
  const chunk = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: calls } }] })}\n\n`;
  const at = performance.now();
  const { text: left } = run([encode(chunk)], { repair: true });
  expect(left).toContain('"index":29999,"id":"c29999"');
  const signed = calls.slice(0, 3_000).map((call) => ({ ...call, extra_content: { google: {} } }));
  const message = { role: 'assistant', content: null, tool_calls: signed };
  const collector = new ReasoningCollector();
  const readError = () => new GatewayError('upstream_error', 'told');
  const text = JSON.stringify({ choices: [{ index: 0, finish_reason: 'tool_calls', message }] });
  chatExpressAnswer(text, { model: 'm', repair: true, readError, collector });
  expect(performance.now() - at).toBeLessThan(6_000);
});

test('more choices than anybody may ask for are no answer', () => {
  const choices = (count: number) => Array.from({ length: count }, (_, index) => ({ index, delta: { content: 'a' } }));
  const chunk = (count: number) => [encode(`data: ${JSON.stringify({ choices: choices(count) })}\n\n`)];
  expect(run(chunk(2_000)).lane.failure?.message).toContain('more choices');
  expect(run(chunk(1_000)).lane.failure?.message).not.toContain('more choices');
});
