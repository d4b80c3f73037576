import { refuse } from './field-checks.ts';
import type { NeutralMessage, NeutralRequest } from './neutral.ts';

/**
 * Refuses an empty newest user message where an answer would be the end without it: messages without content are left
 * out, and the model would go on from an earlier answer as if that was prefilled, or have nothing to answer.
 * `canContinue`: whether this model goes on from an answer at all. Throws `invalid_param`.
 */
export function requireInput(
  { messages, newestUser }: NeutralRequest,
  saysSomething: (message: NeutralMessage) => boolean,
  canContinue = true,
): void {
  const newest = messages.findLastIndex(({ role }) => role === 'user');
  const last = messages.findLastIndex(saysSomething);
  if (newest < 0 || messages[last]?.role !== 'assistant') return;
  const goesOnFromBefore = last < newest;
  const hasNothingToAnswer = messages.every((message) => message.role === 'assistant' || !saysSomething(message));
  if (!goesOnFromBefore && !hasNothingToAnswer) return;
  const advice =
    goesOnFromBefore && canContinue ? ', or leave the message out to have the answer before it continued' : '';
  refuse(`messages[${newestUser}].content`, `says nothing: send what the model is to answer${advice}`);
}
