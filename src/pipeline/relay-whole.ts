import { formatUsd } from '../billing/usd.ts';
import type { WholeAnswer } from '../protocols/whole-answer.ts';
import type { Call } from './call.ts';
import { dispatch } from './dispatch.ts';
import { readText } from './read-text.ts';
import { Reply } from './reply.ts';
import { answerHeaders } from './respond.ts';
import { settle } from './settle.ts';

/** Sends a body upstream and relays the answer, which is not streamed: whole, charged, then sent with its exact cost. */
export async function relayWhole(call: Call, body: string, read: (text: string) => WholeAnswer): Promise<Reply> {
  const { usage, output, body: told, bodyWith } = read(await readText(call, await dispatch(call, body)));
  const { cost, usage: charged } = await settle(call, { usage, output, ending: 'complete' });
  // As in a stream: what is billed is what the client is told.
  const answer = charged.source === 'estimated' && bodyWith !== undefined ? bodyWith(charged) : told;
  const headers = answerHeaders(call, 'application/json');
  headers['x-bytespike-cost-usd'] = formatUsd(cost);
  return new Reply(200, headers, answer);
}
