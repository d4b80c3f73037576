import { describe, expect, test } from 'bun:test';
import { checkChatStream, everySplit, rechunk } from '../../../tests/support/stream-invariants.ts';
import { encode } from '../utf8.ts';
import { chunk, clean, deepseek, head, run, USAGE, whole } from './test-bench.ts';

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
