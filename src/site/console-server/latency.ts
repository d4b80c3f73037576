import { GatewayError } from '../../errors/catalogue.ts';
import type { ConsoleArrival, ConsoleOptions } from './console-options.ts';
import { json } from './json-answer.ts';
import { manage } from './management-proxy.ts';
import type { Session } from './sessions.ts';

/** So many of the newest calls of a period are looked at. */
const SAMPLE = 1_000;

/** Times below which half, 95 and 99 in a hundred calls stayed. ms */
interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

interface Timed {
  started_at: string;
  ttft_ms: number | null;
  duration_ms: number;
}

/**
 * How long the calls of a period took, by the newest 1,000 of them: over all, and by `step` seconds (3600 by default).
 * `ttft` counts streams alone. Takes the filters of the management API's list of usage, and its rights; no `group_by`, for it
 * reads rows. Throws `invalid_param`.
 *
 *     {calls, sampled: true when there were more, ttft, duration, times: [{at, calls, ttft, duration}]}
 */
export async function latency(
  admin: ConsoleOptions['admin'],
  session: Session,
  arrival: ConsoleArrival,
): Promise<Response> {
  const url = new URL(arrival.request.url);
  const step =
    Math.max(60, Math.min(86_400, Math.trunc(Number(url.searchParams.get('step') ?? 3_600)) || 3_600)) * 1_000;
  url.searchParams.delete('step');
  if (url.searchParams.has('group_by')) {
    throw new GatewayError('invalid_param', 'group_by is no filter here: times are those of rows.', {
      param: 'group_by',
    });
  }
  url.searchParams.set('limit', String(SAMPLE));
  const path = session.kind === 'admin' ? '/console/api/manage/usage' : '/console/api/manage/me/usage';
  const request = new Request(url.href, { headers: arrival.request.headers });
  const answer = await manage(admin, session, { ...arrival, request, path });
  if (!answer.ok) return answer;
  const { data, next_cursor } = (await answer.json()) as { data: Timed[]; next_cursor: string | null };
  const steps = Map.groupBy(data, ({ started_at }) => Math.floor(Date.parse(started_at) / step) * step);
  return json({
    ...summary(data),
    sampled: next_cursor !== null,
    times: [...steps].sort(([a], [b]) => a - b).map(([at, rows]) => ({ at, ...summary(rows) })),
  });
}

function summary(rows: readonly Timed[]) {
  return {
    calls: rows.length,
    ttft: percentiles(rows.flatMap(({ ttft_ms }) => ttft_ms ?? [])),
    duration: percentiles(rows.map(({ duration_ms }) => duration_ms)),
  };
}

/** By nearest rank; null where there is nothing. */
export function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
