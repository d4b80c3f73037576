import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../errors/catalogue.ts';
import { encode } from '../utf8.ts';
import { chatExpressAnswer } from './express-answer.ts';
import { chunk, clean, deepseek, run, whole } from './test-bench.ts';

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

test('more choices than anybody may ask for are no answer', () => {
  const choices = (count: number) => Array.from({ length: count }, (_, index) => ({ index, delta: { content: 'a' } }));
  const chunk = (count: number) => [encode(`data: ${JSON.stringify({ choices: choices(count) })}\n\n`)];
  expect(run(chunk(2_000)).lane.failure?.message).toContain('more choices');
  expect(run(chunk(1_000)).lane.failure?.message).not.toContain('more choices');
});
