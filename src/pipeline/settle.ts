import type { Outcome } from '../billing/money.ts';
import { totalInput, totalOutput, type Usage } from '../protocols/usage.ts';
import type { AnswerOutput } from '../protocols/whole-answer.ts';
import { estimateTokens } from '../tokens/index.ts';
import type { Call, InputCount } from './call.ts';
import { logSettled } from './log.ts';

/** What a call is charged for. */
interface Settlement {
  /** The upstream's report; undefined: usage is counted from `output`. */
  usage: Usage | undefined;
  output: AnswerOutput;
  ending: Outcome['ending'];
}

/** What it was charged. */
interface Settled {
  /** Nano-dollars. */
  cost: bigint;
  usage: Usage;
}

/**
 * Charges the call for what it used. Resolves when the charge is durable; throws `storage_unavailable`, and the abort's
 * reason when the client of a whole answer has left before the charge: it owes nothing then.
 */
export async function settle(call: Call, settlement: Settlement): Promise<Settled> {
  call.mark('upstream end');
  const found = usageOf(call, settlement);
  const usage = found instanceof Promise ? await found : found;
  // Whoever gets a whole answer pays when it can be sent: a client that leaves while the charge waits owes nothing.
  const signal = call.stream ? undefined : call.abort.signal;
  signal?.throwIfAborted();
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
    costsByCard: costsByCard(call),
    ttftMs: call.ttftMs === undefined ? undefined : Math.round(call.ttftMs),
    durationMs: Math.round(call.elapsed()),
  };
  const charge = await call.reservation!.settle(outcome, signal);
  call.mark('settle');
  logSettled(call, outcome, charge);
  return { cost: charge.cost, usage };
}

/** Of the simulator the card tells what the vendor would charge; a card without routes tells of whoever serves it. */
function costsByCard({ card: { routes }, choice: { upstream, route } }: Call): boolean {
  return upstream.simulated || routes.length === 0 || routes.includes(route);
}

/**
 * The upstream's report where the answer was whole. What it left out is counted, and the row says so: unknown usage is
 * never zero. A report that came before the end knows the prompt, but only a part of the output. Waits only to count.
 */
function usageOf(call: Call, { usage, output, ending }: Settlement): Usage | Promise<Usage> {
  if (usage === undefined) return countedUsage(call, output, {});
  const input = knows(usage, 'input', totalInput(usage)) ? usage.input : undefined;
  const whole = ending === 'complete' && knows(usage, 'output', totalOutput(usage));
  if (input !== undefined && whole) return usage;
  return countedUsage(call, output, { usage, input, output: whole ? usage.output : undefined });
}

/** `told`: the report, and the sides of it that are known. */
async function countedUsage(
  call: Call,
  output: AnswerOutput,
  told: { usage?: Usage; input?: Usage['input'] | undefined; output?: Usage['output'] | undefined },
): Promise<Usage> {
  const { usage } = told;
  const counted = told.output ?? (await countOutput(call, output));
  // What was told is the least that it can be.
  const atLeast = usage !== undefined && totalOutput(usage) >= counted.text + counted.reasoning;
  if (told.input !== undefined && atLeast) return usage;
  return {
    input: told.input ?? (await inputOf(call, usage)),
    output: atLeast ? usage.output : counted,
    source: 'estimated',
    ...(usage?.clamped && { clamped: true }),
  };
}

/** No answer comes from nothing: a zero is what servers say that do not count. But a number that was bent stays. */
function knows(usage: Usage, side: 'input' | 'output', total: number): boolean {
  return usage.missing?.[side] === undefined && (total > 0 || usage.clamped === true);
}

async function countOutput({ house: { counter } }: Call, output: AnswerOutput): Promise<Usage['output']> {
  const count = (text: string): Promise<number> => counter.countText(text).catch(() => estimateTokens(text));
  const [text, reasoning] = await Promise.all([count(output.text), count(output.reasoning)]);
  return { text, reasoning };
}

/** The counted prompt, in the buckets that the report named as far as it went. */
async function inputOf(call: Call, usage: Usage | undefined): Promise<Usage['input']> {
  const { cacheRead, cacheWrite5m, cacheWrite1h } = usage?.input ?? NO_CACHE;
  const uncached = Math.max(0, (await countInput(call)).tokens - cacheRead - cacheWrite5m - cacheWrite1h);
  return { uncached, cacheRead, cacheWrite5m, cacheWrite1h };
}

const NO_CACHE = { cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

/** Counts the prompt, once. Falls back to a rule of thumb, and to the bound, when too much waits to be counted. */
export function countInput(call: Call): Promise<InputCount> {
  call.counting ??= countPrompt(call);
  return call.counting;
}

async function countPrompt(call: Call): Promise<InputCount> {
  const { card, house, protocol, body, putBack, inputBound } = call;
  const { route } = call.choice;
  const wrapsInput = route.protocol === 'messages' || route.refuses.includes('broken-arguments');
  try {
    const counting = house.counter.countPrompt(protocol, body, card.tokens, putBack, wrapsInput);
    const { tokens, most, unbounded } = await counting;
    const counted = unbounded ? Math.max(most, card.window) : most;
    call.inputCount = { tokens, most: Math.min(counted, inputBound) };
  } catch {
    call.inputCount = { tokens: roughInput(call), most: inputBound };
  }
  return call.inputCount;
}

/** Tokens of the prompt by the rule of thumb, for whoever cannot wait. */
export const roughInput = (call: Call): number => Math.min(call.inputBound, estimateTokens(call.text));
