import type { Route } from '../models/card.ts';
import { fieldName } from './field-names.ts';
import type { NeutralMessage, NeutralRequest, ReasoningPart } from './neutral.ts';
import type { PutBack } from './put-back.ts';
import type { ReasoningMemory, RememberedBlock, RememberedTurn } from './reasoning-memory.ts';
import { type ReplayedTurn, recallTurns } from './recall-turns.ts';
import { isSameTurn, joinSplitTurns } from './split-turns.ts';
import type { Notes } from './wire.ts';

type AssistantMessage = Extract<NeutralMessage, { role: 'assistant' }>;
type AssistantParts = AssistantMessage['parts'];

/** Where earlier turns are replayed to. */
interface ReplayTarget {
  route: Route;
  /** True when a signature was certainly made by another vendor than the route's. */
  isForeignSignature: (signature: string) => boolean;
}

/**
 * The request with the reasoning of earlier turns as its maker knows it: signatures, encrypted blocks and order
 * restored from memory, by tool-call id and then by the text, once for a turn that the client gives back in pieces. Left
 * out, and listed: reasoning of another vendor's make, and at an upstream that wants signatures what the memory does not
 * know, or has no signature of; thinking is then off for this request, for a turn without its thinking would be refused.
 * Adds to `putBack` what the client did not send itself.
 */
export async function recallReasoning(
  request: NeutralRequest,
  memory: ReasoningMemory,
  keyId: string,
  target: ReplayTarget,
  notes: Notes,
  putBack: PutBack,
): Promise<NeutralRequest> {
  const { route } = target;
  const turns = await recallTurns(request.messages.map(asReplayed), memory, keyId, route.vendor);
  const recalled = await joinSplitTurns(request.messages, turns, memory, keyId);
  let missed = false;
  const messages = recalled.map(({ message, turn }, i): NeutralMessage => {
    if (message.role !== 'assistant') return message;
    if (turn === undefined || (turn.vendor === route.vendor && isMakerAlone(turn))) {
      const kept = message.parts.filter((part) => part.type !== 'reasoning' || isUsable(part, target));
      if (kept.length === message.parts.length) return message;
      if (route.protocol === 'messages') missed = true;
      notes.changed.add(fieldName('replay', request.client));
      return { ...message, parts: kept };
    }
    if (turn.vendor !== route.vendor) {
      const kept = message.parts.filter((part) => part.type !== 'reasoning');
      if (kept.length < message.parts.length) notes.changed.add(fieldName('replay', request.client));
      return { ...message, parts: kept };
    }
    // Neighbours that lead to one turn, and are not all of it word for word: it is given back with the first.
    const given = isSameTurn(recalled[i - 1]?.turn, turn);
    const blocks = given ? [] : turn.blocks.filter((block) => isSigned(block, route));
    if (!given && blocks.length < turn.blocks.length) {
      missed = true;
      notes.changed.add(fieldName('replay', request.client));
    }
    const parts = restore(message.parts, { ...turn, blocks });
    addPutBack(putBack, message.parts, parts);
    return { ...message, parts };
  });
  if (!missed) return { ...request, messages };
  const { reasoning } = request;
  if (reasoning?.mode !== 'disabled') notes.changed.add('thinking');
  return {
    ...request,
    messages,
    reasoning: { mode: 'disabled', budgetTokens: undefined, effort: undefined, display: reasoning?.display },
  };
}

/** Whether nothing is known of the turn but who made it. */
const isMakerAlone = ({ blocks, calls }: RememberedTurn): boolean =>
  blocks.length === 0 && Object.keys(calls).length === 0;

function asReplayed(message: NeutralMessage): ReplayedTurn | undefined {
  if (message.role !== 'assistant') return undefined;
  return {
    calls: message.parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])),
    reasoning: reasoningOf(message.parts),
  };
}

/**
 * Whether reasoning that the memory does not know may go up as it came. To an upstream that signs, never: it would be
 * refused. To one that does not, unless its signature shows that somebody else made it.
 */
function isUsable(part: ReasoningPart, { route, isForeignSignature }: ReplayTarget): boolean {
  if (route.protocol === 'messages' || part.redacted !== undefined) return false;
  return !isForeignSignature(part.signature ?? '');
}

/** Whether the upstream takes the block back. On Messages it wants a signature, but where it is known to give none itself. */
function isSigned({ signature, redacted }: RememberedBlock, { protocol, repairs }: Route): boolean {
  return protocol !== 'messages' || repairs.length > 0 || signature !== '' || redacted !== undefined;
}

/** The parts with the turn's own reasoning in place of the client's copy, each block where it stood. */
function restore(parts: AssistantParts, turn: RememberedTurn): AssistantParts {
  const restored: AssistantParts = [];
  const due = [...turn.blocks];
  let text = 0;
  let calls = 0;
  for (const part of parts) {
    if (part.type === 'reasoning') continue;
    if (part.type === 'text' || part.type === 'refusal') {
      let rest = part.text;
      // A block inside of what is one text to the client: the text is cut again where it was.
      for (let block = due[0]; block !== undefined && block.afterCalls <= calls; block = due[0]) {
        if (block.afterText >= text + rest.length) break;
        const before = rest.slice(0, Math.max(0, block.afterText - text));
        if (before !== '') restored.push({ type: part.type, text: before });
        text += before.length;
        rest = rest.slice(before.length);
        restored.push(asPart(due.shift()!));
      }
      text += rest.length;
      restored.push(rest === part.text ? part : { ...part, text: rest });
      continue;
    }
    while (due[0] !== undefined && due[0].afterCalls <= calls) restored.push(asPart(due.shift()!));
    calls++;
    const opaque = Object.hasOwn(turn.calls, part.id) ? turn.calls[part.id] : undefined;
    restored.push(opaque === undefined ? part : { ...part, opaque });
  }
  return [...restored, ...due.map(asPart)];
}

function addPutBack(putBack: PutBack, before: AssistantParts, after: AssistantParts): void {
  if (reasoningOf(after) !== reasoningOf(before)) {
    for (const part of after) if (part.type === 'reasoning') putBack.texts.push(part.text);
  }
  putBack.sealed += Math.max(0, sealedIn(after) - sealedIn(before));
}

const reasoningOf = (parts: AssistantParts): string =>
  parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');

/** Length of what only its maker can read. */
function sealedIn(parts: AssistantParts): number {
  return parts.reduce((sum, part) => {
    if (part.type === 'reasoning') return sum + (part.signature?.length ?? 0) + (part.redacted?.length ?? 0);
    return part.type === 'tool-call' ? sum + (part.opaque?.length ?? 0) : sum;
  }, 0);
}

function asPart(block: RememberedBlock): ReasoningPart {
  const part: ReasoningPart = { type: 'reasoning', text: block.text, signature: block.signature };
  return block.redacted === undefined ? part : { ...part, redacted: block.redacted };
}
