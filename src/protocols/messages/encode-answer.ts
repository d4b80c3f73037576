import { json, jsonArray, jsonObject } from '../json-build.ts';
import type { JsonText, NeutralAnswer } from '../neutral.ts';
import { completeToolInput } from '../tool-input.ts';
import { emptyUsage, type Usage } from '../usage.ts';
import type { AnswerContext } from '../wire.ts';
import { writeStopReason } from './stop-reasons.ts';
import { messagesUsage } from './usage.ts';

/** A neutral answer as a whole Messages answer. */
export function encodeMessagesAnswer(answer: NeutralAnswer, context: AnswerContext): JsonText {
  return jsonObject({
    id: json(messageId(answer.id, context)),
    type: '"message"',
    role: '"assistant"',
    model: json(context.model),
    content: jsonArray(answer.parts.flatMap(encodeBlock)),
    stop_reason: json(writeStopReason(answer.finish)),
    stop_sequence: answer.finish === 'stop_sequence' ? json(answer.stopSequence ?? null) : 'null',
    usage: json(messagesUsage(answer.usage ?? estimatedUsage(context))),
  });
}

function encodeBlock(part: NeutralAnswer['parts'][number]): JsonText[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [jsonObject({ type: '"text"', text: json(part.text) })];
    case 'reasoning': {
      if (part.redacted !== undefined) {
        return [jsonObject({ type: '"redacted_thinking"', data: json(part.redacted) })];
      }
      if (part.text === '' && !part.signature) return [];
      // Always a string: official clients fail without it.
      const signature = json(part.signature ?? '');
      return [jsonObject({ type: '"thinking"', thinking: json(part.text), signature })];
    }
    case 'tool-call': {
      const input = completeToolInput(part.input);
      return [jsonObject({ type: '"tool_use"', id: json(part.id), name: json(part.name), input })];
    }
  }
}

/** The id of an answer as Messages has it; the request's where the upstream gave none. */
export function messageId(id: string, context: AnswerContext): string {
  const own = id === '' ? context.requestId : id;
  return own.startsWith('msg_') ? own : `msg_${own.replace(/^chatcmpl-/, '')}`;
}

/** Until the upstream tells, or where it never does. Never zero input: agents read from it how full the window is. */
export function estimatedUsage(context: AnswerContext): Usage {
  const usage = emptyUsage('estimated');
  usage.input.uncached = Math.max(1, context.inputEstimate);
  return usage;
}
