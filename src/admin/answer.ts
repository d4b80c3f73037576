/** An answer of the management API. Never cached: it may hold a secret, and changes with every request. */
export function answer(body: unknown, status = 200): Response {
  return textAnswer(JSON.stringify(body), status);
}

/** One whose JSON is text already. */
export function textAnswer(json: string, status = 200): Response {
  return new Response(json, {
    status,
    headers: { 'content-type': 'application/json;charset=utf-8', 'cache-control': 'no-store' },
  });
}

/** A long list as JSON, a row for each item; made in slices, between which streams get their turn. */
export async function listText<Item>(items: readonly Item[], row: (item: Item) => unknown): Promise<string> {
  const rows: string[] = [];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const item of items) {
    rows.push(JSON.stringify(row(item)));
    if (performance.now() < sliceEnd) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    sliceEnd = performance.now() + SLICE_MS;
  }
  return `[${rows.join(',')}]`;
}

const SLICE_MS = 3;

/** Unix ms as ISO 8601 in UTC; null when there is none. */
export const isoTime = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();
