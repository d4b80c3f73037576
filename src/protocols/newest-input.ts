import { refuse } from './field-checks.ts';
import type { NeutralMessage, NeutralRequest } from './neutral.ts';

/**
 * Refuses a conversation whose newest input says nothing: messages without content are left out, and the model would
 * go on from an earlier answer as if that was prefilled, or have nobody to answer. Throws `invalid_param`.
 */
export function requireInput(
  { messages, newestInput }: NeutralRequest,
  saysSomething: (message: NeutralMessage) => boolean,
): void {
  const last = messages.findLastIndex(saysSomething);
  const newest = messages.findLastIndex(isInput);
  if (messages[last]?.role !== 'assistant' || newest < 0) return;
  if (newest < last && messages.some((message) => isInput(message) && saysSomething(message))) return;
  refuse(
    `messages[${newestInput}].content`,
    'says nothing: send what the model is to answer, or leave the message out to have the last answer continued',
  );
}

const isInput = (message: NeutralMessage): boolean => message.role !== 'assistant';
