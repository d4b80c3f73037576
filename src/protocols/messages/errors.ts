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
  const { messagesDetails: details } = error.details;
  // Left out of the JSON where there are none.
  const body = { type: error.row.messagesType, message: error.told, details };
  return { type: 'error', error: body, request_id: requestId };
}
