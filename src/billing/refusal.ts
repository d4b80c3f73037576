import { GatewayError } from '../errors/catalogue.ts';
import { StorageError } from '../storage/store.ts';
import type { Limit } from './budget.ts';
import { formatUsd } from './rates.ts';
import { MOST_BOOKED } from './wallet.ts';
import type { WorstCase } from './worst-case.ts';

/**
 * The refusal of a call that its limits cannot hold, even if no other call were running. 402 where waiting does not
 * help (wallet, quota), 429 for a window. Says what the call could cost, what is left, and which max_tokens would fit.
 */
export function refuse(
  worst: WorstCase,
  { limits, bookable, nowMs }: { limits: readonly Limit[]; bookable: bigint; nowMs: number },
): GatewayError {
  const cost = worst.cost(worst.maxOutput);
  const blocking = limits.filter(({ rest }) => rest < cost);
  const limit =
    blocking.find(({ resetsAt }) => resetsAt === undefined) ??
    // Of windows rather one that no reset makes large enough.
    tightest(blocking.filter(({ limit }) => limit < cost)) ??
    tightest(blocking);
  // What stood in the way may have gone meanwhile: a window's part that left.
  if (limit === undefined) return cost > bookable ? booksFull(worst, cost) : refuseForHolds(worst, 0n);
  const rest = orNothing(limit.rest);
  // The tightest of all limits decides what fits, which may be another than the one to name.
  const least = limits.reduce((least, one) => (one.rest < least.rest ? one : least), limit);
  const advice = `${couldCost(worst, cost)}; ${formatUsd(rest)} USD is left. ${whatFits(worst, least.rest)}`;
  if (limit.name === 'wallet') {
    return new GatewayError(
      'insufficient_balance',
      `The wallet cannot hold this call. ${advice} Or top up the wallet.`,
    );
  }
  if (limit.name === 'quota') {
    return new GatewayError(
      'quota_exceeded',
      `The key's lifetime quota of ${formatUsd(limit.limit)} USD cannot hold this call. ${advice} Or have the quota raised.`,
    );
  }
  const resetsAt = limit.resetsAt ?? nowMs;
  return new GatewayError(
    'usd_window_exceeded',
    `rate_limit_${limit.name} exceeded: ${formatUsd(limit.spent)} / ${formatUsd(limit.limit)} USD used; resets at ${instant(resetsAt)}${cost > limit.limit ? ', and even then this call could cost more than the whole limit' : ''}. ${advice}`,
    { retryAfterSeconds: secondsUntil(resetsAt, nowMs) },
  );
}

/** Only the holds of running calls stand in the way; they end by themselves. */
export function refuseForHolds(worst: WorstCase, room: bigint): GatewayError {
  const free = orNothing(room);
  return new GatewayError(
    'rate_limit_exceeded',
    `Calls that are running hold the rest of the budget. ${couldCost(worst, worst.cost(worst.maxOutput))}; ${formatUsd(free)} USD is free now. ${whatFits(worst, free)} Or try again shortly.`,
    { retryAfterSeconds: HOLDS_RETRY_SECONDS },
  );
}

/** No limit is in the way, but what the wallet's calls have cost in its life; see `MOST_BOOKED`. */
function booksFull(worst: WorstCase, cost: bigint): GatewayError {
  return new GatewayError(
    'insufficient_balance',
    `The books cannot hold this call: all calls of a wallet can cost ${formatUsd(MOST_BOOKED)} USD in its life. ${couldCost(worst, cost)}. Lower the prices or the group's multiplier, or begin with a new data folder.`,
  );
}

/** The charge of an answer is not stored, so that the answer must not leave. */
export function notStored(cause: unknown): GatewayError {
  if (!(cause instanceof StorageError) || cause.kind === 'conflict' || cause.kind === 'defect') {
    return new GatewayError(
      'internal_error',
      'The gateway could not store the charge of this answer. Tell the operator the request id: the log has the cause.',
      { cause },
    );
  }
  return storageUnavailable(cause);
}

/** Refused before it costs anything: a charge could not be stored now. */
export function storageUnavailable(cause: unknown): GatewayError {
  return new GatewayError(
    'storage_unavailable',
    'The gateway cannot store charges at the moment, so it serves nothing. Try again shortly.',
    { retryAfterSeconds: 2, cause },
  );
}

/** The window with the least left; of equals the longer, for it is the one that lasts. */
export function tightest(windows: readonly Limit[]): Limit | undefined {
  return windows.reduce<Limit | undefined>(
    (least, one) => (least === undefined || one.rest <= least.rest ? one : least),
    undefined,
  );
}

/** Of a limit that was lowered below what is spent, nothing is left. */
export const orNothing = (nano: bigint): bigint => (nano > 0n ? nano : 0n);

const secondsUntil = (ms: number, nowMs: number): number => Math.max(1, Math.ceil((ms - nowMs) / 1000));

const HOLDS_RETRY_SECONDS = 2;

const HOLDS_WINDOW =
  "; what is not countable beforehand, such as a PDF, sound or video, is held as the model's whole window";

function couldCost(worst: WorstCase, cost: bigint): string {
  const output = worst.outputTokens(worst.maxOutput);
  return `It could cost up to ${formatUsd(cost)} USD (${worst.inputTokens} input and ${output} output tokens${worst.holdsWindow ? HOLDS_WINDOW : ''})`;
}

function whatFits(worst: WorstCase, room: bigint): string {
  const fits = worst.largestOutput(room);
  return fits > 0 ? `max_tokens of ${fits} or less would fit.` : 'No max_tokens would fit: send less.';
}

/** `2026-05-25 14:00:00 UTC` */
function instant(ms: number): string {
  return `${new Date(Math.ceil(ms / 1000) * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
