import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../../errors/catalogue.ts';
import { loadCatalog } from '../catalog.ts';
import { tokenLabel } from './alternatives.ts';
import { checkWindow, fitsWithoutCounting, LEAST_OUTPUT, outputLimit } from './window.ts';

const { cards, byId } = loadCatalog();
const pro = byId.get('deepseek-v4-pro')!;

const check = (promptTokens: number, maxTokensAsked?: number) =>
  checkWindow({ card: pro, promptTokens, maxTokensAsked, cards });

function refusal(promptTokens: number, maxTokensAsked?: number): GatewayError {
  try {
    check(promptTokens, maxTokensAsked);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('was not refused');
}

describe('a prompt over the window', () => {
  test('begins with the words that agents match on, and names longer models', () => {
    const error = refusal(70_000, 16);
    expect(error.code).toBe('context_length_exceeded');
    expect(error.status('chat-completions')).toBe(400);
    expect(error.message).toStartWith('prompt is too long: 70000 tokens > 65536 maximum');
    expect(error.message).toContain('claude-opus-4-8 (200K)');
    expect(error.message).toEndWith('gemini-3-1-pro (1M).');
    expect(error.message).not.toContain('deepseek-v4-flash');
  });

  test('starts at one token over', () => {
    expect(refusal(65_537, 1).message).toStartWith('prompt is too long: 65537 tokens');
    expect(refusal(65_536, 1).message).toStartWith(
      'input length and `max_tokens` exceed context limit: 65536 + 1 > 65536',
    );
  });

  test('names nobody where no window is longer', () => {
    expect(() => checkWindow({ card: pro, promptTokens: 70_000, maxTokensAsked: 1, cards: [pro] })).toThrow(
      /deepseek-v4-pro\.$/,
    );
  });
});

describe('a prompt that fits', () => {
  test.each([
    [1_000, undefined, 16_384, false],
    [1_000, 100, 100, false],
    [1_000, 16_384, 16_384, false],
    [1_000, 128_000, 16_384, true],
    [60_000, 16_384, 5_536, true],
    [60_000, 128_000, 5_536, true],
    [60_000, undefined, 5_536, false],
    [64_512, 16_384, 1_024, true],
    // Little is left, but it is enough for what was asked.
    [65_000, 536, 536, false],
  ])('of %d with max_tokens %p may put out %d', (prompt, asked, maxTokens, lowered) => {
    expect(check(prompt, asked)).toEqual({ maxTokens, lowered });
  });

  test.each([
    [64_513, 16_384, '64513 + 16384 > 65536'],
    [64_513, 1_024, '64513 + 1024 > 65536'],
    [65_000, undefined, '65000 + 16384 > 65536'],
    [65_535, 128_000, '65535 + 16384 > 65536'],
  ])('of %d with max_tokens %p leaves too little', (prompt, asked, sum) => {
    const error = refusal(prompt, asked);
    expect(error.code).toBe('context_length_exceeded');
    expect(error.message).toStartWith(`input length and \`max_tokens\` exceed context limit: ${sum}`);
    expect(error.message).toContain('gemini-3-1-pro (1M)');
  });
});

test('whatever passes fits the window, the card and the wish', () => {
  fc.assert(
    fc.property(
      fc.nat(80_000),
      fc.option(fc.integer({ min: 1, max: 200_000 }), { nil: undefined }),
      (prompt, asked) => {
        let limit: ReturnType<typeof check>;
        try {
          limit = check(prompt, asked);
        } catch {
          expect(prompt + Math.min(asked ?? Number.POSITIVE_INFINITY, LEAST_OUTPUT)).toBeGreaterThan(pro.window);
          return;
        }
        expect(prompt + limit.maxTokens).toBeLessThanOrEqual(pro.window);
        expect(limit.maxTokens).toBeLessThanOrEqual(Math.min(asked ?? pro.max_output, pro.max_output));
        expect(limit.lowered).toBe(asked !== undefined && limit.maxTokens < asked);
        if (fitsWithoutCounting(pro, prompt, asked)) expect(limit).toEqual(outputLimit(pro, asked));
      },
    ),
  );
});

test.each([
  [65_536, '64K'],
  [131_072, '128K'],
  [128_000, '128K'],
  [200_000, '200K'],
  [1_000_000, '1M'],
  [1_048_576, '1M'],
  [2_000_000, '2M'],
  [65_535, '65535'],
])('%d tokens are written %s', (tokens, label) => {
  expect(tokenLabel(tokens)).toBe(label);
});
