import { describe, expect, test } from 'bun:test';
import { cpuMs } from '../../../tests/support/cpu-time.ts';
import { checkChatStream } from '../../../tests/support/stream-invariants.ts';
import { GatewayError } from '../../errors/catalogue.ts';
import { ReasoningCollector } from '../collect-reasoning.ts';
import type { Usage } from '../usage.ts';
import { decodeLeniently, encode } from '../utf8.ts';
import { chatExpressAnswer } from './express-answer.ts';
import { chunk, head, run } from './test-bench.ts';
import { chatUsage } from './usage.ts';

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
    expect(decodeLeniently(lane.terminal(charged))).toBe(
      usage.replace(report(3), JSON.stringify(chatUsage(charged))) + done,
    );
    // Where the report stands, it leaves as the upstream wrote it.
    expect(decodeLeniently(lane.terminal({ ...charged, source: 'upstream' }))).toBe(
      usage.replace(report(3), report(1)) + done,
    );
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

test('thousands of calls of a surface that is repaired, or that signs them, cost what as many texts cost', () => {
  const fn = { name: 'f', arguments: '{}' };
  const calls = Array.from({ length: 30_000 }, (_, i) => ({ index: 0, id: `c${i}`, function: fn }));
  const chunk = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: calls } }] })}\n\n`;
  const at = cpuMs();
  const { text: left } = run([encode(chunk)], { repair: true });
  expect(left).toContain('"index":29999,"id":"c29999"');
  const signed = calls.slice(0, 3_000).map((call) => ({ ...call, extra_content: { google: {} } }));
  const message = { role: 'assistant', content: null, tool_calls: signed };
  const collector = new ReasoningCollector();
  const readError = () => new GatewayError('upstream_error', 'told');
  const text = JSON.stringify({ choices: [{ index: 0, finish_reason: 'tool_calls', message }] });
  chatExpressAnswer(text, { model: 'm', repair: true, readError, collector });
  expect(cpuMs() - at).toBeLessThan(6_000);
});
