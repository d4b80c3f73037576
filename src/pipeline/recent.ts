import type { Charge, Outcome } from '../billing/money.ts';
import { formatUsd } from '../billing/usd.ts';
import type { GatewayError } from '../errors/catalogue.ts';
import type { CallCount, FailureCount, RecentRequest, RecentRequestSource } from '../observability/recent-requests.ts';
import type { Call, Step } from './call.ts';
import { CallTally } from './call-tally.ts';
import { FailureTally } from './failure-tally.ts';
import { Ring } from './ring.ts';

const KEPT = 500;
/** Longest name and error text that are kept, in characters: either may have a megabyte of the client's in it. */
const NAME_LENGTH = 100;
const ERROR_LENGTH = 1000;
const NONE: readonly string[] = [];

/** A request that is over, as the road left it: what the console shows is made of it when somebody looks. */
export interface EndedRequest extends Omit<RecentRequest, 'changed' | 'emulated' | 'steps' | 'costUsd'> {
  /** Without the client's own names: a body may have a million. */
  changed: readonly string[];
  emulated: readonly string[];
  steps: Readonly<Partial<Record<Step, number>>>;
  /** Nano-dollars; undefined: not billed. */
  cost: bigint | undefined;
}

/** The newest requests, and the newest that were not billed: those that no ledger has outlast any number of others. */
export class RecentRequests implements RecentRequestSource {
  readonly countedSince = Date.now();
  readonly #all = new Ring<EndedRequest>(KEPT);
  readonly #unbilled = new Ring<EndedRequest>(KEPT);
  readonly #failures = new FailureTally();
  readonly #calls = new CallTally();

  add(request: EndedRequest): void {
    this.#all.add(request);
    const { at, apiKeyId, model, errorCode } = request;
    if (request.cost === undefined) this.#unbilled.add(request);
    if (model !== undefined) this.#calls.add(apiKeyId, model, errorCode);
    if (errorCode !== undefined) this.#failures.add({ at, apiKeyId, model, code: errorCode });
  }

  failures(): FailureCount[] {
    return this.#failures.list();
  }

  calls(): CallCount[] {
    return this.#calls.list();
  }

  list(): RecentRequest[] {
    return this.#all.newestFirst().map(shown);
  }

  unbilled(): RecentRequest[] {
    return this.#unbilled.newestFirst().map(shown);
  }

  find(requestId: string): RecentRequest | undefined {
    const known = (request: EndedRequest): boolean => request.requestId === requestId;
    const found = this.#all.newestFirst().find(known) ?? this.#unbilled.newestFirst().find(known);
    return found === undefined ? undefined : shown(found);
  }
}

function shown({ changed, emulated, steps, cost, ...request }: EndedRequest): RecentRequest {
  return {
    ...request,
    changed: [...changed],
    emulated: [...emulated],
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
  const { changed, emulated } = call.notes;
  return {
    requestId: call.id,
    at: call.startMs,
    apiKeyId: call.key?.id,
    protocol: call.protocol,
    asked: beginningOf(call.model, NAME_LENGTH),
    model: card?.id,
    upstream: choice?.upstream.name,
    upstreamModel: choice?.model,
    lane: call.lane,
    stream: call.stream,
    simulated: choice?.upstream.simulated ?? false,
    status: end.status,
    errorCode: end.error?.code,
    errorMessage: end.error && beginningOf(end.error.message, ERROR_LENGTH),
    outcome: end.outcome,
    changed: changed.size === 0 ? NONE : call.notes.loggable(),
    emulated: emulated.size === 0 ? NONE : [...emulated],
    steps: call.steps,
    ttftMs: call.ttftMs,
    durationMs: call.elapsed(),
    usage: end.settled?.outcome.usage,
    cost: end.settled?.charge.cost,
  };
}

/** A copy where it is cut: a slice would keep the whole text alive. */
const beginningOf = (text: string, length: number): string =>
  text.length <= length ? text : Buffer.from(text.slice(0, length)).toString();
