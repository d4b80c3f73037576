import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { MAX_COUNT, totalInput, totalOutput, type Usage } from '../usage.ts';
import { chatUsage, readChatUsage } from './usage.ts';

const usage = (
  uncached: number,
  cacheRead: number,
  text: number,
  reasoning: number,
  cacheWrite5m = 0,
  clamped?: true,
): Usage => ({
  input: { uncached, cacheRead, cacheWrite5m, cacheWrite1h: 0 },
  output: { text, reasoning },
  source: 'upstream',
  ...(clamped ? { clamped } : {}),
});

describe('readChatUsage', () => {
  test.each([
    [
      'D24 both spellings of the cached share, reasoning inside',
      {
        prompt_tokens: 339,
        completion_tokens: 92,
        total_tokens: 431,
        prompt_tokens_details: { cached_tokens: 320 },
        completion_tokens_details: { reasoning_tokens: 48 },
        prompt_cache_hit_tokens: 320,
        prompt_cache_miss_tokens: 19,
      },
      usage(19, 320, 44, 48),
    ],
    [
      'D25 the top-level cached share alone',
      { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105, prompt_cache_hit_tokens: 64 },
      usage(36, 64, 5, 0),
    ],
    [
      'cached and written share of OpenAI',
      {
        prompt_tokens: 100,
        completion_tokens: 5,
        total_tokens: 105,
        prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 30, audio_tokens: 0 },
      },
      usage(50, 20, 5, 0, 30),
    ],
    [
      'cached share of Kimi',
      { prompt_tokens: 1336, completion_tokens: 31, total_tokens: 1367, cached_tokens: 1280 },
      usage(56, 1280, 31, 0),
    ],
    [
      'cached and written share of LiteLLM',
      {
        prompt_tokens: 10032,
        completion_tokens: 5,
        total_tokens: 10037,
        prompt_tokens_details: { cached_tokens: 10, cache_creation_tokens: 10017 },
        cache_creation_input_tokens: 10017,
        cache_read_input_tokens: 10,
      },
      usage(5, 10, 5, 0, 10017),
    ],
    [
      'the same where there are no details',
      { prompt_tokens: 50, completion_tokens: 5, cache_creation_input_tokens: 20, cache_read_input_tokens: 10 },
      usage(20, 10, 5, 0, 20),
    ],
    [
      'cache beside the prompt, as the total says (D31)',
      {
        prompt_tokens: 368,
        completion_tokens: 19,
        total_tokens: 10923,
        cache_read_input_tokens: 10536,
        cache_creation_input_tokens: 0,
      },
      usage(368, 10536, 19, 0),
    ],
    [
      'the same with reasoning inside the completion',
      {
        prompt_tokens: 20,
        completion_tokens: 10,
        total_tokens: 5130,
        prompt_tokens_details: { cached_tokens: 5000, cache_write_tokens: 100 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
      usage(20, 5000, 6, 4, 100),
    ],
    [
      'xAI: as much reasoning beside the completion as there is in the cache',
      {
        prompt_tokens: 307,
        completion_tokens: 26,
        total_tokens: 560,
        prompt_tokens_details: { cached_tokens: 227 },
        completion_tokens_details: { reasoning_tokens: 227 },
      },
      usage(80, 227, 26, 227),
    ],
    [
      'written share of DashScope',
      {
        prompt_tokens: 1605,
        completion_tokens: 5,
        total_tokens: 1610,
        prompt_tokens_details: {
          cached_tokens: 0,
          cache_creation: { ephemeral_5m_input_tokens: 1600 },
          cache_creation_input_tokens: 1600,
          cache_type: 'ephemeral',
        },
      },
      usage(5, 0, 5, 0, 1600),
    ],
    [
      'D18 cached_tokens null and details null',
      {
        prompt_tokens: 7,
        completion_tokens: 2,
        total_tokens: 9,
        prompt_tokens_details: { cached_tokens: null },
        completion_tokens_details: null,
      },
      usage(7, 0, 2, 0),
    ],
    [
      'xAI: reasoning beside the completion, as the total says',
      {
        prompt_tokens: 307,
        completion_tokens: 26,
        total_tokens: 560,
        prompt_tokens_details: { text_tokens: 307, cached_tokens: 306 },
        completion_tokens_details: { reasoning_tokens: 227 },
      },
      usage(1, 306, 26, 227),
    ],
    [
      'Gemini: reasoning only in the total',
      { prompt_tokens: 10, completion_tokens: 20, total_tokens: 130 },
      usage(10, 0, 20, 100),
    ],
    [
      'Mistral: what was heard beside the prompt, as the total says',
      {
        prompt_audio_seconds: 3,
        prompt_tokens: 9,
        completion_tokens: 248,
        total_tokens: 632,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 375 },
      },
      usage(384, 0, 248, 0),
    ],
    [
      'as much reasoning beside the completion as was heard within the prompt',
      {
        prompt_tokens: 400,
        completion_tokens: 20,
        total_tokens: 795,
        prompt_tokens_details: { audio_tokens: 375 },
        completion_tokens_details: { reasoning_tokens: 375 },
      },
      usage(400, 0, 20, 375),
    ],
    [
      'D34 reasoning inside the completion is not added',
      {
        prompt_tokens: 10,
        completion_tokens: 50,
        total_tokens: 60,
        completion_tokens_details: { reasoning_tokens: 40 },
      },
      usage(10, 0, 10, 40),
    ],
    [
      'D36 more reasoning than completion',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, completion_tokens_details: { reasoning_tokens: 9 } },
      usage(10, 0, 0, 5, 0, true),
    ],
    [
      'D21 more cached than prompt',
      { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 12 } },
      usage(0, 10, 5, 0, 0, true),
    ],
    [
      'fractions invent no reasoning',
      { prompt_tokens: 100.7, completion_tokens: 10.5, total_tokens: 111.2 },
      usage(100, 0, 10, 0, 0, true),
    ],
    [
      'nor does a negative count',
      { prompt_tokens: 100, completion_tokens: -3, total_tokens: 103 },
      usage(100, 0, 0, 0, 0, true),
    ],
    ['D21 negative', { prompt_tokens: -3, completion_tokens: 5 }, usage(0, 0, 5, 0, 0, true)],
    [
      'no prompt_tokens, but hit and miss',
      { completion_tokens: 5, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 },
      usage(6, 4, 5, 0),
    ],
    [
      'cached spellings that disagree',
      {
        prompt_tokens: 10,
        completion_tokens: 1,
        prompt_cache_hit_tokens: 8,
        prompt_tokens_details: { cached_tokens: 4 },
      },
      usage(2, 8, 1, 0, 0, true),
    ],
  ])('%s', (_name, raw, expected) => {
    expect(readChatUsage(raw)).toEqual(expected);
  });

  test('nothing reported is undefined, not zero', () => {
    for (const raw of [undefined, null, {}, 'x', 5, [], { prompt_tokens: null }, { total_tokens: 4 }]) {
      expect(readChatUsage(raw)).toBeUndefined();
    }
  });

  test('whatever an upstream reports, buckets are non-negative integers that add up to its totals at most', () => {
    const count = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(null, undefined, 'x', Number.NaN));
    const details = fc.oneof(
      fc.constantFrom(null, undefined, 3),
      fc.record(
        { cached_tokens: count, cache_write_tokens: count, cache_creation_tokens: count, reasoning_tokens: count },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(
        fc.record(
          {
            prompt_tokens: count,
            completion_tokens: count,
            total_tokens: count,
            prompt_cache_hit_tokens: count,
            prompt_cache_miss_tokens: count,
            cached_tokens: count,
            cache_creation_input_tokens: count,
            prompt_tokens_details: details,
            completion_tokens_details: details,
          },
          { requiredKeys: [] },
        ),
        (raw) => {
          const read = readChatUsage(raw);
          if (read === undefined) return;
          for (const n of [...Object.values(read.input), ...Object.values(read.output)]) {
            expect(Number.isSafeInteger(n) && n >= 0).toBe(true);
          }
          if (Number.isFinite(raw.prompt_tokens) && (raw.prompt_tokens as number) >= 0) {
            const prompt = Math.min(Math.floor(raw.prompt_tokens as number), MAX_COUNT) + 0;
            // Or the cache stands beside it, and the total says so.
            if (totalInput(read) !== prompt)
              expect(totalInput(read) + totalOutput(read)).toBe(raw.total_tokens as number);
          }
        },
      ),
    );
  });
});

test('what was written to live an hour is told apart where LiteLLM does so', () => {
  const written = (oneHour: number) =>
    readChatUsage({
      prompt_tokens: 100,
      completion_tokens: 5,
      prompt_tokens_details: {
        cache_creation_tokens: 30,
        cache_creation_token_details: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: oneHour },
      },
    });
  expect(written(20)?.input).toEqual({ uncached: 70, cacheRead: 0, cacheWrite5m: 10, cacheWrite1h: 20 });
  expect(written(31)).toMatchObject({ input: { uncached: 70, cacheWrite5m: 0, cacheWrite1h: 30 }, clamped: true });
});

test('a count that no answer has is bent, and marked', () => {
  const bent = { source: 'upstream', clamped: true, input: { uncached: MAX_COUNT }, output: { text: 5 } };
  expect(readChatUsage({ prompt_tokens: 3e11, completion_tokens: 5 })).toMatchObject(bent);
});

test('D18 what chatUsage writes are numbers, also where there is none', () => {
  expect(chatUsage(usage(0, 0, 0, 0))).toEqual({
    prompt_tokens: 0,
    completion_tokens: 0,
    total_tokens: 0,
    prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  });
});

test('what chatUsage writes, readChatUsage reads', () => {
  const n = fc.nat(MAX_COUNT / 8);
  fc.assert(
    fc.property(n, n, n, n, n, n, (uncached, cacheRead, write, oneHour, text, reasoning) => {
      const before = usage(uncached, cacheRead, text, reasoning, write);
      before.input.cacheWrite1h = oneHour;
      const wire = chatUsage(before);
      expect(readChatUsage(wire)).toEqual(before);
      expect(wire.total_tokens).toBe(totalInput(before) + totalOutput(before));
    }),
  );
});
