import type { StreamedBody, StreamingClient } from '../../pipeline/reply.ts';
import { flow, NOTHING } from '../../upstreams/body-flow.ts';
import type { BodyConsumer, BodyFlow, UpstreamBody } from '../../upstreams/upstream-response.ts';

/** The body of a `Response`: of an event stream as it comes, of any other at once: none is long. `wanted`: it is to be sent. */
export function bodyOf(response: Response, wanted: boolean): StreamedBody | Promise<string | Uint8Array> {
  const { body, headers } = response;
  const streams = body !== null && headers.get('content-type')?.startsWith('text/event-stream');
  if (!streams) return response.bytes();
  return wanted ? new ResponseStream(body) : body.cancel().then(() => '');
}

/** The body of a `Response`, one piece after the other, as fast as the client takes them. */
class ResponseStream implements StreamedBody, BodyConsumer {
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
