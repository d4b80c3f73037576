import type { GatewayError } from '../../errors/catalogue.ts';

/** An answer of the console's own routes; never cached, for it belongs to one session. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store', ...headers } });
}

/** `{"error":{type,code,message,param}}`, as the management API has it. */
export function errorAnswer(error: GatewayError): Response {
  const { row, details } = error;
  const headers: Record<string, string> = {};
  if (details.retryAfterSeconds !== undefined) headers['retry-after'] = String(details.retryAfterSeconds);
  if (details.allow !== undefined) headers.allow = details.allow.join(', ');
  const body = {
    type: row.chatType,
    code: row.wireCode ?? error.code,
    message: error.message,
    param: details.param ?? null,
  };
  return json({ error: body }, error.status('chat-completions'), headers);
}
