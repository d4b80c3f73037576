import { CallIds } from './call-ids.ts';
import type { ReasoningCollector } from './collect-reasoning.ts';
import type { NeutralAnswer } from './neutral.ts';
import { OutputOfParts, parseAnswer, type WholeAnswer } from './whole-answer.ts';
import type { AnswerContext, Surface, WireProtocol } from './wire.ts';

/** What an answer, whole or streamed, is translated with. */
export interface TranslatedOptions extends Surface {
  client: WireProtocol;
  upstream: WireProtocol;
  context: AnswerContext;
  /** Takes the reasoning out as it goes by; its `remember` is for whoever ends the answer. */
  collector?: ReasoningCollector;
  /** Ids that the conversation's calls have already. */
  callIds?: readonly string[];
  /** The client's names of tools that the upstream knows under shorter ones. */
  clientNames?: ReadonlyMap<string, string> | undefined;
}

/**
 * A whole answer of one protocol for a client of another. Throws GatewayError when it is no answer: no JSON, an error inside
 * a 200, broken off.
 */
export function translatedAnswer(text: string, options: TranslatedOptions): WholeAnswer {
  const { client, upstream, context, collector } = options;
  const whole = text.trim();
  const decoded = upstream.decodeAnswer(whole, parseAnswer(whole), options);
  const callIds = new CallIds(options.callIds);
  const answer: NeutralAnswer = {
    ...decoded,
    parts: decoded.parts.map((part) =>
      part.type === 'tool-call'
        ? { ...part, id: callIds.unique(part.id), name: options.clientNames?.get(part.name) ?? part.name }
        : part,
    ),
  };
  collector?.add(answer);
  const output = new OutputOfParts(answer.parts, textOf, reasoningOf);
  return {
    body: client.encodeAnswer(answer, context),
    bodyWith: (usage) => client.encodeAnswer({ ...answer, usage }, context),
    usage: answer.usage,
    output,
  };
}

type Part = NeutralAnswer['parts'][number];

function textOf(part: Part): string {
  if (part.type === 'reasoning' || (part.type === 'refusal' && part.byVendor)) return '';
  return part.type === 'tool-call' ? part.name + part.input : part.text;
}

const reasoningOf = (part: Part): string => (part.type === 'reasoning' ? part.text : '');
