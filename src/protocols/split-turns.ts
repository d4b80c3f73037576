import type { NeutralMessage } from './neutral.ts';
import {
  type PlacedCall,
  type ReasoningMemory,
  type RememberedBlock,
  type RememberedTurn,
  wholeLookup,
} from './reasoning-memory.ts';

type AssistantMessage = Extract<NeutralMessage, { role: 'assistant' }>;

/** A message, and what is remembered of it. */
interface Recalled {
  message: NeutralMessage;
  turn: RememberedTurn | undefined;
}

/** Neighbouring assistant messages that may be one turn: from `from` up to before `to`. */
interface Candidate {
  from: number;
  to: number;
  lookup: string;
}

/** Most messages that are tried on either side of those that lead to a turn: a text leads nowhere by itself. */
const REACH = 3;

/**
 * The messages with their turns, and those made one that together are a remembered turn: some clients send its text,
 * its calls, or each of them in a message of its own, and the turn's reasoning belongs into it once. Only what is the
 * whole turn and nothing else is joined: the memory knows its text and its calls by their hash.
 */
export async function joinSplitTurns(
  messages: readonly NeutralMessage[],
  turns: readonly (RememberedTurn | undefined)[],
  memory: ReasoningMemory,
  keyId: string,
): Promise<Recalled[]> {
  const candidates = findCandidates(messages, turns);
  const lookups = candidates.map(({ lookup }) => lookup);
  const whole = lookups.length === 0 ? new Map<string, RememberedTurn>() : await memory.recall(keyId, lookups);
  const joined: Recalled[] = [];
  let next = 0;
  const passUpTo = (end: number): void => {
    for (; next < end; next++) joined.push({ message: messages[next]!, turn: turns[next] });
  };
  for (const { from, to, lookup } of candidates) {
    const turn = whole.get(lookup);
    if (turn === undefined || from < next) continue;
    passUpTo(from);
    const pieces = messages.slice(from, to) as AssistantMessage[];
    joined.push({ message: { ...pieces[0]!, parts: pieces.flatMap(({ parts }) => parts) }, turn });
    next = to;
  }
  passUpTo(messages.length);
  return joined;
}

/** For each turn: the neighbours from the first that leads to it to the last, and these with some on either side. */
function findCandidates(
  messages: readonly NeutralMessage[],
  turns: readonly (RememberedTurn | undefined)[],
): Candidate[] {
  const candidates: Candidate[] = [];
  const isUnknown = (i: number): boolean => messages[i]?.role === 'assistant' && turns[i] === undefined;
  for (let first = 0, end = 0; first < messages.length; first = end) {
    end = first + 1;
    const turn = turns[first];
    if (turn === undefined || turn.blocks.length === 0) continue;
    for (let i = end; isUnknown(i) || isSameTurn(turns[i], turn); i++) if (turns[i] !== undefined) end = i + 1;
    let [before, after] = [0, 0];
    while (before < REACH && isUnknown(first - before - 1)) before++;
    while (after < REACH && isUnknown(end + after)) after++;
    for (let from = first; from >= first - before; from--) {
      for (let to = end; to <= end + after; to++) {
        if (to - from < 2) continue;
        const lookup = lookupOf(messages.slice(from, to) as AssistantMessage[], turn);
        if (lookup !== undefined) candidates.push({ from, to, lookup });
      }
    }
  }
  return candidates;
}

export const isSameTurn = (a: RememberedTurn | undefined, b: RememberedTurn): boolean =>
  a !== undefined && Bun.deepEquals(a, b);

/** What the messages are remembered by if they are the turn; undefined where their reasoning is not its own. */
function lookupOf(pieces: readonly AssistantMessage[], { blocks }: RememberedTurn): string | undefined {
  let text = '';
  const calls: PlacedCall[] = [];
  for (const { parts } of pieces) {
    let reasoning = '';
    for (const part of parts) {
      if (part.type === 'reasoning') reasoning += part.text;
      else if (part.type === 'tool-call') calls.push({ id: part.id, afterText: text.length });
      else text += part.text;
    }
    if (reasoning !== '' && !isOfBlocks(reasoning, blocks)) return undefined;
  }
  return wholeLookup(blocks, text, calls);
}

/** Whether the reasoning is that of one block or of several in a row, whole. */
function isOfBlocks(reasoning: string, blocks: readonly RememberedBlock[]): boolean {
  return blocks.some((_, first) => {
    let at = 0;
    for (let i = first; i < blocks.length && reasoning.startsWith(blocks[i]!.text, at); i++) {
      at += blocks[i]!.text.length;
      if (at === reasoning.length) return true;
    }
    return false;
  });
}
