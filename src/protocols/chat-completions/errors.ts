import type { GatewayError } from '../../errors/catalogue.ts';

/** `{"error":{…}}` as OpenAI's clients read it. Shape: `type`, `code`, `message`, `param`. */
export function chatErrorBody(error: GatewayError): string {
  return JSON.stringify({ error: errorObject(error) });
}

/** The one frame that ends a stream which failed; no `[DONE]` after it. */
export function chatErrorFrame(error: GatewayError): string {
  return `data: ${JSON.stringify({ error: errorObject(error) })}\n\n`;
}

function errorObject(error: GatewayError): Record<string, string | null> {
  return {
    message: error.told,
    type: error.row.chatType,
    param: error.details.param ?? null,
    code: error.details.wireCode ?? error.row.wireCode ?? error.code,
  };
}
