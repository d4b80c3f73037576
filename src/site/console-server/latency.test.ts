import { expect, test } from 'bun:test';
import { latency, percentiles } from './latency.ts';
import type { Session } from './sessions.ts';

test('percentiles are those of the nearest rank', () => {
  expect(percentiles([])).toBeNull();
  expect(percentiles([7])).toEqual({ p50: 7, p95: 7, p99: 7 });
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect(percentiles(hundred)).toEqual({ p50: 50, p95: 95, p99: 99 });
});

test('calls are summed up over all and by step, under the rights and filters of the session', async () => {
  const asked: string[] = [];
  const admin = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    asked.push(pathname + search);
    const row = (started_at: string, ttft_ms: number | null, duration_ms: number) => ({
      started_at,
      ttft_ms,
      duration_ms,
    });
    return Response.json({
      data: [
        row('2026-05-21T15:10:00Z', 30, 300),
        row('2026-05-21T14:20:00Z', null, 200),
        row('2026-05-21T14:10:00Z', 10, 100),
      ],
      next_cursor: null,
    });
  };
  const session: Session = { kind: 'key', name: 'k', keyId: 'key_1', secret: 's', createdAt: 0, lastUsedAt: 0 };
  const request = new Request('http://127.0.0.1/console/api/latency?since=2026-05-21&step=3600');
  const answer = await latency(admin, session, { request, path: '/console/api/latency', clientIp: '' });
  expect(asked).toEqual(['/api/v1/me/usage?since=2026-05-21&limit=1000']);
  expect(await answer.json()).toMatchObject({
    calls: 3,
    sampled: false,
    ttft: { p50: 10, p95: 30 },
    duration: { p50: 200, p99: 300 },
    times: [
      { at: Date.parse('2026-05-21T14:00:00Z'), calls: 2, ttft: { p50: 10 }, duration: { p95: 200 } },
      { at: Date.parse('2026-05-21T15:00:00Z'), calls: 1 },
    ],
  });
});
