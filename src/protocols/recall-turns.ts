import {
  callLookup,
  madeLookup,
  type ReasoningMemory,
  type RememberedBlock,
  type RememberedTurn,
  textLookup,
} from './reasoning-memory.ts';

/** An assistant's turn as a client gives it back. */
export interface ReplayedTurn {
  /** Ids of its calls. */
  calls: readonly string[];
  /** All its reasoning, as one text. */
  reasoning: string;
}

/**
 * What the memory knows of each turn, by index: by tool-call id, then by the hash of the reasoning; where several vendors
 * made the same, the one of `vendor`, to whom it is replayed. All are asked for at once.
 */
export async function recallTurns(
  replayed: readonly (ReplayedTurn | undefined)[],
  memory: ReasoningMemory,
  keyId: string,
  vendor: string,
): Promise<(RememberedTurn | undefined)[]> {
  const names = replayed.map((turn) => turn?.calls.map(callLookup) ?? []);
  const byCall = await memory.recall(keyId, names.flat());
  const turns = names.map((calls) => {
    const known = calls.find((name) => byCall.has(name));
    return known === undefined ? undefined : byCall.get(known);
  });
  // Some servers count their calls from zero in every conversation: the text then tells which one it was.
  const unsure = new Map<number, string>();
  replayed.forEach((turn, i) => {
    const text = turn?.reasoning ?? '';
    const found = turns[i];
    if (text !== '' && (found === undefined || textOf(found.blocks) !== text)) unsure.set(i, textLookup(text));
  });
  const byText = await memory.recall(
    keyId,
    [...unsure.values()].flatMap((name) => [name, madeLookup(name, vendor)]),
  );
  for (const [i, name] of unsure) turns[i] = byText.get(madeLookup(name, vendor)) ?? byText.get(name) ?? turns[i];
  return turns;
}

const textOf = (blocks: RememberedBlock[]): string => blocks.map((block) => block.text).join('');
