import type { StreamedBody, StreamingClient } from '../../pipeline/reply.ts';
import type { BodyReader } from '../../upstreams/upstream-response.ts';

/** The body of a `Response`, one piece after the other. */
export class ResponseStream implements StreamedBody {
  readonly #reader: BodyReader;
  #room: (() => void) | undefined;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  start(client: StreamingClient): void {
    this.#pump(client).catch(() => client.cut());
  }

  onRoom(): void {
    this.#room?.();
  }

  cancel(): void {
    this.#reader.cancel().catch(() => {});
    this.#room?.();
  }

  async #pump(client: StreamingClient): Promise<void> {
    for (;;) {
      const { value } = await this.#reader.read();
      if (value === undefined) {
        client.end(new Uint8Array(0));
        return;
      }
      if (client.write(value)) continue;
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
  }
}
