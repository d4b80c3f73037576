import type { Charge, Outcome } from '../billing/money.ts';
import { formatUsd } from '../billing/usd.ts';
import type { GatewayError } from '../errors/catalogue.ts';
import type { FailureCount, RecentRequest, RecentRequestSource } from '../observability/recent-requests.ts';
import type { Notes } from '../protocols/wire.ts';
import type { Call, Step } from './call.ts';
import { FailureTally } from './failure-tally.ts';

const KEPT = 500;

/** A request that is over, as the road left it: what the console shows is made of it when somebody looks. */
export interface EndedRequest extends Omit<RecentRequest, 'changed' | 'emulated' | 'steps' | 'costUsd'> {
  notes: Notes;
  steps: Readonly<Partial<Record<Step, number>>>;
  /** Nano-dollars; undefined: not billed. */
  cost: bigint | undefined;
}

/** The newest requests, oldest first. */
export class RecentRequests implements RecentRequestSource {
  readonly #ring: EndedRequest[] = [];
  #next = 0;
  readonly #failures = new FailureTally();

  add(request: EndedRequest): void {
    this.#ring[this.#next] = request;
    this.#next = (this.#next + 1) % KEPT;
    const { at, apiKeyId, model, errorCode } = request;
    if (errorCode !== undefined) this.#failures.add({ at, apiKeyId, model, code: errorCode });
  }

  /** Counts of failed requests since the start, at most of the last month. */
  failures(): FailureCount[] {
    return this.#failures.list();
  }

  /** Newest first. */
  list(): RecentRequest[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].reverse().map(shown);
  }
}

function shown({ notes, steps, cost, ...request }: EndedRequest): RecentRequest {
  return {
    ...request,
    changed: notes.loggable(),
    emulated: [...notes.emulated],
    steps: Object.entries(steps).map(([name, ms]) => ({ name, ms })),
    costUsd: cost === undefined ? undefined : formatUsd(cost),
  };
}

/** What is known of a call at its end. */
export function endedRequest(
  call: Call,
  end: { status: number; outcome: string; error?: GatewayError; settled?: { outcome: Outcome; charge: Charge } },
): EndedRequest {
  // Steps that a failed call never reached left these unset.
  const { card, choice } = call as Partial<Call>;
  return {
    requestId: call.id,
    at: call.startMs,
    apiKeyId: call.key?.id,
    protocol: call.protocol,
    asked: call.model.slice(0, 100),
    model: card?.id,
    upstream: choice?.upstream.name,
    upstreamModel: choice?.model,
    lane: call.lane,
    stream: call.stream,
    simulated: choice?.upstream.simulated ?? false,
    status: end.status,
    errorCode: end.error?.code,
    errorMessage: end.error?.message,
    outcome: end.outcome,
    notes: call.notes,
    steps: call.steps,
    ttftMs: call.ttftMs,
    durationMs: call.elapsed(),
    usage: end.settled?.outcome.usage,
    cost: end.settled?.charge.cost,
  };
}
