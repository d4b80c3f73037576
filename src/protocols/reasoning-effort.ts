/** Levels of effort from least to most, as both protocols name them together (OpenAI SDK 7, Anthropic SDK 1.12). */
const LEVELS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/**
 * Budgets in tokens that stand for a level where an upstream counts in tokens. Anthropic suggests 4K to 8K for coding and
 * 16K to 32K for hard problems; coding agents ask for 4,000, 10,000 and 32,000 in their three steps.
 */
const BUDGETS = { minimal: 1024, low: 4096, medium: 10_240, high: 24_576, xhigh: 32_768, max: 65_536 };

/** Least thinking budget that Anthropic takes. */
export const MIN_BUDGET = 1024;

/** The level whose budget is nearest from above: 4,000 is `low`, 10,000 `medium`, 32,000 `high`. */
export function effortOfBudget(tokens: number): string {
  if (tokens <= BUDGETS.low) return 'low';
  return tokens <= 16_384 ? 'medium' : 'high';
}

export const hasBudget = (effort: string): effort is keyof typeof BUDGETS => Object.hasOwn(BUDGETS, effort);

/** Unknown levels count as `high`: whoever names a new one wants much. */
export const budgetOfEffort = (effort: string): number => (hasBudget(effort) ? BUDGETS[effort] : BUDGETS.high);

/** The nearest level below (else above) that the route takes; undefined when it takes none. `refuses`: `<field>.<level>`. */
export function allowedEffort(effort: string, field: string, refuses: readonly string[]): string | undefined {
  const allowed = (level: string): boolean => !refuses.includes(`${field}.${level}`);
  if (allowed(effort)) return effort;
  const at = LEVELS.indexOf(effort as (typeof LEVELS)[number]);
  // Thinking that was asked for does not end at `none`, nor the other way round.
  if (effort === 'none' || at < 0) return undefined;
  const below = LEVELS.slice(1, at).reverse();
  return [...below, ...LEVELS.slice(at + 1)].find(allowed);
}
