/** An answer of the management API. Never cached: it may hold a secret, and changes with every request. */
export function answer(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store' } });
}

/** Unix ms as ISO 8601 in UTC; null when there is none. */
export const isoTime = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();
