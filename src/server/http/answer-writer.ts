import { type AnswerFields, answerHead, type Framing } from './answer-head.ts';
import type { RequestHead } from './request-head.ts';
import type { SocketWriter } from './socket-writer.ts';

/** Writes the answers of one connection, each as the version and the method of its request have it. */
export class AnswerWriter {
  readonly #writer: SocketWriter;
  /** The request is of HTTP/1.0, which has no chunks. */
  #old = false;
  #headOnly = false;
  #keepAlive = true;
  /** The client waits to be told to send the body. */
  #expecting = false;
  /** The head of a streamed answer, which leaves with the first frame. */
  #unsentHead = '';

  constructor(writer: SocketWriter) {
    this.#writer = writer;
  }

  /** The request that is answered next. */
  onHead(head: RequestHead): void {
    this.#old = head.old;
    this.#headOnly = head.method === 'HEAD';
    this.#keepAlive = head.keepAlive;
    this.#expecting = head.expectsContinue;
  }

  /** The request asks for the head of its answer alone. */
  get headOnly(): boolean {
    return this.#headOnly;
  }

  /** The connection goes on after the answer. */
  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  /** The answer is the connection's last: its head says so, where it is not written yet. */
  endAfter(): void {
    this.#keepAlive = false;
  }

  /** The body came without waiting for a word. */
  bodyIsHere(): void {
    this.#expecting = false;
  }

  /** The body is wanted: a client that waits to be told so is. */
  writeContinue(): void {
    if (this.#expecting) this.#writer.writeText('HTTP/1.1 100 Continue\r\n\r\n');
    this.#expecting = false;
  }

  /** `told`: the length that an answer to HEAD says the body would have, where it has none to be measured. */
  writeWhole(status: number, headers: AnswerFields, body: string | Uint8Array, told: string | null = null): void {
    const bodiless = status === 204 || status === 304;
    const headOf = (length: number): string =>
      this.#headOf(status, headers, bodiless ? 'none' : this.#headOnly && told !== null ? Number(told) : length);
    this.#writer.writeWhole(headOf, body, !this.#headOnly && !bodiless);
  }

  /** The answer to what is no request, and the connection's last. */
  writeRefusal(status: number, headers: AnswerFields, body: string): void {
    this.#headOnly = false;
    this.#keepAlive = false;
    this.writeWhole(status, headers, body);
  }

  /** Frames follow: the head leaves with the first of them, or with `writeHead`. */
  beginStream(status: number, headers: AnswerFields): void {
    // Without chunks the connection's end is the body's.
    if (this.#old) this.#keepAlive = false;
    this.#unsentHead = this.#headOf(status, headers, this.#old ? 'none' : 'chunked');
  }

  /** A piece of a streamed body. False: what follows would wait. */
  writeFrame(bytes: Uint8Array, last: boolean): boolean {
    const head = this.#unsentHead;
    this.#unsentHead = '';
    return this.#writer.writeFrame(head, bytes, !this.#old, last);
  }

  /** A streamed answer has nothing to say yet, but that it goes well. */
  writeHead(): void {
    const head = this.#unsentHead;
    this.#unsentHead = '';
    if (head !== '') this.#writer.writeText(head);
  }

  #headOf(status: number, headers: AnswerFields, framing: Framing): string {
    // A client that was to wait for a word and is refused may send its body or not: what comes next could be either.
    if (this.#expecting) this.#keepAlive = false;
    const connection = this.#keepAlive ? (this.#old ? 'keep-alive' : undefined) : 'close';
    return answerHead(status, headers, framing, connection);
  }
}
