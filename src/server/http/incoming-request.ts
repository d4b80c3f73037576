import { GatewayError } from '../../errors/catalogue.ts';
import { arrivingBody } from '../../pipeline/arriving-body.ts';
import type { ClientRequest, RequestHeaders } from '../../pipeline/client-request.ts';
import { Aborter, platformSignal } from '../../upstreams/aborter.ts';
import { Fields } from '../../upstreams/http/fields.ts';
import { type BodySource, RequestBody } from './request-body.ts';
import type { RequestHead } from './request-head.ts';

/** Those that the platform's requests can have; it takes any other for GET. No room has OPTIONS: it stands for all of them. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Ends a host in a URL, or comes before it. */
const NOT_IN_HOST = /[/\\?#@]/;

const malformed = (cause?: unknown): GatewayError =>
  new GatewayError('invalid_param', 'The target, the Host or a header of the request is malformed.', { cause });

/** What a request can ask of its connection. */
export interface RequestSource extends BodySource {
  /** Address of the other end: the client's, or a proxy's. */
  readonly peerIp: string;
}

/** A request as it came over a connection. */
export class IncomingRequest implements ClientRequest, RequestHeaders {
  readonly method: string;
  readonly url: string;
  readonly body: RequestBody;
  readonly abort = new Aborter();
  readonly #source: RequestSource;
  readonly #hasBody: boolean;
  #fields: Fields;

  constructor({ method, target, fields, length }: RequestHead, source: RequestSource) {
    this.method = method;
    this.url = target;
    this.#fields = fields;
    this.#source = source;
    this.#hasBody = length !== 0;
    this.body = new RequestBody(source);
  }

  get peerIp(): string {
    return this.#source.peerIp;
  }

  get headers(): RequestHeaders {
    return this;
  }

  get(name: string): string | null {
    return this.#fields.get(name);
  }

  has(name: string): boolean {
    return this.#fields.get(name) !== null;
  }

  readBody(maxBytes: number): Uint8Array | Promise<Uint8Array> {
    return this.body.read(maxBytes);
  }

  get bodyReceived(): number {
    return this.body.received;
  }

  forget(): void {
    this.#fields = Fields.NONE;
  }

  /**
   * The same for those who take nothing but the platform's own, with a body of `maxBytes` at most: to read it fails with what the
   * client is to be told. Throws `invalid_param` where that cannot be made of it.
   */
  toRequest(maxBytes: number): Request {
    const { method } = this;
    const host = this.get('host') || 'localhost';
    // What it would put before the target would lead elsewhere than whoever stands before us took the target for.
    if (NOT_IN_HOST.test(host)) throw malformed();
    const url = this.url.startsWith('/') ? `http://${host}${this.url}` : this.url;
    const sends = this.#hasBody && method !== 'GET' && method !== 'HEAD';
    try {
      return new Request(url, {
        method: METHODS.has(method) ? method : 'OPTIONS',
        headers: this.#fields.entries(),
        signal: platformSignal(this.abort),
        ...(sends && { body: this.#stream(maxBytes) }),
      });
    } catch (cause) {
      throw malformed(cause);
    }
  }

  /** Asks for the body when somebody reads it, not before. */
  #stream(maxBytes: number): ReadableStream<Uint8Array> {
    return new ReadableStream(
      {
        pull: async (controller) => {
          const bytes = await arrivingBody(this, maxBytes);
          if (bytes.length > 0) controller.enqueue(bytes);
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }
}
