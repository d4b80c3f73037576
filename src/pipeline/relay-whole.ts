import { formatUsd } from '../billing/usd.ts';
import type { WholeAnswer } from '../protocols/whole-answer.ts';
import type { Call } from './call.ts';
import { isAccepted, refuse, send } from './dispatch.ts';
import { readText } from './read-text.ts';
import { Reply } from './reply.ts';
import { answerHeaders } from './respond.ts';
import { settle } from './settle.ts';

/**
 * Sends a body upstream and relays the answer, which is not streamed: whole, charged, then sent with its exact cost. In one
 * function from the sending to the reply: each that waits for another costs as much as a step of the road.
 */
export async function relayWhole(call: Call, body: string, read: (text: string) => WholeAnswer): Promise<Reply> {
  const response = await send(call, body);
  if (!isAccepted(call, response)) await refuse(call, response);
  const { usage, output, body: answer } = read(await readText(call, response));
  const { cost } = await settle(call, { usage, output, ending: 'complete' });
  const headers = answerHeaders(call, 'application/json');
  headers['x-bytespike-cost-usd'] = formatUsd(cost);
  return new Reply(200, headers, answer);
}
