import type { Usage } from '../protocols/usage.ts';

/** One request's whole road, for people who look; kept in memory only. No text of the request or the answer. */
export interface RecentRequest {
  requestId: string;
  /** Unix ms of the start. */
  at: number;
  apiKeyId: string | undefined;
  protocol: string;
  /** Name that was asked for, and the model behind it. */
  asked: string;
  model: string | undefined;
  upstream: string | undefined;
  upstreamModel: string | undefined;
  lane: 'express' | 'translated';
  stream: boolean;
  simulated: boolean;
  status: number;
  /** Name in the error catalogue; undefined for an answer. */
  errorCode: string | undefined;
  /** The catalogue's sentence that the client got. */
  errorMessage: string | undefined;
  /** `complete`, `client_left` (billed), `client_left_unbilled`, `failed`. */
  outcome: string;
  changed: string[];
  emulated: string[];
  /** When each step was done, in ms from the start. */
  steps: { name: string; ms: number }[];
  ttftMs: number | undefined;
  durationMs: number;
  usage: Usage | undefined;
  /** Decimal USD; undefined: not billed. */
  costUsd: string | undefined;
}

/** Failed requests of one hour that have the rest in common. */
export interface FailureCount {
  /** Unix ms at which the hour begins. */
  hour: number;
  apiKeyId: string | undefined;
  model: string | undefined;
  /** Name in the error catalogue. */
  code: string;
  count: number;
}

/** Calls of one key to one model. */
export interface CallCount {
  apiKeyId: string | undefined;
  model: string;
  calls: number;
  /** How many of them failed, by name in the error catalogue. */
  errors: Record<string, number>;
}

/** Where the console reads them. Lists are newest first. */
export interface RecentRequestSource {
  /** Unix ms from which requests are counted: the gateway's start. */
  readonly countedSince: number;
  /** The newest of all. */
  list(): readonly RecentRequest[];
  /** The newest of those that were not billed, which no ledger has. */
  unbilled(): readonly RecentRequest[];
  /** One of either list. */
  find(requestId: string): RecentRequest | undefined;
  /** How many failed since the start, at most in the last month. */
  failures(): readonly FailureCount[];
  /** How many calls there were since the start. */
  calls(): readonly CallCount[];
}
