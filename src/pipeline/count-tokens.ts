import { formatUsd } from '../billing/usd.ts';
import { GatewayError } from '../errors/catalogue.ts';
import { refuseAccountFields } from '../protocols/account-fields.ts';
import { asObject, parseJson } from '../protocols/json.ts';
import type { Edit } from '../protocols/json-text.ts';
import { checkMessagesRequest } from '../protocols/messages/check-request.ts';
import { connect } from '../upstreams/connect.ts';
import { expressBody } from '../upstreams/express-request.ts';
import { vendors } from '../upstreams/vendors.ts';
import { admit } from './admit.ts';
import { authenticate } from './authenticate.ts';
import { Call, type Caller } from './call.ts';
import { ClientLeft } from './client-request.ts';
import { UPSTREAM_PATHS, upstreamHeaders } from './dispatch.ts';
import { failed } from './failed.ts';
import type { House } from './house.ts';
import { readBody } from './read-body.ts';
import { readText } from './read-text.ts';
import { Reply } from './reply.ts';
import { findCard, modelIn } from './resolve-model.ts';
import { answerHeaders } from './respond.ts';

/** An agent waits for this count before it asks: rather an estimate than a long wait. */
const UPSTREAM_LIMIT_MS = 5_000;

/**
 * `POST /v1/messages/count_tokens`: everything that the request would put before the model. Asked of the upstream where it
 * counts; else, or when it does not answer, counted here with the vocabulary that the card names: the template around the
 * texts is not public, so that answer says that it is an estimate. Free. What a request may not name in the upstream's
 * account, it may not have counted either.
 */
export async function countTokens(house: House, arrival: Caller): Promise<Reply> {
  const call = new Call(house, 'messages', arrival);
  try {
    authenticate(call);
    admit(call);
    call.mark('admit');
    await readBody(call);
    call.mark('read body');
    call.model = modelIn(call.body);
    checkMessagesRequest(call.body);
    findCard(call);
    const choice = house.registry.choose(call.card, 'messages');
    if (choice !== undefined) call.choice = choice;
    refuseAccountFields(call.body, choice?.route.allows ?? []);
    const exact = await askUpstream(call);
    const tokens = exact ?? (await house.counter.countPrompt('messages', call.body, call.card.tokens)).tokens;
    const headers = answerHeaders(call, 'application/json');
    headers['x-bytespike-cost-usd'] = formatUsd(0n);
    if (exact === undefined) headers['x-bytespike-tokens'] = 'estimated';
    return new Reply(200, headers, JSON.stringify({ input_tokens: tokens }));
  } catch (thrown) {
    return failed(call, thrown);
  } finally {
    call.exits.run();
  }
}

async function askUpstream(call: Call): Promise<number | undefined> {
  const { choice } = call as Partial<Call>;
  if (choice?.route.protocol !== 'messages' || choice.upstream.simulated) return undefined;
  if (!vendors[choice.route.vendor]?.countsTokens) return undefined;
  const { timeouts } = call.house.config;
  const late = setTimeout(
    (abort) => abort.abort(new GatewayError('upstream_timeout', 'The upstream did not count in time.')),
    Math.min(UPSTREAM_LIMIT_MS, timeouts.firstByteMs),
    call.abort,
  );
  try {
    const response = await connect({
      upstream: choice.upstream,
      path: `${UPSTREAM_PATHS.messages}/count_tokens`,
      headers: upstreamHeaders(call),
      body: countBody(call),
      timeouts,
      abort: call.abort,
    });
    const answer = asObject(parseJson(await readText(call, response)));
    return response.ok && Number.isSafeInteger(answer?.input_tokens) ? Number(answer?.input_tokens) : undefined;
  } catch {
    // For a client that has left nothing is counted.
    if (call.abort.reason instanceof ClientLeft) throw call.abort.reason;
    return undefined;
  } finally {
    clearTimeout(late);
  }
}

/** What is refused of a request that is to be answered, and counted all the same. */
const ANSWERING = new Set(['prefill']);

/** The request without what counting has no use for; those fields are refused there. */
function countBody(call: Call): string {
  const { choice, body } = call;
  const edits: Edit[] = [
    'max_tokens',
    'stream',
    'temperature',
    'top_p',
    'top_k',
    'stop_sequences',
    'metadata',
    'service_tier',
  ]
    .filter((name) => body[name] !== undefined)
    .map((name) => ({ path: [name], remove: true }));
  return expressBody({
    protocol: 'messages',
    text: call.text,
    body,
    card: call.card,
    route: { ...choice.route, refuses: choice.route.refuses.filter((name) => !ANSWERING.has(name)) },
    model: choice.model,
    maxOutput: call.card.max_output,
    writeMaxOutput: false,
    edits,
    notes: call.notes,
  });
}
