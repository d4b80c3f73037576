/** What the gateway answered instead of what was asked for. Its message is fit for the person who asked. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  /** Field at fault. */
  readonly param: string | undefined;

  constructor(status: number, code: string, message: string, param?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

/** Answered with 401 or 403: the session is over, or is another one now. */
export const SESSION_REFUSED = 'bytespike:session-refused';

/** Calls a route of the console's API, `/console/api/<path>`. Rejects with an ApiError. */
export async function call<Answer>(path: string, options: CallOptions = {}): Promise<Answer> {
  const response = await send(`/console/api/${path}`, options);
  if (!response.ok) throw await asError(response);
  return (response.status === 204 ? undefined : await wholeJson(response, options.signal)) as Answer;
}

interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  signal?: AbortSignal | undefined;
  headers?: Record<string, string>;
}

/** The bare answer, for those that stream. Rejects with an ApiError when there is none at all. */
export async function send(url: string, { method = 'GET', body, signal, headers }: CallOptions): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      credentials: 'same-origin',
      headers: {
        'x-bytespike-console': '1',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw signal?.aborted ? error : unreachable();
  }
}

/** It may break off half-way. */
async function wholeJson(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw signal?.aborted ? error : unreachable();
  }
}

const unreachable = (): ApiError =>
  new ApiError(0, 'unreachable', 'The gateway does not answer. Is it running, and are you online?');

/** Reads an error in either protocol's shape. */
export async function asError(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => undefined)) as
    | { error?: { code?: string; type?: string; message?: string; param?: string | null } }
    | undefined;
  const { code, type, message, param } = body?.error ?? {};
  if (response.status === 401 || response.status === 403) window.dispatchEvent(new Event(SESSION_REFUSED));
  return new ApiError(
    response.status,
    code ?? type ?? 'error',
    message ?? `The gateway answered ${response.status}.`,
    param ?? undefined,
  );
}

/** Whether the gateway answers at all. */
export function gatewayAnswers(): Promise<boolean> {
  return send('/console/api/session', {}).then(
    () => true,
    () => false,
  );
}
