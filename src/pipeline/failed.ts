import type { Call } from './call.ts';
import { ClientLeft } from './client-request.ts';
import { logFailed, logLeft } from './log.ts';
import { Reply } from './reply.ts';
import { asGatewayError, errorResponse } from './respond.ts';

/** What a call that a step threw out of is answered with, and logged as: its client may have left, and hears nothing. */
export function failed(call: Call, thrown: unknown): Reply {
  if (thrown instanceof ClientLeft || call.abort.reason instanceof ClientLeft) {
    logLeft(call);
    return new Reply(499, {});
  }
  const error = asGatewayError(thrown);
  logFailed(call, error);
  return errorResponse(call, error);
}
