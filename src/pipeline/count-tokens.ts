import { requireModel } from '../models/lookup.ts';
import { checkMessagesRequest } from '../protocols/messages/check-request.ts';
import { admit } from './admit.ts';
import { authenticate } from './authenticate.ts';
import { Call } from './call.ts';
import type { House } from './house.ts';
import { logFailed } from './log.ts';
import { readBody } from './read-body.ts';
import { answerHeaders, asGatewayError, errorResponse } from './respond.ts';

/**
 * `POST /v1/messages/count_tokens`: everything that the request would put before the model, counted here with the model's
 * own vocabulary where it is public. The template around it is not, so the answer says that it is an estimate. Free.
 */
export async function countTokens(house: House, request: Request, clientIp: string): Promise<Response> {
  const call = new Call(house, 'messages', request, clientIp);
  try {
    authenticate(call);
    admit(call);
    await readBody(call);
    checkMessagesRequest(call.body);
    call.card = requireModel(house.catalog, call.body.model, house.served).card;
    const { tokens } = await house.counter.countPrompt('messages', call.body, call.card.tokens);
    const headers = answerHeaders(call, 'application/json');
    headers.set('x-bytespike-tokens', 'estimated');
    return new Response(JSON.stringify({ input_tokens: tokens }), { headers });
  } catch (thrown) {
    const error = asGatewayError(thrown);
    logFailed(call, error);
    return errorResponse(call, error);
  } finally {
    call.exits.run();
  }
}
