import type { Charge, Outcome } from '../billing/money.ts';
import { totalOutput, type Usage } from '../protocols/usage.ts';
import { estimateTokens } from '../tokens/index.ts';
import type { Call } from './call.ts';
import { logSettled } from './log.ts';

export interface Settlement {
  /** The upstream's report; undefined: usage is counted from `output`. */
  usage: Usage | undefined;
  output: { text: string; reasoning: string };
  ending: Outcome['ending'];
}

/** Charges the call for what it used. Resolves when the charge is durable; throws `storage_unavailable`. */
export async function settle(call: Call, settlement: Settlement): Promise<Charge & { usage: Usage }> {
  call.mark('upstream end');
  const usage = await usageOf(call, settlement);
  const { choice } = call;
  const outcome: Outcome = {
    usage,
    protocol: call.protocol,
    stream: call.stream,
    status: 200,
    ending: settlement.ending,
    model: call.card.id,
    upstream: choice.upstream.name,
    upstreamModel: choice.model,
    simulated: choice.upstream.simulated,
    ttftMs: call.ttftMs === undefined ? undefined : Math.round(call.ttftMs),
    durationMs: Math.round(call.elapsed()),
  };
  const charge = await call.reservation!.settle(outcome);
  call.mark('settle');
  logSettled(call, outcome, charge);
  return { ...charge, usage };
}

/**
 * The upstream's report where the answer was whole. Otherwise what is missing is counted, and the row says so: unknown
 * usage is never zero. A report that came before the end knows the prompt, but only a part of the output.
 */
async function usageOf(call: Call, { usage, output, ending }: Settlement): Promise<Usage> {
  if (usage !== undefined && ending === 'complete') return usage;
  const { counter } = call.house;
  const count = (text: string): Promise<number> => counter.countText(text).catch(() => estimateTokens(text));
  const [text, reasoning] = await Promise.all([count(output.text), count(output.reasoning)]);
  if (usage !== undefined && totalOutput(usage) >= text + reasoning) return usage;
  const uncached = usage === undefined ? await countInput(call) : 0;
  return {
    input: usage?.input ?? { uncached, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    output: { text, reasoning },
    source: 'estimated',
  };
}

/** Tokens of the prompt; counted once. Falls back to a rule of thumb when too much waits to be counted. */
export async function countInput(call: Call): Promise<number> {
  if (call.inputCount !== undefined) return call.inputCount;
  try {
    const { tokens } = await call.house.counter.countPrompt(call.protocol, call.body, call.card.tokens);
    call.inputCount = tokens;
  } catch {
    call.inputCount = Math.min(call.inputBound, estimateTokens(call.text));
  }
  return call.inputCount;
}
