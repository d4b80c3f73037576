import type { StreamedBody, StreamingClient } from '../../pipeline/reply.ts';
import { flow, NOTHING } from '../../upstreams/body-flow.ts';
import type { BodyConsumer, BodyFlow, UpstreamBody } from '../../upstreams/upstream-response.ts';

/** The body of a `Response`, one piece after the other, as fast as the client takes them. */
export class ResponseStream implements StreamedBody, BodyConsumer {
  readonly #body: UpstreamBody;
  #flow: BodyFlow = NOTHING;
  #client!: StreamingClient;

  constructor(body: UpstreamBody) {
    this.#body = body;
  }

  start(client: StreamingClient): void {
    this.#client = client;
    this.#flow = flow(this.#body, this);
  }

  onRoom(): void {
    this.#flow.resume();
  }

  cancel(): void {
    this.#flow.cancel();
  }

  onBytes(chunk: Uint8Array, start: number, end: number): void {
    if (!this.#client.write(chunk.subarray(start, end))) this.#flow.pause();
  }

  onEnd(): void {
    this.#client.end(new Uint8Array(0));
  }

  onBroken(): void {
    this.#client.cut();
  }
}
