import { append } from './append.ts';
import type { NeutralMessage, ToolResultPart } from './neutral.ts';

type UserMessage = Extract<NeutralMessage, { role: 'user' }>;

/**
 * The same conversation with every tool result directly after the turn that called, in the order of the calls, in one
 * user message of its own; and neighbouring assistant messages made one. Both protocols refuse results that come late,
 * out of order or after other content, and reasoning that is split from its call. What a new turn adds at the end changes
 * nothing before it.
 */
export function pairToolResults(messages: readonly NeutralMessage[]): NeutralMessage[] {
  const paired: NeutralMessage[] = [];
  let i = 0;
  while (i < messages.length) {
    const message = messages[i]!;
    if (message.role !== 'assistant') {
      paired.push(message);
      i++;
      continue;
    }
    const parts = [...message.parts];
    let { name } = message;
    i++;
    for (let next = messages[i]; next?.role === 'assistant'; next = messages[++i]) {
      append(parts, next.parts);
      name ??= next.name;
    }
    paired.push(name === undefined ? { role: 'assistant', parts } : { role: 'assistant', parts, name });
    const after: NeutralMessage[] = [];
    for (let next = messages[i]; next !== undefined && next.role !== 'assistant'; next = messages[++i])
      after.push(next);
    const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
    append(paired, calls.length === 0 ? after : resultsFirst(after, calls));
  }
  return paired;
}

function resultsFirst(messages: NeutralMessage[], callIds: string[]): NeutralMessage[] {
  const results: ToolResultPart[] = [];
  const rest: NeutralMessage[] = [];
  for (const message of messages) {
    if (message.role !== 'user') {
      rest.push(message);
      continue;
    }
    const others: UserMessage['parts'] = [];
    for (const part of message.parts) {
      if (part.type === 'tool-result') results.push(part);
      else others.push(part);
    }
    if (others.length > 0) rest.push({ ...message, parts: others });
  }
  if (results.length === 0) return rest;
  // Of two calls by one id, the first.
  const places = new Map(callIds.map((id, at): [string, number] => [id, at]).reverse());
  const place = ({ callId }: ToolResultPart): number => places.get(callId) ?? callIds.length;
  results.sort((a, b) => place(a) - place(b));
  return [{ role: 'user', parts: results }, ...rest];
}
