import { GatewayError } from '../errors/catalogue.ts';
import { StorageError } from '../storage/store.ts';

/** `{"error":{type,code,message,param}}` with the headers that go with it. What is ours to mend goes to `onError`. */
export function errorResponse(error: unknown, onError?: (error: unknown) => void): Response {
  const shown = toGatewayError(error);
  if (shown.row.status >= 500) onError?.(error);
  const { row, details } = shown;
  const headers = new Headers({ 'cache-control': 'no-store' });
  if (details.retryAfterSeconds !== undefined) headers.set('retry-after', String(details.retryAfterSeconds));
  if (details.allow !== undefined) headers.set('allow', details.allow.join(', '));
  if (row.shouldRetry !== undefined) headers.set('x-should-retry', String(row.shouldRetry));
  const body = {
    error: {
      type: row.chatType,
      code: details.wireCode ?? row.wireCode ?? shown.code,
      message: shown.message,
      param: details.param ?? null,
    },
  };
  return Response.json(body, { status: shown.status('chat-completions'), headers });
}

/** What an administrator is told of an error. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof StorageError && error.kind !== 'defect') {
    return error.kind === 'conflict'
      ? new GatewayError('conflict', 'This contradicts what is stored. Read the current state and try again.')
      : new GatewayError(
          'storage_unavailable',
          'The gateway cannot read or write its database now. Try again shortly.',
          {
            retryAfterSeconds: 2,
          },
        );
  }
  return new GatewayError('internal_error', 'The gateway could not do this; its log has the cause.');
}
