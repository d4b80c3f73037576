import { formatUsd } from '../billing/usd.ts';
import { GatewayError } from '../errors/catalogue.ts';
import type { WholeAnswer } from '../protocols/whole-answer.ts';
import { failureOfConnection } from '../upstreams/failures.ts';
import type { UpstreamResponse } from '../upstreams/upstream-response.ts';
import type { Call } from './call.ts';
import { answerHeaders } from './respond.ts';
import { settle } from './settle.ts';
import type { Watched } from './stream-watch.ts';

/** Longest whole answer that is taken from an upstream. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Relays a non-streamed answer: whole, charged, then sent with its exact cost. */
export async function relayWhole(
  call: Call,
  upstream: UpstreamResponse,
  read: (text: string) => WholeAnswer,
): Promise<Response> {
  const answer = read(await readText(call, upstream));
  const charge = await settle(call, { usage: answer.usage, output: answer.output, ending: 'complete' });
  const headers = answerHeaders(call, 'application/json');
  headers['x-bytespike-cost-usd'] = formatUsd(charge.cost);
  return new Response(answer.body, { headers });
}

/**
 * The body as text, under the idle clock. Throws `upstream_timeout` when it falls silent, `upstream_error` when it breaks
 * or is larger than any answer; when the client left, the abort's reason.
 */
export async function readText(call: Call, upstream: UpstreamResponse, maxBytes = MAX_ANSWER_BYTES): Promise<string> {
  if (upstream.body === null) return '';
  const reader = upstream.body.getReader();
  const clock = new IdleClock(call);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || value === undefined) break;
      clock.touch();
      size += value.length;
      if (size > maxBytes) throw new GatewayError('upstream_error', 'The upstream sent an answer that is too large.');
      chunks.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw call.abort.signal.aborted ? call.abort.signal.reason : failureOfConnection(error);
  } finally {
    clock.stop();
  }
  return utf8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size));
}

const utf8 = new TextDecoder();

/** Aborts the exchange when the upstream sends nothing for too long. */
class IdleClock implements Watched {
  readonly #call: Call;
  readonly #idleMs: number;
  #since = performance.now();

  constructor(call: Call) {
    this.#call = call;
    this.#idleMs = call.card.timeouts?.idle_ms ?? call.house.config.timeouts.idleMs;
    call.house.watch.add(this);
  }

  touch(): void {
    this.#since = performance.now();
  }

  stop(): void {
    this.#call.house.watch.remove(this);
  }

  tick(now: number): void {
    if (now - this.#since <= this.#idleMs) return;
    this.#call.abort.abort(
      new GatewayError('upstream_timeout', 'The upstream fell silent in the middle of its answer.'),
    );
  }
}
