import type { Socket } from 'bun';
import type { GatewayError } from '../../errors/catalogue.ts';
import { ClientLeft } from '../../pipeline/client-request.ts';
import type { Reply, StreamedBody, StreamingClient } from '../../pipeline/reply.ts';
import { answerHead, type Framing } from './answer-head.ts';
import { IncomingRequest, type RequestSource } from './incoming-request.ts';
import type { RequestBody } from './request-body.ts';
import { MalformedRequest, type RequestHead } from './request-head.ts';
import { type RequestEvents, RequestReader } from './request-reader.ts';
import { ResponseStream } from './response-stream.ts';
import { SocketWriter } from './socket-writer.ts';

/** What answers the requests of all connections. */
export interface ConnectionHost {
  answer(request: IncomingRequest): Reply | Response | Promise<Reply | Response>;
  /** The answer to what is no request, or to a fault of ours. `target`: of the request, where that much of it is known. */
  refuse(error: unknown, target: string | undefined): Reply;
  /** True once nothing more is accepted: the answer that runs is a connection's last. */
  readonly draining: boolean;
  /** A client that takes nothing of its answer for so long counts as one that left. */
  readonly clientStallMs: number;
  /** An answer was taken by its client, or the client left. Once for every call of `answer`. */
  onAnswered(): void;
  onClosed(connection: ClientConnection): void;
}

/** How far apart the calls of `tick` are that the following are counted in. */
export const TICK_MS = 5_000;
/** From the first byte of a head to its last. */
const HEAD_TICKS = 6;
/**
 * Between two requests. Longer than proxies before us keep theirs (a minute and a half to ten minutes by themselves): whoever
 * closes first must not be us, for a request that is on its way meanwhile is lost, and a proxy sends no POST again.
 */
const IDLE_TICKS = 125;
/** Without a byte of a body that is to come. Whoever reads it has a clock for all of it, which is stricter. */
const BODY_TICKS = 24;
/** For the client to send the rest of a body that nobody wants. */
const REST_TICKS = 12;
/** For the client to close after us. */
const LINGER_TICKS = 2;

/**
 * A client's connection: requests one after the other, each with its answer before the next is looked at. The client's
 * going away aborts the request that is being answered; so does the end of its sending alone, for the two look the same.
 */
export class ClientConnection implements RequestSource, RequestEvents, StreamingClient {
  readonly #socket: Socket<ClientConnection>;
  readonly #writer: SocketWriter;
  readonly #reader: RequestReader;
  readonly #host: ConnectionHost;
  /** The request that is being answered, with what its answer depends on. */
  #request: IncomingRequest | undefined;
  #old = false;
  #headOnly = false;
  #keepAlive = true;
  /** The client waits to be told to send the body. */
  #expecting = false;
  #streamed: StreamedBody | undefined;
  /** The head of a streamed answer, which leaves with the first frame. */
  #unsentHead = '';
  /** The answer is written; the client may not have taken all of it. */
  #answered = false;
  #paused = false;
  #served = false;
  /** Our side is closed. */
  #shut = false;
  #closed = false;
  /** Calls of `tick` since something began that has a limit. */
  #ticks = 0;

  constructor(socket: Socket<ClientConnection>, host: ConnectionHost) {
    this.#socket = socket;
    this.#writer = new SocketWriter(socket);
    this.#reader = new RequestReader(this);
    this.#host = host;
    socket.setNoDelay(true);
  }

  get peerIp(): string {
    return this.#socket.remoteAddress ?? '';
  }

  /** The socket has bytes. */
  onData(bytes: Uint8Array): void {
    const { begun, bodyComing } = this.#reader;
    const wanted = bodyComing && !this.#answered;
    this.#reader.push(bytes);
    // A head has one clock for all of it, and so has what nobody wants.
    if (wanted || (!begun && this.#reader.begun)) this.#ticks = 0;
  }

  /** The socket may have room: of that the kernel tells when a third of its buffer is free, of less one has to ask. */
  flush(): boolean {
    if (!this.#writer.flush()) return false;
    this.#ticks = 0;
    if (!this.#writer.idle) return true;
    if (this.#answered) this.#goOn();
    else this.#streamed?.onRoom();
    return true;
  }

  /** The socket is closed. */
  onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#shut = true;
    this.#reader.stop();
    const request = this.#request;
    const streamed = this.#streamed;
    this.#endRequest();
    if (request !== undefined) {
      const left = new ClientLeft();
      request.body.fail(left);
      request.abort.abort(left);
    }
    streamed?.cancel();
    this.#host.onClosed(this);
  }

  /** Looks whether something takes too long. Answers have clocks of their own. */
  tick(): void {
    this.#ticks++;
    this.flush();
    if (this.#ticks <= this.#mostTicks()) return;
    if (this.#request !== undefined || this.#shut) this.cut();
    else if (!this.#reader.begun) this.#shutDown();
    else this.onMalformed(new MalformedRequest('its head did not arrive in time', 408), this.#reader.target);
  }

  /** Closes a connection that has nothing to answer. */
  closeIfIdle(): void {
    if (this.#request === undefined) this.#shutDown();
  }

  /** Ends the answer that runs with an error. One that is written already stays as it is. */
  fail(error: GatewayError): void {
    const request = this.#request;
    if (request === undefined || this.#answered) return;
    request.body.fail(error);
    request.abort.abort(error);
  }

  cut(): void {
    // What is written and closed may be on its way to a slow client still: only what is not whole is taken back.
    if (this.#shut && this.#writer.idle) this.#socket.end();
    else this.#socket.terminate();
    this.onClose();
  }

  onHead(head: RequestHead): RequestBody {
    this.#ticks = 0;
    this.#served = true;
    this.#old = head.old;
    this.#headOnly = head.method === 'HEAD';
    this.#keepAlive = head.keepAlive;
    this.#expecting = head.expectsContinue;
    this.#request = new IncomingRequest(head, this);
    return this.#request.body;
  }

  onRequest(): void {
    const request = this.#request!;
    if (!this.#reader.bodyComing) this.#expecting = false;
    try {
      const answer = this.#host.answer(request);
      if (!(answer instanceof Promise)) this.#send(request, answer);
      else answer.then((late) => this.#send(request, late)).catch((error: unknown) => this.#fault(request, error));
    } catch (error) {
      this.#fault(request, error);
    }
  }

  onBodyEnd(): void {
    if (this.#answered) this.#goOn();
  }

  onMalformed(error: unknown, target: string | undefined): void {
    this.#keepAlive = false;
    if (this.#request !== undefined) {
      // Its body broke off: whoever reads that answers.
      if (this.#answered) this.#goOn();
      return;
    }
    this.#headOnly = false;
    const { status, headers, body } = this.#host.refuse(error, target);
    this.#writer.writeWhole((length) => this.#headOf(status, headers, length), String(body), true);
    this.#shutDown();
  }

  onCrowded(): void {
    // A paused socket does not tell that its client has left: what comes is let go, and this answer is the last.
    this.#keepAlive = false;
    this.#reader.stop();
  }

  onWanted(): void {
    if (this.#expecting && !this.#closed) this.#writer.writeText('HTTP/1.1 100 Continue\r\n\r\n');
    this.#expecting = false;
    this.#resume();
  }

  onUnwanted(): void {
    if (!this.#answered) this.#pause();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed) return true;
    return this.#writer.writeFrame(this.#takeHead(), bytes, !this.#old, false);
  }

  end(last: Uint8Array): void {
    if (this.#closed) return;
    this.#writer.writeFrame(this.#takeHead(), last, !this.#old, true);
    this.#finish();
  }

  #mostTicks(): number {
    if (this.#shut) return LINGER_TICKS;
    if (this.#request === undefined) return this.#served && !this.#reader.begun ? IDLE_TICKS : HEAD_TICKS;
    if (this.#answered) return this.#writer.idle ? REST_TICKS : Math.ceil(this.#host.clientStallMs / TICK_MS);
    return this.#reader.bodyComing ? BODY_TICKS : Number.POSITIVE_INFINITY;
  }

  #send(request: IncomingRequest, answer: Reply | Response): void {
    // The client has left: a streamed answer knows that from the request's abort.
    if (this.#request !== request) {
      if (answer instanceof Response) answer.body?.cancel().catch(() => {});
    } else if (answer instanceof Response) {
      this.#sendResponse(request, answer).catch((error: unknown) => this.#fault(request, error));
    } else {
      const { status, headers, body } = answer;
      if (typeof body === 'string') this.#sendWhole(status, headers, body);
      else this.#sendStream(status, headers, body);
    }
  }

  /** Event streams as they come, all else at once: none of it is long. */
  async #sendResponse(request: IncomingRequest, response: Response): Promise<void> {
    const { status, headers, body } = response;
    const streams = body !== null && headers.get('content-type')?.startsWith('text/event-stream');
    if (streams && !this.#headOnly) {
      this.#sendStream(status, headers, new ResponseStream(body));
      return;
    }
    if (streams) await body.cancel();
    const bytes = streams ? '' : await response.bytes();
    if (this.#request === request) this.#sendWhole(status, headers, bytes, headers.get('content-length'));
  }

  /** `told`: the length that an answer to HEAD says the body would have, where it has none to be measured. */
  #sendWhole(status: number, headers: AnyHeaders, body: string | Uint8Array, told: string | null = null): void {
    const bodiless = status === 204 || status === 304;
    const headOf = (length: number): string =>
      this.#headOf(status, headers, bodiless ? 'none' : this.#headOnly && told !== null ? Number(told) : length);
    this.#writer.writeWhole(headOf, body, !this.#headOnly && !bodiless);
    this.#finish();
  }

  #sendStream(status: number, headers: AnyHeaders, body: StreamedBody): void {
    // Without chunks the connection's end is the body's.
    if (this.#old) this.#keepAlive = false;
    this.#unsentHead = this.#headOf(status, headers, this.#old ? 'none' : 'chunked');
    this.#streamed = body;
    body.start(this);
    // Nothing to say yet, but that it goes well.
    const head = this.#takeHead();
    if (head !== '' && !this.#closed) this.#writer.writeText(head);
  }

  #headOf(status: number, headers: AnyHeaders, framing: Framing): string {
    // A client that was to wait for a word and is refused may send its body or not: what comes next could be either.
    if (this.#host.draining || this.#expecting) this.#keepAlive = false;
    const connection = this.#keepAlive ? (this.#old ? 'keep-alive' : undefined) : 'close';
    return answerHead(status, headers, framing, connection);
  }

  #takeHead(): string {
    const head = this.#unsentHead;
    this.#unsentHead = '';
    return head;
  }

  #fault(request: IncomingRequest, error: unknown): void {
    const reply = this.#host.refuse(error, request.url);
    if (this.#request !== request) return;
    // Where a part of an answer is sent there is no telling any more.
    if (this.#streamed !== undefined || this.#answered) this.cut();
    else this.#send(request, reply);
  }

  /** The answer is written. */
  #finish(): void {
    this.#answered = true;
    this.#ticks = 0;
    this.#goOn();
  }

  /** After the answer, when the client has taken it and its request is whole: the next request, or the end. */
  #goOn(): void {
    if (this.#closed || !this.#writer.idle) return;
    const request = this.#request!;
    if (!this.#keepAlive || this.#host.draining) {
      request.body.fail(new Error('the connection is closed'));
      this.#endRequest();
      this.#shutDown();
      return;
    }
    if (this.#reader.bodyComing) {
      request.body.discard();
      this.#resume();
      return;
    }
    this.#endRequest();
    this.#ticks = 0;
    this.#resume();
    this.#reader.next();
  }

  #endRequest(): void {
    if (this.#request === undefined) return;
    this.#request = undefined;
    this.#streamed = undefined;
    this.#answered = false;
    this.#expecting = false;
    this.#host.onAnswered();
  }

  #pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Closes our side; the client closes when it has read, or is cut off. Closing both at once could take our last words back. */
  #shutDown(): void {
    if (this.#shut) return;
    this.#shut = true;
    this.#ticks = 0;
    this.#reader.stop();
    this.#resume();
    this.#writer.shutWhenSent();
  }
}

type AnyHeaders = Headers | Readonly<Record<string, string>>;
