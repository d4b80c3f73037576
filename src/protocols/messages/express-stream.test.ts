import { describe, expect, test } from 'bun:test';
import { checkMessagesStream, everySplit, rechunk } from '../../../tests/support/stream-invariants.ts';
import { encode } from '../utf8.ts';
import { ending, frame, good, last, open, run, sloppy, start, stop, text } from './test-bench.ts';

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
