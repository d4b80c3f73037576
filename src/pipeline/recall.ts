import { type JsonObject, parseJson } from '../protocols/json.ts';
import { splice } from '../protocols/json-text.ts';
import type { NeutralRequest } from '../protocols/neutral.ts';
import { PutBack } from '../protocols/put-back.ts';
import { recallReasoning } from '../protocols/recall-reasoning.ts';
import { type ReplayedTurn, recallTurns } from '../protocols/recall-turns.ts';
import { wires } from '../protocols/wires.ts';
import { turnsToRecall } from '../upstreams/recall.ts';
import { hasOtherMaker } from '../upstreams/vendors.ts';
import type { Call } from './call.ts';

/**
 * Asks the memory for what goes up with the client's earlier turns beside its own words, before the prompt is bounded: a
 * client that replays a few calls may have its model's whole reasoning put back. Decodes a request that is to be translated.
 * Waits only where something has to be asked.
 */
export function recall(call: Call): void | Promise<void> {
  if (call.lane === 'express') {
    const turns = turnsToRecall(call.choice.route, call.body, call.house.registry.upstreams);
    return turns === undefined ? undefined : recallForExpress(call, turns);
  }
  const request = decode(call);
  call.neutral = request;
  return request.messages.some(({ role }) => role === 'assistant') ? recallForTranslation(call, request) : undefined;
}

async function recallForExpress(call: Call, turns: readonly (ReplayedTurn | undefined)[]): Promise<void> {
  const { house, key, choice } = call;
  const remembered = await recallTurns(turns, house.memory, key!.id, choice.route.vendor);
  call.remembered = remembered;
  const putBack = new PutBack();
  for (const [index, turn] of remembered.entries()) {
    if (turn?.vendor !== choice.route.vendor) continue;
    for (const id of new Set(turns[index]?.calls)) putBack.sealed += turn.calls[id]?.length ?? 0;
  }
  call.putBack = putBack;
}

async function recallForTranslation(call: Call, request: NeutralRequest): Promise<void> {
  const { house, key, choice, notes } = call;
  const { route } = choice;
  const target = { route, isForeignSignature: (signature: string) => hasOtherMaker(signature, route.vendor) };
  const putBack = new PutBack();
  call.neutral = await recallReasoning(request, house.memory, key!.id, target, notes, putBack);
  call.putBack = putBack;
}

function decode(call: Call): NeutralRequest {
  const { protocol, notes, edits, top } = call;
  let { text, body } = call;
  if (edits.length > 0) {
    text = splice(text, edits, top);
    body = parseJson(text) as JsonObject;
  }
  return wires[protocol].decodeRequest(text, body, notes);
}
