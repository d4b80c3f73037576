/** What a number of calls used and cost. Tokens, nano-dollars. */
export interface UsageSum {
  calls: number;
  inputUncached: number;
  cacheRead: number;
  cacheWrite: number;
  /** Reasoning included. */
  output: number;
  reasoning: number;
  cost: bigint;
  absorbed: bigint;
  /** Sum over the calls whose card says what the upstream charges. */
  upstreamCost: bigint;
}

export const noUsage = (): UsageSum => ({
  calls: 0,
  inputUncached: 0,
  cacheRead: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  cost: 0n,
  absorbed: 0n,
  upstreamCost: 0n,
});

/** Adds `more` to `sum`. */
export function addUsage(sum: UsageSum, more: UsageSum): void {
  sum.calls += more.calls;
  sum.inputUncached += more.inputUncached;
  sum.cacheRead += more.cacheRead;
  sum.cacheWrite += more.cacheWrite;
  sum.output += more.output;
  sum.reasoning += more.reasoning;
  sum.cost += more.cost;
  sum.absorbed += more.absorbed;
  sum.upstreamCost += more.upstreamCost;
}
