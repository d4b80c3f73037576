import { chatExpressAnswer } from '../protocols/chat-completions/express-answer.ts';
import { ChatExpressStream } from '../protocols/chat-completions/express-stream.ts';
import { ReasoningCollector } from '../protocols/collect-reasoning.ts';
import { asObject } from '../protocols/json.ts';
import type { StreamLane } from '../protocols/lane.ts';
import { messagesExpressAnswer } from '../protocols/messages/express-answer.ts';
import { MessagesExpressStream } from '../protocols/messages/express-stream.ts';
import type { WholeAnswer } from '../protocols/whole-answer.ts';
import type { ReadError } from '../protocols/wire.ts';
import { expressBody } from '../upstreams/express-request.ts';
import { errorReader } from '../upstreams/failures.ts';
import { answersAreSigned, makerMatters } from '../upstreams/recall.ts';
import type { Call } from './call.ts';
import { dispatch } from './dispatch.ts';
import { relayStream } from './relay-stream.ts';
import { relayWhole } from './relay-whole.ts';
import type { Reply } from './reply.ts';
import { roughInput } from './settle.ts';

/** Same protocol on both sides: bytes through, but for the listed edits. */
export function express(call: Call): Promise<Reply> {
  const { route, model, upstream } = call.choice;
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
    remembered: call.remembered,
    notes: call.notes,
  });
  const { collector, remember } = memoryOf(call);
  const readError = errorReader(upstream);
  const repair = route.repairs.length > 0;
  if (call.stream) {
    const lane = expressLane(call, repair, readError, collector);
    return relayStream(call, dispatch(call, body), lane, remember);
  }
  const read = call.protocol === 'messages' ? messagesExpressAnswer : chatExpressAnswer;
  const options = { model: call.model, repair, readError, collector };
  return relayWhole(call, body, (text) => {
    const answer = read(text, options);
    remember?.(answer.output);
    return answer;
  });
}

interface Memory {
  /** Where calls have to be looked into for what comes with them. */
  collector?: ReasoningCollector;
  remember?: (output: WholeAnswer['output']) => void;
}

/** Keeps of an answer what its upstream, or another vendor's, has to know of it later. For most routes that is nothing. */
function memoryOf({ house, card, choice, key }: Call): Memory {
  const { route } = choice;
  const whose = makerMatters(card, route, house.registry.upstreams);
  const collector = answersAreSigned(route) ? new ReasoningCollector() : undefined;
  if (!whose && collector === undefined) return NO_MEMORY;
  const remember = ({ reasoning }: WholeAnswer['output']): void => {
    if (collector === undefined && reasoning === '') return;
    const kept = collector ?? new ReasoningCollector();
    if (whose) kept.given(reasoning);
    kept.remember(house.memory, key!.id, route.vendor);
  };
  return collector === undefined ? { remember } : { collector, remember };
}

const NO_MEMORY: Memory = {};

function expressLane(
  call: Call,
  repair: boolean,
  readError: ReadError,
  collector: ReasoningCollector | undefined,
): StreamLane {
  const { model } = call;
  if (call.protocol === 'messages') {
    if (!repair) return new MessagesExpressStream({ model, repair, readError });
    const inputEstimate = (): number => call.inputCount?.tokens ?? roughInput(call);
    return new MessagesExpressStream({ model, repair, readError, inputEstimate });
  }
  const includeUsage = asObject(call.body.stream_options)?.include_usage === true;
  const choices = typeof call.body.n === 'number' ? call.body.n : 1;
  return new ChatExpressStream({ model, includeUsage, choices, repair, readError, collector });
}
