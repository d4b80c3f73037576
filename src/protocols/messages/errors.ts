import type { GatewayError } from '../../errors/catalogue.ts';

/** `{"type":"error","error":{…},"request_id":…}` as Anthropic's clients read it. */
export function messagesErrorBody(error: GatewayError, requestId: string): string {
  return JSON.stringify(errorObject(error, requestId));
}

/** The `error` event that ends a stream which failed; nothing follows it. */
export function messagesErrorFrame(error: GatewayError, requestId: string): string {
  return `event: error\ndata: ${JSON.stringify(errorObject(error, requestId))}\n\n`;
}

function errorObject(error: GatewayError, requestId: string): Record<string, unknown> {
  return { type: 'error', error: { type: error.row.messagesType, message: error.message }, request_id: requestId };
}
