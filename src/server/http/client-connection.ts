import type { Socket } from 'bun';
import type { GatewayError } from '../../errors/catalogue.ts';
import { ClientLeft } from '../../pipeline/client-request.ts';
import type { Reply, StreamedBody, StreamingClient } from '../../pipeline/reply.ts';
import type { AnswerFields } from './answer-head.ts';
import { AnswerWriter } from './answer-writer.ts';
import { IncomingRequest, type RequestSource } from './incoming-request.ts';
import type { RequestBody } from './request-body.ts';
import { MalformedRequest, type RequestHead } from './request-head.ts';
import { type RequestEvents, RequestReader } from './request-reader.ts';
import { bodyOf } from './response-stream.ts';
import { SocketWriter } from './socket-writer.ts';
import { BODY_TICKS, HEAD_TICKS, IDLE_TICKS, LINGER_TICKS, REST_TICKS, TICK_MS } from './time-limits.ts';

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

/**
 * A client's connection: requests one after the other, each with its answer before the next is looked at. The client's
 * going away aborts the request that is being answered; so does the end of its sending alone, for the two look the same.
 */
export class ClientConnection implements RequestSource, RequestEvents, StreamingClient {
  readonly #socket: Socket<ClientConnection>;
  readonly #writer: SocketWriter;
  readonly #answers: AnswerWriter;
  readonly #reader: RequestReader;
  readonly #host: ConnectionHost;
  /** The request that is being answered. */
  #request: IncomingRequest | undefined;
  #streamed: StreamedBody | undefined;
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
    this.#answers = new AnswerWriter(this.#writer);
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
    this.#answers.onHead(head);
    this.#request = new IncomingRequest(head, this);
    return this.#request.body;
  }

  onRequest(): void {
    const request = this.#request!;
    if (!this.#reader.bodyComing) this.#answers.bodyIsHere();
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
    this.#answers.endAfter();
    if (this.#request !== undefined) {
      // Its body broke off: whoever reads that answers.
      if (this.#answered) this.#goOn();
      return;
    }
    const { status, headers, body } = this.#host.refuse(error, target);
    this.#answers.writeRefusal(status, headers, String(body));
    this.#shutDown();
  }

  onCrowded(): void {
    // A paused socket does not tell that its client has left: what comes is let go, and this answer is the last.
    this.#answers.endAfter();
    this.#reader.stop();
  }

  onWanted(): void {
    if (!this.#closed) this.#answers.writeContinue();
    this.#resume();
  }

  onUnwanted(): void {
    if (this.#answered) return;
    this.#paused = true;
    this.#socket.pause();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed) return true;
    return this.#answers.writeFrame(bytes, false);
  }

  end(last: Uint8Array): void {
    if (this.#closed) return;
    this.#answers.writeFrame(last, true);
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
      this.#write(answer.status, answer.headers, answer.body);
    }
  }

  async #sendResponse(request: IncomingRequest, response: Response): Promise<void> {
    const { status, headers } = response;
    const body = bodyOf(response, !this.#answers.headOnly);
    const ready = body instanceof Promise ? await body : body;
    if (this.#request === request) this.#write(status, headers, ready, headers.get('content-length'));
  }

  /** `length`: what an answer to HEAD says of a body that it does not have. */
  #write(status: number, headers: AnswerFields, body: AnswerBody, length: string | null = null): void {
    if (this.#host.draining) this.#answers.endAfter();
    if (typeof body === 'string' || body instanceof Uint8Array) {
      this.#answers.writeWhole(status, headers, body, length);
      this.#finish();
      return;
    }
    this.#answers.beginStream(status, headers);
    this.#streamed = body;
    body.start(this);
    if (!this.#closed) this.#answers.writeHead();
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
    if (!this.#answers.keepAlive || this.#host.draining) {
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
    this.#host.onAnswered();
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

type AnswerBody = string | Uint8Array | StreamedBody;
