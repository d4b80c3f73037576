/**
 * What one answer used, in disjoint buckets (no token is in two of them), whatever convention the upstream reports in.
 * Cost is computed from these alone. Counts are non-negative integers.
 */
export interface Usage {
  input: {
    /** Input tokens billed at the full input price. */
    uncached: number;
    cacheRead: number;
    /** Cache writes that live 5 minutes; also those whose life the upstream does not tell. */
    cacheWrite5m: number;
    cacheWrite1h: number;
  };
  output: {
    /** Visible output: text and tool input. */
    text: number;
    /** Reasoning, billed as output. `text + reasoning` is all output. */
    reasoning: number;
  };
  /** `upstream`: reported by the upstream. `estimated`: counted by us because the upstream's report never came. */
  source: 'upstream' | 'estimated';
  /** What the report left out, or told before it could know (output that came after it): to be counted. */
  missing?: { input?: true; output?: true };
  /** True when the report contradicted itself (negative, cached > prompt) and was clamped. Counted in a metric, and logged. */
  clamped?: boolean;
}

/**
 * More tokens of one kind than any answer has: the longest window there is takes ten million, and 128 answers of 128,000 tokens
 * are sixteen million. The sums of what is charged are held within 64 bits by the wallet; of tokens it takes 90 thousand million
 * answers that are all nonsense to pass them, and of upstream costs, at 50 USD per million of every kind, 300,000 that are
 * charged for less than half.
 */
export const MAX_COUNT = 1e8;

/** All input tokens, whatever they cost. */
export const totalInput = (usage: Usage): number =>
  usage.input.uncached + usage.input.cacheRead + usage.input.cacheWrite5m + usage.input.cacheWrite1h;

/** All output tokens, reasoning included. */
export const totalOutput = (usage: Usage): number => usage.output.text + usage.output.reasoning;

/** Of two reports in one stream the later one, unless it tells nothing: some servers end with a report of zeros. */
export const laterReport = (before: Usage | undefined, after: Usage | undefined): Usage | undefined =>
  after === undefined || (before !== undefined && totalInput(after) + totalOutput(after) === 0) ? before : after;

/** A report that output came after: what it says of output is the least that there was. */
export const withoutOutput = (usage: Usage): Usage => ({ ...usage, missing: { ...usage.missing, output: true } });

/** No tokens of any kind; made anew each time, to be filled in. */
export const emptyUsage = (source: Usage['source'] = 'upstream'): Usage => ({
  input: { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  output: { text: 0, reasoning: 0 },
  source,
});
