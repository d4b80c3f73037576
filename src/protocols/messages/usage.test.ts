import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { MAX_COUNT, type Usage } from '../usage.ts';
import { MessagesUsage, messagesUsage, readMessagesUsage } from './usage.ts';

const usage = (input: [number, number, number, number], output: [number, number], clamped?: true): Usage => ({
  input: { uncached: input[0], cacheRead: input[1], cacheWrite5m: input[2], cacheWrite1h: input[3] },
  output: { text: output[0], reasoning: output[1] },
  source: 'upstream',
  ...(clamped ? { clamped } : {}),
});

const merge = (...reports: unknown[]): Usage | undefined => {
  const collected = new MessagesUsage();
  for (const report of reports) collected.update(report);
  return collected.result();
};

const withoutOutput = (told: Usage): Usage => ({ ...told, missing: { output: true } });

describe('one report', () => {
  test.each([
    [
      'all fields',
      {
        input_tokens: 12,
        cache_creation_input_tokens: 30,
        cache_read_input_tokens: 7,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
        output_tokens: 9,
        output_tokens_details: { thinking_tokens: 4 },
      },
      usage([12, 7, 10, 20], [5, 4]),
    ],
    [
      'D23 cache writes without the split',
      { input_tokens: 1, cache_creation_input_tokens: 30, output_tokens: 2 },
      usage([1, 0, 30, 0], [2, 0]),
    ],
    [
      'the split without the total',
      { input_tokens: 1, cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 } },
      withoutOutput(usage([1, 0, 3, 4], [0, 0])),
    ],
    [
      'a split that leaves some of the total',
      {
        input_tokens: 1,
        cache_creation_input_tokens: 10,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 4 },
      },
      withoutOutput(usage([1, 0, 6, 4], [0, 0])),
    ],
    [
      'a split beyond the total',
      {
        input_tokens: 1,
        cache_creation_input_tokens: 5,
        cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 4 },
      },
      withoutOutput(usage([1, 0, 1, 4], [0, 0], true)),
    ],
    ['D21 negative', { input_tokens: -4, output_tokens: 2 }, usage([0, 0, 0, 0], [2, 0], true)],
    [
      'D36 more thinking than output',
      { input_tokens: 1, output_tokens: 2, output_tokens_details: { thinking_tokens: 3 } },
      usage([1, 0, 0, 0], [0, 2], true),
    ],
  ])('%s', (_name, raw, expected) => {
    expect(readMessagesUsage(raw)).toEqual(expected);
  });

  test('nothing reported is undefined, not zero', () => {
    for (const raw of [undefined, null, {}, 7, [], { input_tokens: null }])
      expect(readMessagesUsage(raw)).toBeUndefined();
  });
});

describe('a stream of reports', () => {
  const start = { input_tokens: 54, cache_creation_input_tokens: 8, cache_read_input_tokens: 20, output_tokens: 1 };

  test('D13 later totals overwrite, they are not added', () => {
    expect(merge(start, { output_tokens: 10 }, { output_tokens: 25 })).toEqual(usage([54, 20, 8, 0], [25, 0]));
  });

  test('D15 null keeps, field by field', () => {
    const last = {
      input_tokens: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      output_tokens: 6,
    };
    expect(merge(start, last)).toEqual(usage([54, 20, 8, 0], [6, 0]));
    // Also beside numbers that are told anew.
    expect(merge(start, { ...last, input_tokens: 60 })).toEqual(usage([60, 20, 8, 0], [6, 0]));
    expect(merge({ ...start, output_tokens: 7 }, { input_tokens: 60, output_tokens: null })).toEqual(
      usage([60, 20, 8, 0], [7, 0]),
    );
  });

  test('D11, D16 the numbers of the last report win', () => {
    expect(
      merge({ input_tokens: 0, output_tokens: 0 }, { input_tokens: 70, cache_read_input_tokens: 5, output_tokens: 3 }),
    ).toEqual(usage([70, 5, 0, 0], [3, 0]));
    // An estimate at the start gives way.
    expect(merge({ input_tokens: 50, output_tokens: 0 }, { input_tokens: 70, output_tokens: 3 })).toEqual(
      usage([70, 0, 0, 0], [3, 0]),
    );
  });

  test('D10 a cache that was told stays when the same input comes with zeros for it', () => {
    const none = { cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
    const written = {
      input_tokens: 19,
      cache_read_input_tokens: 320,
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
      output_tokens: 1,
    };
    const again = { input_tokens: 19, output_tokens: 92, ...none };
    const split = { cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 } };
    expect(merge(written, again)).toEqual(usage([19, 320, 20, 30], [92, 0]));
    expect(merge(written, { ...again, ...split })).toEqual(usage([19, 320, 20, 30], [92, 0]));
    // Another input is another count of all.
    expect(merge(written, { ...again, ...split, input_tokens: 389 })).toEqual(usage([389, 0, 0, 0], [92, 0]));
  });

  test('D10 input that was told stays when zeros come later', () => {
    const zeros = { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 6 };
    expect(merge(start, zeros)).toEqual(usage([54, 20, 8, 0], [6, 0]));
    // What moved from one bucket to another was told anew.
    expect(merge(start, { input_tokens: 0, cache_read_input_tokens: 82, output_tokens: 6 })).toEqual(
      usage([0, 82, 8, 0], [6, 0]),
    );
    // Zeros in the split of cache writes, too; a split that tells any is told anew.
    const split = (fiveMinutes: number, oneHour: number) => ({
      cache_creation: { ephemeral_5m_input_tokens: fiveMinutes, ephemeral_1h_input_tokens: oneHour },
    });
    const written = { ...start, cache_creation_input_tokens: 500, ...split(200, 300) };
    for (const none of [split(0, 0), { cache_creation: {} }, { cache_creation: null }]) {
      expect(merge(written, { ...zeros, ...none })).toEqual(usage([54, 20, 200, 300], [6, 0]));
    }
    expect(merge(written, { ...zeros, ...split(0, 82), cache_creation_input_tokens: 82 })).toEqual(
      usage([0, 0, 0, 82], [6, 0]),
    );
  });

  test('the output of message_start is a placeholder until it is told', () => {
    const collected = new MessagesUsage();
    collected.update(start, 'start');
    expect(collected.result()?.missing).toEqual({ output: true });
    collected.update({ output_tokens: 1 });
    expect(collected.result()?.missing).toBeUndefined();
  });

  test('D12 numbers that only message_start has are kept', () => {
    expect(merge(start, {}, null)).toEqual(usage([54, 20, 8, 0], [1, 0]));
    const collected = new MessagesUsage();
    collected.update(start, 'start');
    collected.update({ output_tokens: 7 });
    expect(collected.result()).toEqual(usage([54, 20, 8, 0], [7, 0]));
  });

  test('a split that only message_start has stays with an equal total', () => {
    expect(
      merge(
        {
          input_tokens: 1,
          cache_creation_input_tokens: 9,
          cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 7 },
        },
        { cache_creation_input_tokens: 9, output_tokens: 4 },
      ),
    ).toEqual(usage([1, 0, 2, 7], [4, 0]));
  });
});

describe('the iterations of a report', () => {
  const compaction = { type: 'compaction', input_tokens: 180_000, output_tokens: 3500 };
  const message = { type: 'message', input_tokens: 100, output_tokens: 10 };
  const told = { input_tokens: 100, output_tokens: 10 };

  test('a compaction is used on top of the fields, a message stands in them', () => {
    expect(readMessagesUsage({ ...told, iterations: [compaction, message] })).toEqual(
      usage([180_100, 0, 0, 0], [3510, 0]),
    );
    const cached = {
      type: 'compaction',
      input_tokens: 1,
      cache_read_input_tokens: 20,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      output_tokens: 5,
    };
    expect(readMessagesUsage({ ...told, iterations: [cached, message, compaction] })).toEqual(
      usage([180_101, 20, 10, 20], [3515, 0]),
    );
  });

  test('in a stream the last list counts, and one that is not there keeps what was told', () => {
    const collected = new MessagesUsage();
    collected.update({ ...told, iterations: [compaction] }, 'start');
    collected.update({ output_tokens: 10, iterations: [compaction, message] });
    collected.update({ output_tokens: 12, iterations: [compaction, message, { ...compaction, output_tokens: 1 }] });
    for (const silent of [{}, { iterations: null }, { iterations: [] }]) {
      collected.update({ output_tokens: 12, ...silent });
      expect(collected.result()).toEqual(usage([360_100, 0, 0, 0], [3513, 0]));
    }
  });

  test('nonsense among them counts nothing, or is bent and says so', () => {
    const nested = { ...compaction, iterations: [compaction] };
    expect(readMessagesUsage({ ...told, iterations: [null, 7, {}, [compaction], nested] })).toEqual(
      usage([180_100, 0, 0, 0], [3510, 0]),
    );
    expect(readMessagesUsage({ ...told, iterations: { 0: compaction } })).toEqual(usage([100, 0, 0, 0], [10, 0]));
    expect(readMessagesUsage({ ...told, iterations: [{ ...compaction, output_tokens: -1 }] })).toEqual(
      usage([180_100, 0, 0, 0], [10, 0], true),
    );
  });

  test('a compaction alone leaves the fields untold', () => {
    expect(readMessagesUsage({ iterations: [compaction] })).toEqual({
      ...usage([180_000, 0, 0, 0], [3500, 0]),
      missing: { input: true, output: true },
    });
  });

  test('whatever the list, each bucket is the field and all compactions, in one report or many', () => {
    const n = fc.nat(1_000_000);
    const entry = fc.record({
      type: fc.constantFrom('compaction', 'message', 'fallback_message'),
      buckets: fc.tuple(n, n, n, n),
      output: n,
    });
    const report = ({ buckets, output }: { buckets: [number, number, number, number]; output: number }) =>
      messagesUsage(usage(buckets, [output, 0]));
    fc.assert(
      fc.property(fc.record({ buckets: fc.tuple(n, n, n, n), output: n }), fc.array(entry), (top, entries) => {
        const iterations = entries.map(({ type, ...counts }) => ({ type, ...report(counts) }));
        const counted = [top, ...entries.filter(({ type }) => type === 'compaction')];
        const sum = (pick: (counts: typeof top) => number): number =>
          counted.reduce((total, counts) => total + pick(counts), 0);
        const expected = usage(
          [0, 1, 2, 3].map((i) => sum(({ buckets }) => buckets[i]!)) as [number, number, number, number],
          [sum(({ output }) => output), 0],
        );
        const whole = { ...report(top), iterations };
        expect(readMessagesUsage(whole)).toEqual(expected);
        const reports = iterations.map((_, i) => ({ ...report(top), iterations: iterations.slice(0, i) }));
        expect(merge(...reports, whole)).toEqual(expected);
      }),
    );
  });
});

test('a count that no answer has is bent, and marked', () => {
  const bent = { source: 'upstream', clamped: true, input: { uncached: MAX_COUNT }, output: { text: 5 } };
  expect(readMessagesUsage({ input_tokens: 3e11, output_tokens: 5 })).toMatchObject(bent);
});

test('nor is one passed by the sum of many compactions, whatever the bucket', () => {
  const entry = {
    type: 'compaction',
    input_tokens: MAX_COUNT,
    cache_read_input_tokens: MAX_COUNT,
    cache_creation: { ephemeral_5m_input_tokens: MAX_COUNT, ephemeral_1h_input_tokens: MAX_COUNT },
    output_tokens: MAX_COUNT,
    output_tokens_details: { thinking_tokens: MAX_COUNT / 2 },
  };
  const most = usage([MAX_COUNT, MAX_COUNT, MAX_COUNT, MAX_COUNT], [MAX_COUNT, MAX_COUNT], true);
  const told = { input_tokens: 100, output_tokens: 10 };
  expect(readMessagesUsage({ ...told, iterations: Array(1000).fill(entry) })).toEqual(most);
  // One alone fits; the field on top of it does not.
  expect(readMessagesUsage({ ...told, iterations: [entry] })).toEqual({
    ...most,
    output: { text: MAX_COUNT / 2 + 10, reasoning: MAX_COUNT / 2 },
  });
});

test('what messagesUsage writes, MessagesUsage reads', () => {
  const n = fc.nat(MAX_COUNT / 8);
  fc.assert(
    fc.property(fc.tuple(n, n, n, n), fc.tuple(n, n), (input, output) => {
      const before = usage(input, output);
      expect(readMessagesUsage(messagesUsage(before))).toEqual(before);
    }),
  );
});
