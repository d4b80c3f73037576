import { jsonAnswer } from './json-answer.ts';
import { answerFromResults, answerTo } from './prose.ts';
import { reasoningFor } from './reasoning.ts';
import { lastUserText, newResults, type SimCall, type SimRequest } from './sim-request.ts';
import { chooseCalls } from './tool-calls.ts';

/** What an answer consists of, in its order. Texts come in pieces that no token spans. */
export interface Plan {
  reasoning: Iterable<string>;
  text: Iterable<string>;
  calls: SimCall[];
}

/** The whole answer to a request, as yet without regard to `max_tokens` and stop sequences. */
export function planAnswer(request: SimRequest): Plan {
  const calls = chooseCalls(request);
  return {
    reasoning: request.thinking ? reasoningFor(request, calls) : [],
    text: calls.length > 0 ? [] : textOf(request),
    calls: calls.map((call, index) => ({ ...call, id: callId(index) })),
  };
}

function textOf(request: SimRequest): Iterable<string> {
  const results = resultsOf(request);
  const plain = () =>
    results.length > 0 ? answerFromResults(results) : answerTo(lastUserText(request), request.model);
  return request.json ? [jsonAnswer(request, () => [...plain()].join(''))] : plain();
}

/** The tool results to answer from, each with the call that it belongs to. */
function resultsOf(request: SimRequest): { name: string; arguments: string; text: string }[] {
  const calls = new Map<string, SimCall>();
  for (const turn of request.turns) {
    if (turn.role === 'assistant') for (const call of turn.calls) calls.set(call.id, call);
  }
  return newResults(request).map(({ callId, text }) => {
    const call = calls.get(callId);
    return { name: call?.name ?? 'tool', arguments: call?.arguments ?? '', text };
  });
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `call_NN_` and 24 characters: the number is that of the call in its turn, only the tail makes it unique. */
function callId(index: number): string {
  const random = crypto.getRandomValues(new Uint8Array(24));
  const tail = Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return `call_${String(index).padStart(2, '0')}_${tail}`;
}
