import { GatewayError } from '../errors/catalogue.ts';
import { Aborter } from '../upstreams/aborter.ts';

/** A client's request as the road reads it. The listener makes its own; `PlatformRequest` is one of the platform's. */
export interface ClientRequest {
  readonly method: string;
  /** Path and query, or the whole URL. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: RequestHeaders;
  /** Ends all that is done for the request. Aborted with ClientLeft when the client leaves; others have reasons of their own. */
  readonly abort: Aborter;
  /**
   * The whole body, at most `maxBytes`: at once where it is here already. Asked for once. Throws or rejects with BodyTooLarge,
   * and with whatever broke it when it cannot be read to its end.
   */
  readBody(maxBytes: number): Uint8Array | Promise<Uint8Array>;
  /** Bytes of the body that have come. */
  readonly bodyReceived: number;
  /** Nothing of the head or the body is asked for any more: an answer may run for long. */
  forget(): void;
}

/** The part of the platform's `Headers` that the road needs. */
export interface RequestHeaders {
  get(name: string): string | null;
  has(name: string): boolean;
}

/** Reason of an abort that the client caused. */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft';
}

/** A body is longer than whoever reads it takes. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** A request of the platform's on the road: the console's playground calls like any client, but from within. */
export class PlatformRequest implements ClientRequest {
  readonly abort = new Aborter();
  /** Not known of one that comes from within; it is not waited for. */
  readonly bodyReceived = 0;
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
    const { signal } = request;
    const end = (): void => this.abort.abort(signal.reason instanceof GatewayError ? signal.reason : new ClientLeft());
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return this.#request.url;
  }

  get headers(): RequestHeaders {
    return this.#request.headers;
  }

  async readBody(maxBytes: number): Promise<Uint8Array> {
    const bytes = await this.#request.bytes();
    if (bytes.length > maxBytes) throw new BodyTooLarge();
    return bytes;
  }

  forget(): void {}
}
