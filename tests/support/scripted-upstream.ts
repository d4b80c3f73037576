import { createServer, type Server, type Socket } from 'node:net';
import { type ScriptedAnswer, sendAnswer, sendContinue } from './scripted-upstream-answer.ts';
import { type ParsedRequest, RequestReader } from './scripted-upstream-request.ts';

export { chatAnswer, jsonAnswer, messagesAnswer, rawAnswer, sseAnswer } from './scripted-upstream-answer.ts';
export type { ScriptedAnswer };

/** Decides what a request gets; undefined: the next rule is asked. */
export type Responder = (request: RecordedRequest) => ScriptedAnswer | undefined;

/**
 * A real server on 127.0.0.1 that answers as a test says, down to torn frames, resets and silence. It speaks HTTP/1.1
 * by itself over raw sockets, for no HTTP server lets a test break the rules.
 *
 *     await using upstream = await scriptedUpstream();
 *     upstream.enqueue(chatAnswer([chunk, 'reset']));
 *     ... call the gateway ...
 *     expect(upstream.requests[0]?.json()).toEqual(...)
 */
export interface ScriptedUpstream extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  url: string;
  port: number;
  /** Everything that came, oldest first; a request is there once its body is complete. */
  requests: RecordedRequest[];
  /** Connections opened since the start, and those open now. */
  connections: number;
  openConnections: number;
  /** Answers for the next requests, first in first out. */
  enqueue(...answers: ScriptedAnswer[]): void;
  /** Answers when the queue is empty. Without it such a request gets a 500 that says so. */
  otherwise(responder: Responder | ScriptedAnswer): void;
  /** Asked before the queue: what it refuses does not use up an answer. The strict modes are such rules. */
  refuse(responder: Responder): void;
  /** Resolves once `count` requests have come in whole (counted from the start). */
  received(count: number): Promise<RecordedRequest>;
  /** Resolves once no connection is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface RecordedRequest extends ParsedRequest {
  /** Number of the connection that it came on, from 1. */
  connection: number;
  /** `performance.now()` when the request was complete. */
  receivedAt: number;
  /** True once the whole scripted answer was handed to the socket. */
  answered: boolean;
  /** Resolves with `performance.now()` when the client closes before its answer is complete. */
  aborted: Promise<number>;
  text(): string;
  /** The body parsed; throws when it is not JSON. */
  json(): unknown;
}

export async function scriptedUpstream(): Promise<ScriptedUpstream> {
  const upstream = new NetUpstream();
  await upstream.listen();
  return upstream;
}

class NetUpstream implements ScriptedUpstream {
  url = '';
  port = 0;
  readonly requests: RecordedRequest[] = [];
  connections = 0;
  readonly #server: Server = createServer((socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();
  readonly #queue: ScriptedAnswer[] = [];
  readonly #refusals: Responder[] = [];
  #otherwise: Responder = () => ({ status: 500, body: ['no answer was scripted for this request'] });
  readonly #waiting: { done: () => boolean; resolve: () => void }[] = [];

  get openConnections(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as { port: number }).port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  enqueue(...answers: ScriptedAnswer[]): void {
    this.#queue.push(...answers);
  }

  otherwise(responder: Responder | ScriptedAnswer): void {
    this.#otherwise = typeof responder === 'function' ? responder : () => responder;
  }

  refuse(responder: Responder): void {
    this.#refusals.push(responder);
  }

  async received(count: number): Promise<RecordedRequest> {
    await this.#until(() => this.requests.length >= count);
    return this.requests[count - 1]!;
  }

  idle(): Promise<void> {
    return this.#until(() => this.#sockets.size === 0);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #serve(socket: Socket): void {
    const connection = ++this.connections;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    /** Aborts when the client has gone. */
    const gone = new AbortController();
    socket.on('error', () => gone.abort());
    socket.on('end', () => gone.abort());
    socket.on('close', () => {
      gone.abort();
      this.#sockets.delete(socket);
      this.#notify();
    });
    const reader = new RequestReader((parsed) => this.#answer(parsed, connection, socket, gone.signal), {
      onExpectContinue: () => sendContinue(socket),
      onNonsense: () => socket.destroy(),
    });
    socket.on('data', (bytes: Uint8Array) => reader.push(bytes));
  }

  #answer(parsed: ParsedRequest, connection: number, socket: Socket, gone: AbortSignal): void {
    const { promise: aborted, resolve: abort } = Promise.withResolvers<number>();
    const request: RecordedRequest = {
      ...parsed,
      connection,
      receivedAt: performance.now(),
      answered: false,
      aborted,
      text: () => new TextDecoder().decode(parsed.body),
      json: () => JSON.parse(new TextDecoder().decode(parsed.body)),
    };
    const onGone = () => {
      if (!request.answered) abort(performance.now());
    };
    gone.addEventListener('abort', onGone, { once: true });
    this.requests.push(request);
    this.#notify();
    void sendAnswer(socket, this.#choose(request), gone).then((sent) => {
      request.answered = sent;
      if (sent) gone.removeEventListener('abort', onGone);
    });
  }

  #choose(request: RecordedRequest): ScriptedAnswer {
    for (const refusal of this.#refusals) {
      const answer = refusal(request);
      if (answer !== undefined) return answer;
    }
    return this.#queue.shift() ?? this.#otherwise(request) ?? { status: 500, body: ['no rule answers this request'] };
  }

  #until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ done, resolve }));
  }

  #notify(): void {
    for (const waiter of this.#waiting.splice(0)) {
      if (waiter.done()) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }
}
