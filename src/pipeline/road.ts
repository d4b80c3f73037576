import { chatExpressAnswer } from '../protocols/chat-completions/express-answer.ts';
import { ChatExpressStream } from '../protocols/chat-completions/express-stream.ts';
import { ReasoningCollector } from '../protocols/collect-reasoning.ts';
import { asObject } from '../protocols/json.ts';
import type { StreamLane } from '../protocols/lane.ts';
import { messagesExpressAnswer } from '../protocols/messages/express-answer.ts';
import { MessagesExpressStream } from '../protocols/messages/express-stream.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { recallTurns } from '../protocols/recall-turns.ts';
import type { ReadError } from '../protocols/wire.ts';
import { expressBody } from '../upstreams/express-request.ts';
import { errorReader } from '../upstreams/failures.ts';
import { answersAreSigned, turnsToRecall } from '../upstreams/recall.ts';
import { admit } from './admit.ts';
import { authenticate } from './authenticate.ts';
import { Call, type Caller } from './call.ts';
import { ClientLeft } from './client-request.ts';
import { dispatch } from './dispatch.ts';
import { guard } from './guard.ts';
import type { House } from './house.ts';
import { logFailed, logLeft } from './log.ts';
import { readBody } from './read-body.ts';
import { relayStream } from './relay-stream.ts';
import { relayWhole } from './relay-whole.ts';
import { Reply } from './reply.ts';
import { reserve } from './reserve.ts';
import { resolveModel } from './resolve-model.ts';
import { asGatewayError, errorResponse } from './respond.ts';
import { translate } from './translate.ts';

/**
 * The road of a request, the same for every protocol. A step returns or throws an error of the catalogue; what it took is
 * given back by `call.exits` on every way out: here when a step throws or the answer is whole, in the relay when it streams.
 */
export async function travel(house: House, protocol: Protocol, caller: Caller): Promise<Reply> {
  const call = new Call(house, protocol, caller);
  let streaming = false;
  try {
    authenticate(call);
    admit(call);
    call.mark('admit');
    await readBody(call);
    call.mark('read body');
    resolveModel(call);
    await guard(call);
    call.mark('guard');
    await reserve(call);
    call.mark('reserve');
    const answer = call.lane === 'express' ? await express(call) : await translate(call);
    streaming = call.stream;
    return answer;
  } catch (thrown) {
    if (thrown instanceof ClientLeft || call.abort.reason instanceof ClientLeft) {
      logLeft(call);
      return new Reply(499, {});
    }
    const error = asGatewayError(thrown);
    logFailed(call, error);
    return errorResponse(call, error);
  } finally {
    if (!streaming) call.exits.run();
  }
}

/** Same protocol on both sides: bytes through, but for the listed edits. */
async function express(call: Call): Promise<Reply> {
  const { route, model, upstream } = call.choice;
  const turns = turnsToRecall(route, call.body);
  const remembered = turns && (await recallTurns(turns, call.house.memory, call.key!.id));
  const body = expressBody({
    protocol: call.protocol,
    text: call.text,
    top: call.top,
    body: call.body,
    card: call.card,
    route,
    model,
    maxOutput: call.maxOutput,
    writeMaxOutput: !call.maxOutputAsAsked,
    edits: call.edits,
    remembered,
    notes: call.notes,
  });
  const collector = answersAreSigned(route) ? new ReasoningCollector() : undefined;
  const remember = collector && (() => collector.remember(call.house.memory, call.key!.id, route.vendor));
  const readError = errorReader(upstream);
  const repair = route.repairs.length > 0;
  if (call.stream) {
    const lane = expressLane(call, repair, readError, collector);
    return relayStream(call, dispatch(call, body), lane, remember);
  }
  const read = call.protocol === 'messages' ? messagesExpressAnswer : chatExpressAnswer;
  const options = { model: call.model, repair, readError, collector };
  const reply = await relayWhole(call, await dispatch(call, body), (text) => read(text, options));
  remember?.();
  return reply;
}

function expressLane(
  call: Call,
  repair: boolean,
  readError: ReadError,
  collector: ReasoningCollector | undefined,
): StreamLane {
  const { model } = call;
  if (call.protocol === 'messages') return new MessagesExpressStream({ model, repair, readError });
  const includeUsage = asObject(call.body.stream_options)?.include_usage === true;
  return new ChatExpressStream({ model, includeUsage, readError, collector });
}
