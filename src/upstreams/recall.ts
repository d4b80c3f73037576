import type { Card, Route } from '../models/card.ts';
import { isSignedCall } from '../protocols/chat-completions/call-marks.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../protocols/json.ts';
import type { ReplayedTurn } from '../protocols/recall-turns.ts';
import type { RequestView } from './cure.ts';
import type { Upstream } from './upstream.ts';

/**
 * Earlier turns of a body on the express lane whose maker this upstream has to know, by index of the message; undefined
 * where there are none, as in most bodies: turns with reasoning that would go up, and calls that lost what they came with.
 * On Messages every block tells its maker itself.
 */
export function turnsToRecall(
  route: Route,
  body: JsonObject,
  upstreams: readonly Upstream[],
): (ReplayedTurn | undefined)[] | undefined {
  if (route.protocol === 'messages') return undefined;
  const signed = answersAreSigned(route);
  // Where there is one vendor, all is of its make.
  const replays = hasOthers(upstreams, route.vendor) && !route.refuses.includes('replayed-reasoning');
  if (!signed && !replays) return undefined;
  let found: (ReplayedTurn | undefined)[] | undefined;
  const messages = asArray(body.messages);
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index];
    if (!isObject(message) || message.role !== 'assistant') continue;
    const calls = asArray(message.tool_calls);
    const reasoning = replays ? reasoningOf(message) : '';
    if (reasoning === '' && (!signed || calls.length === 0 || calls.some(isSignedCall))) continue;
    found ??= [];
    found[index] = { calls: calls.flatMap((call) => asString(asObject(call)?.id) || []), reasoning };
  }
  return found;
}

function hasOthers(upstreams: readonly Upstream[], ownVendor: string): boolean {
  for (const { vendor } of upstreams) if (vendor !== ownVendor) return true;
  return false;
}

/** Reasoning of another vendor's make is nothing that this one could continue: it is left out, and never sent as its own. */
export function leaveOutForeignReasoning(view: RequestView): void {
  for (const [index, message] of view.messages) {
    if (!isForeignTurn(view, index) || reasoningOf(message) === '') continue;
    view.notes.changed.add('reasoning_content');
    // An empty one says the same as none, and is taken where one must be there.
    if (message.reasoning_content !== undefined) {
      view.edits.push({ path: ['messages', index, 'reasoning_content'], set: '""' });
    }
    if (message.reasoning !== undefined) view.edits.push({ path: ['messages', index, 'reasoning'], remove: true });
  }
}

/** Whether another vendor than this upstream's is known to have made the turn. */
export function isForeignTurn({ remembered, route }: RequestView, index: number): boolean {
  const maker = remembered[index]?.vendor;
  return maker !== undefined && maker !== route.vendor;
}

/** Vendors disagree about its name. */
const reasoningOf = (message: JsonObject): string =>
  asString(message.reasoning_content) || asString(message.reasoning) || '';

/**
 * Whether it has to be known of the answers' reasoning who made it: where an upstream of another vendor would take a copy
 * of it for its own that has lost its signature.
 */
export function makerMatters(card: Card, route: Route, upstreams: readonly Upstream[]): boolean {
  if (route.protocol === 'messages' || !card.capabilities.includes('thinking')) return false;
  return upstreams.some(({ protocol, vendor }) => protocol === 'messages' && vendor !== route.vendor);
}

/** Whether calls come with data of the upstream's own that it wants back with them. */
export function answersAreSigned(route: Route): boolean {
  return route.refuses.includes('missing-thought-signature');
}
