import type { Route } from '../models/card.ts';
import { isSignedCall } from '../protocols/chat-completions/call-marks.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../protocols/json.ts';
import type { ReplayedTurn } from '../protocols/recall-turns.ts';

/**
 * Earlier turns of a body on the express lane whose maker this upstream's cures have to know, by index of the message;
 * undefined where there are none, as in most bodies. On Messages every block tells its maker itself.
 */
export function turnsToRecall(route: Route, body: JsonObject): (ReplayedTurn | undefined)[] | undefined {
  if (route.protocol === 'messages') return undefined;
  const signed = answersAreSigned(route);
  let found: (ReplayedTurn | undefined)[] | undefined;
  for (const [index, message] of asArray(body.messages).entries()) {
    if (!isObject(message) || message.role !== 'assistant') continue;
    const calls = asArray(message.tool_calls);
    if (!(signed && calls.length > 0 && !calls.some(isSignedCall))) continue;
    found ??= [];
    found[index] = { calls: calls.flatMap((call) => asString(asObject(call)?.id) || []), reasoning: '' };
  }
  return found;
}

/** Whether calls come with data of the upstream's own that it wants back with them. */
export function answersAreSigned(route: Route): boolean {
  return route.refuses.includes('missing-thought-signature');
}
