import { formatUsd } from '../billing/usd.ts';
import type { WholeAnswer } from '../protocols/whole-answer.ts';
import type { UpstreamResponse } from '../upstreams/upstream-response.ts';
import type { Call } from './call.ts';
import { readText } from './read-text.ts';
import { Reply } from './reply.ts';
import { answerHeaders } from './respond.ts';
import { settle } from './settle.ts';

/** Relays a non-streamed answer: whole, charged, then sent with its exact cost. */
export async function relayWhole(
  call: Call,
  upstream: UpstreamResponse,
  read: (text: string) => WholeAnswer,
): Promise<Reply> {
  const answer = read(await readText(call, upstream));
  const charge = await settle(call, { usage: answer.usage, output: answer.output, ending: 'complete' });
  const headers = answerHeaders(call, 'application/json');
  headers['x-bytespike-cost-usd'] = formatUsd(charge.cost);
  return new Reply(200, headers, answer.body);
}
