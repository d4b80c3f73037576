import { json, jsonArray, jsonObject } from '../json-build.ts';
import type { JsonText, NeutralAnswer } from '../neutral.ts';
import { emptyUsage } from '../usage.ts';
import type { AnswerContext } from '../wire.ts';
import { writeFinishReason } from './finish-reasons.ts';
import { chatUsage } from './usage.ts';

/** A neutral answer as a whole Chat Completions answer. */
export function encodeChatAnswer(answer: NeutralAnswer, context: AnswerContext): JsonText {
  let content = '';
  let reasoning = '';
  let refusal = '';
  const calls: JsonText[] = [];
  for (const part of answer.parts) {
    if (part.type === 'text') content += part.text;
    else if (part.type === 'reasoning') reasoning += part.text;
    else if (part.type === 'refusal') refusal += part.text;
    else {
      const fn = jsonObject({ name: json(part.name), arguments: json(callArguments(part.input)) });
      calls.push(jsonObject({ id: json(part.id), type: '"function"', function: fn }));
    }
  }
  const saysNothing = content === '' && (calls.length > 0 || refusal !== '');
  const message = jsonObject({
    role: '"assistant"',
    content: saysNothing ? 'null' : json(content),
    reasoning_content: reasoning === '' ? undefined : json(reasoning),
    refusal: refusal === '' ? 'null' : json(refusal),
    tool_calls: calls.length > 0 ? jsonArray(calls) : undefined,
  });
  const choice = jsonObject({
    index: '0',
    message,
    logprobs: 'null',
    finish_reason: json(writeFinishReason(answer.finish)),
  });
  const fingerprint = answer.systemFingerprint ?? context.systemFingerprint;
  return jsonObject({
    id: json(chatId(answer.id, context)),
    object: '"chat.completion"',
    created: json(answer.createdSeconds ?? context.createdSeconds),
    model: json(context.model),
    choices: jsonArray([choice]),
    usage: json(chatUsage(answer.usage ?? estimatedUsage(context))),
    system_fingerprint: fingerprint === undefined ? undefined : json(fingerprint),
  });
}

/** A call without arguments has `{}`: "" is no JSON, and fails when it is given back. */
const callArguments = (input: JsonText): JsonText => (input.trim() === '' ? '{}' : input);

/** The id of an answer as Chat Completions has it; the request's where the upstream gave none. */
export function chatId(id: string, context: AnswerContext): string {
  const own = id === '' ? context.requestId : id;
  return own.startsWith('chatcmpl-') ? own : `chatcmpl-${own}`;
}

/** Until the upstream tells, or where it never does. */
export const estimatedUsage = (context: AnswerContext) => {
  const usage = emptyUsage('estimated');
  usage.input.uncached = context.inputEstimate;
  return usage;
};
