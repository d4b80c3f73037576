import type { BodyConsumer, BodyFlow, BodyReader, UpstreamBody } from './upstream-response.ts';

/** Lets a body flow to a consumer, whatever kind it is. It may begin before this returns. */
export function flow(body: UpstreamBody | null, consumer: BodyConsumer): BodyFlow {
  if (body === null) {
    consumer.onEnd();
    return NOTHING;
  }
  return body.flowTo?.(consumer) ?? new Pump(body.getReader(), consumer);
}

/** A body that is over, or not there yet. */
export const NOTHING: BodyFlow = { pause() {}, resume() {}, cancel() {} };

/** A server that said its last word has this long to end its body. */
const DRAIN_MS = 500;

/** Lets in the rest of a body that nobody wants, so that its connection can be used again; a server that goes on is cut off. */
export function drain(flow: BodyFlow): void {
  flow.resume();
  setTimeout(() => flow.cancel(), DRAIN_MS);
}

/** Reads for a consumer what has to be asked for. */
class Pump implements BodyFlow {
  readonly #reader: BodyReader;
  #resumed: PromiseWithResolvers<void> | undefined;
  #cancelled = false;

  constructor(reader: BodyReader, consumer: BodyConsumer) {
    this.#reader = reader;
    void this.#run(consumer);
  }

  pause(): void {
    this.#resumed ??= Promise.withResolvers();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#reader.cancel().catch(() => {});
    this.resume();
  }

  async #run(consumer: BodyConsumer): Promise<void> {
    for (;;) {
      await this.#resumed?.promise;
      if (this.#cancelled) return;
      let bytes: Uint8Array | undefined;
      try {
        ({ value: bytes } = await this.#reader.read());
      } catch (error) {
        if (!this.#cancelled) consumer.onBroken(error);
        return;
      }
      if (this.#cancelled) return;
      if (bytes === undefined) {
        consumer.onEnd();
        return;
      }
      consumer.onBytes(bytes, 0, bytes.length);
    }
  }
}
