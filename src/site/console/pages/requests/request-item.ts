import type { RecentRequest, UsageRow } from '../../api/rows.ts';

/** A request in the list, wherever it is known from. */
export interface RequestItem {
  id: string;
  /** Unix ms. */
  endedAt: number;
  keyId: string | undefined;
  /** The catalog's name, or the one that was asked for where there is no such model. */
  model: string;
  protocol: string;
  stream: boolean;
  simulated: boolean;
  status: number;
  outcome: Outcome;
  errorCode: string | undefined;
  /** Undefined where nothing was billed. */
  billed: { input: number; output: number; costUsd: string } | undefined;
  ttftMs: number | undefined;
  durationMs: number;
}

export type Outcome = 'answered' | 'left' | 'failed';

/** What the list is narrowed to; what is empty narrows nothing. */
export interface RequestFilters {
  key: string;
  model: string;
  outcome: Outcome | '';
  /** Unix ms; 0 is ever. */
  since: number;
}

/**
 * Billed requests of the ledger, newest first and as far as they are loaded, with those that were not billed put among
 * them. Where older rows are still to be loaded, what lies before the oldest one waits for them: no row comes up between
 * two that were read already.
 */
export function mergeRequests(
  billed: readonly UsageRow[],
  unbilled: readonly RecentRequest[],
  filters: RequestFilters,
  more: boolean,
): RequestItem[] {
  const rows = billed.map(fromLedger);
  const oldest = more ? (rows.at(-1)?.endedAt ?? 0) : 0;
  const others = unbilled
    .map(fromMemory)
    .filter(
      ({ endedAt, keyId, model }) =>
        endedAt >= oldest &&
        (filters.key === '' || keyId === filters.key) &&
        (filters.model === '' || model === filters.model),
    );
  return [...rows, ...others]
    .filter(({ endedAt }) => endedAt >= filters.since)
    .filter(({ outcome }) => filters.outcome === '' || outcome === filters.outcome)
    .sort((a, b) => b.endedAt - a.endedAt);
}

function fromLedger(row: UsageRow): RequestItem {
  return {
    id: row.request_id,
    endedAt: Date.parse(row.created_at),
    keyId: row.api_key_id,
    model: row.model,
    protocol: row.protocol,
    stream: row.stream,
    simulated: row.simulated,
    status: row.status,
    outcome: row.ending === 'complete' ? 'answered' : 'left',
    errorCode: undefined,
    billed: {
      input: row.input_tokens + row.cache_read_tokens + row.cache_write_tokens,
      output: row.output_tokens,
      costUsd: row.cost_usd,
    },
    ttftMs: row.ttft_ms ?? undefined,
    durationMs: row.duration_ms,
  };
}

function fromMemory(request: RecentRequest): RequestItem {
  return {
    id: request.requestId,
    endedAt: request.at + request.durationMs,
    keyId: request.apiKeyId,
    model: request.model ?? request.asked,
    protocol: request.protocol,
    stream: request.stream,
    simulated: request.simulated,
    status: request.status,
    outcome: request.outcome === 'failed' ? 'failed' : request.outcome === 'complete' ? 'answered' : 'left',
    errorCode: request.errorCode,
    billed: undefined,
    ttftMs: request.ttftMs,
    durationMs: request.durationMs,
  };
}
