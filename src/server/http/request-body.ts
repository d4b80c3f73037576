import { BodyTooLarge } from '../../pipeline/client-request.ts';
import { GatheredBytes } from '../../upstreams/http/gathered-bytes.ts';

/** What a body needs of the connection that it comes over. */
export interface BodySource {
  /** Somebody waits for the body: it may flow. */
  onWanted(): void;
  /** Nobody has asked yet, and enough is here. */
  onUnwanted(): void;
}

/** Bytes that may wait for a reader before the client is made to wait. */
const MAX_WAITING_BYTES = 64 * 1024;

/** A request's body, gathered as it comes for whoever asks for it; let go when nobody will. */
export class RequestBody {
  readonly #source: BodySource;
  readonly #bytes = new GatheredBytes();
  #size = 0;
  #over = false;
  #discarded = false;
  #failure: Error | undefined;
  #maxBytes = Number.POSITIVE_INFINITY;
  #reader: PromiseWithResolvers<Uint8Array> | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** Bytes that have come. */
  get received(): number {
    return this.#size;
  }

  /** The whole body, at once where it is here. Throws or rejects with BodyTooLarge, or with what broke it. */
  read(maxBytes: number): Uint8Array | Promise<Uint8Array> {
    if (this.#size > maxBytes) {
      this.discard();
      throw new BodyTooLarge();
    }
    if (this.#over) return this.#bytes.take();
    if (this.#failure !== undefined) throw this.#failure;
    this.#maxBytes = maxBytes;
    this.#reader = Promise.withResolvers();
    this.#source.onWanted();
    return this.#reader.promise;
  }

  /** Nobody asks any more: what comes is let go. */
  discard(): void {
    this.#discarded = true;
    this.#bytes.clear();
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    this.#size += end - start;
    if (this.#discarded) return;
    if (this.#size > this.#maxBytes) {
      this.discard();
      this.#reader?.reject(new BodyTooLarge());
      this.#reader = undefined;
      return;
    }
    this.#bytes.add(bytes, start, end);
    if (this.#reader === undefined && this.#size > MAX_WAITING_BYTES) this.#source.onUnwanted();
  }

  end(): void {
    this.#over = true;
    this.#reader?.resolve(this.#bytes.take());
    this.#reader = undefined;
  }

  /** It will not come to its end. */
  fail(reason: Error): void {
    if (this.#over || this.#failure !== undefined) return;
    this.#failure = reason;
    this.discard();
    this.#reader?.reject(reason);
    this.#reader = undefined;
  }
}
