import { callIdsOf } from '../protocols/call-ids.ts';
import { ReasoningCollector } from '../protocols/collect-reasoning.ts';
import { asObject } from '../protocols/json.ts';
import { type FittedNames, fitToolNames } from '../protocols/tool-names.ts';
import { translatedAnswer } from '../protocols/translated-answer.ts';
import { TranslatedStream } from '../protocols/translated-stream.ts';
import type { AnswerContext } from '../protocols/wire.ts';
import { wires } from '../protocols/wires.ts';
import { errorReader } from '../upstreams/failures.ts';
import type { Call } from './call.ts';
import { dispatch } from './dispatch.ts';
import { relayStream } from './relay-stream.ts';
import { relayWhole } from './relay-whole.ts';
import type { Reply } from './reply.ts';
import { countInput, roughInput } from './settle.ts';

/** Different protocols on both sides: client wire → neutral → upstream wire, and back. */
export async function translate(call: Call): Promise<Reply> {
  const { route, upstream } = call.choice;
  const client = wires[call.protocol];
  const server = wires[route.protocol];
  const { request, clientNames } = fittedRequest(call);
  const { card, choice } = call;
  const body = server.encodeRequest(request, { card, route, model: choice.model }, call.notes);
  const context: AnswerContext = {
    model: call.model,
    requestId: call.id,
    includeUsage: asObject(call.body.stream_options)?.include_usage === true,
    createdSeconds: Math.floor(call.startMs / 1000),
    // No answer waits for a count that others are before: the last event says what the upstream counted.
    get inputEstimate() {
      return call.inputCount?.tokens ?? roughInput(call);
    },
  };
  const collector = new ReasoningCollector();
  const readError = errorReader(upstream);
  const remember = (): void => collector.remember(call.house.memory, call.key!.id, route.vendor);
  const callIds = callIdsOf(request.messages);
  const repair = route.repairs.length > 0;
  const options = { client, upstream: server, context, readError, repair, collector, callIds, clientNames };
  if (call.stream) {
    const answer = dispatch(call, body);
    // For `message_start`, while the upstream reads the prompt.
    if (call.protocol === 'messages') void countInput(call);
    return relayStream(call, answer, new TranslatedStream(options), remember);
  }
  const reply = await relayWhole(call, body, (text) => translatedAnswer(text, options));
  remember();
  return reply;
}

/** The request as the guard left it, within the limit that was reserved, with names that the upstream takes. */
function fittedRequest(call: Call): FittedNames {
  const request = { ...call.neutral!, maxOutputTokens: call.maxOutput };
  call.neutral = undefined;
  if (call.choice.route.protocol === 'messages') return { request, clientNames: undefined };
  return fitToolNames(request, call.notes);
}
