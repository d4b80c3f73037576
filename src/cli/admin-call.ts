import type { AdminFetch } from './admin-client.ts';
import { CommandError } from './command.ts';

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** Undefined values are left out. */
  query?: Record<string, string | undefined>;
  body?: Record<string, unknown>;
}

/** One call of the management API. Throws `CommandError` with the API's own words for anything but success. */
export async function call<T>(fetch: AdminFetch, { method = 'GET', path, query = {}, body }: Call): Promise<T> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
  const response = await fetch(search.size === 0 ? path : `${path}?${search}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer = await readJson(response);
  if (response.ok) return answer as T;
  const { message } = (answer as { error?: { message?: string } } | undefined)?.error ?? {};
  throw new CommandError(message ?? `the server answered ${response.status}`);
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A list as the management API gives it, page by page. */
export interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}
