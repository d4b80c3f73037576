import { GatewayError } from '../errors/catalogue.ts';
import { decodeLeniently } from '../protocols/utf8.ts';
import { flow, NOTHING } from '../upstreams/body-flow.ts';
import { failureOfConnection } from '../upstreams/failures.ts';
import { GatheredBytes } from '../upstreams/http/gathered-bytes.ts';
import type { BodyConsumer, BodyFlow, UpstreamBody, UpstreamResponse } from '../upstreams/upstream-response.ts';
import type { Call } from './call.ts';
import type { Watched } from './stream-watch.ts';

/** Longest whole answer that is taken from an upstream. An error may be as long: some quote the whole request. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * An upstream's body as text, under the idle clock. Rejects with `upstream_timeout` when it falls silent, `upstream_error` when
 * it breaks or is larger than any answer; when the client left, with the abort's reason.
 */
export function readText(call: Call, { body }: UpstreamResponse): Promise<string> {
  return body === null ? Promise.resolve('') : new WholeBody(call).read(body);
}

/** Gathers a body; aborts the exchange when the upstream sends nothing for too long. */
class WholeBody implements BodyConsumer, Watched {
  readonly #call: Call;
  readonly #idleMs: number;
  readonly #text = Promise.withResolvers<string>();
  readonly #bytes = new GatheredBytes();
  #heardAt = performance.now();
  #heard = false;
  #flow: BodyFlow = NOTHING;
  #over = false;

  constructor(call: Call) {
    this.#call = call;
    this.#idleMs = call.card.timeouts?.idle_ms ?? call.house.config.timeouts.idleMs;
  }

  read(body: UpstreamBody): Promise<string> {
    this.#call.house.watch.add(this);
    try {
      this.#flow = flow(body, this);
    } catch (error) {
      this.onBroken(error);
    }
    return this.#text.promise;
  }

  onBytes(chunk: Uint8Array, start: number, end: number): void {
    if (this.#over) return;
    this.#heard = true;
    if (this.#bytes.size + end - start > MAX_ANSWER_BYTES) {
      this.#fail(new GatewayError('upstream_error', 'The upstream sent an answer that is too large.'));
      return;
    }
    this.#bytes.add(chunk, start, end);
  }

  onEnd(): void {
    if (this.#over) return;
    this.#end();
    this.#text.resolve(decodeLeniently(this.#bytes.take()));
  }

  onBroken(cause: unknown): void {
    const { aborted, reason } = this.#call.abort;
    this.#fail(aborted ? reason : failureOfConnection(cause));
  }

  tick(now: number): void {
    if (this.#heard) this.#heardAt = now;
    this.#heard = false;
    if (now - this.#heardAt <= this.#idleMs) return;
    const silent = new GatewayError('upstream_timeout', 'The upstream fell silent in the middle of its answer.');
    this.#call.abort.abort(silent);
    this.#fail(silent);
  }

  #fail(reason: unknown): void {
    if (this.#over) return;
    this.#end();
    this.#bytes.clear();
    this.#text.reject(reason);
    // Not while the connection hands its bytes over.
    queueMicrotask(() => this.#flow.cancel());
  }

  #end(): void {
    this.#over = true;
    this.#call.house.watch.remove(this);
  }
}
