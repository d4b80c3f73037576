import { GatewayError } from '../errors/catalogue.ts';
import { decodeLeniently } from '../protocols/utf8.ts';
import { flow } from '../upstreams/body-flow.ts';
import { failureOfConnection } from '../upstreams/failures.ts';
import type { BodyConsumer, UpstreamResponse } from '../upstreams/upstream-response.ts';
import type { Call } from './call.ts';
import type { Watched } from './stream-watch.ts';

/** Longest whole answer that is taken from an upstream. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * An upstream's body as text, under the idle clock. Throws `upstream_timeout` when it falls silent, `upstream_error` when it
 * breaks or is larger than any answer; when the client left, the abort's reason.
 */
export async function readText(call: Call, upstream: UpstreamResponse, maxBytes = MAX_ANSWER_BYTES): Promise<string> {
  if (upstream.body === null) return '';
  const body = new WholeBody(call, maxBytes);
  const { watch } = call.house;
  watch.add(body);
  const rest = flow(upstream.body, body);
  try {
    return decodeLeniently(await body.whole);
  } catch (error) {
    rest.cancel();
    throw error;
  } finally {
    watch.remove(body);
  }
}

/** Gathers a body; aborts the exchange when the upstream sends nothing for too long. */
class WholeBody implements BodyConsumer, Watched {
  readonly whole: Promise<Uint8Array>;
  readonly #call: Call;
  readonly #idleMs: number;
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #heardAt = performance.now();
  #heard = false;
  #resolve!: (bytes: Uint8Array) => void;
  #reject!: (reason: unknown) => void;

  constructor(call: Call, maxBytes: number) {
    this.#call = call;
    this.#idleMs = call.card.timeouts?.idle_ms ?? call.house.config.timeouts.idleMs;
    this.#maxBytes = maxBytes;
    this.whole = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  onBytes(chunk: Uint8Array, start: number, end: number): void {
    this.#heard = true;
    this.#size += end - start;
    if (this.#size > this.#maxBytes) {
      this.#chunks.length = 0;
      this.#reject(new GatewayError('upstream_error', 'The upstream sent an answer that is too large.'));
      return;
    }
    this.#chunks.push(chunk.subarray(start, end));
  }

  onEnd(): void {
    this.#resolve(this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#size));
  }

  onBroken(cause: unknown): void {
    const { aborted, reason } = this.#call.abort;
    this.#reject(aborted ? reason : failureOfConnection(cause));
  }

  tick(now: number): void {
    if (this.#heard) this.#heardAt = now;
    this.#heard = false;
    if (now - this.#heardAt <= this.#idleMs) return;
    const silent = new GatewayError('upstream_timeout', 'The upstream fell silent in the middle of its answer.');
    this.#call.abort.abort(silent);
    this.#reject(silent);
  }
}
