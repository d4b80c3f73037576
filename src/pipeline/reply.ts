/** Headers of an answer by name, in lower case. */
export type AnswerHeaders = Record<string, string>;

/** An answer as the road gives it to the listener, without the objects that a `Response` brings for each request. */
export class Reply {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: string | StreamedBody;

  constructor(status: number, headers: AnswerHeaders, body: string | StreamedBody = '') {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** A body that is handed over as it comes. */
export interface StreamedBody {
  /** The head is on its way: from now on bytes may be written, at once too. Not called for a client that has left. */
  start(client: StreamingClient): void;
  /** After a write that found no room: there is room again. */
  onRoom(): void;
  /** The client takes nothing any more. May come after the body's end, and more than once. */
  cancel(): void;
}

/** The client's end of a streamed body. */
export interface StreamingClient {
  /** Sends at once; the bytes may be used again. False: nothing more is to be written until `onRoom`. */
  write(bytes: Uint8Array): boolean;
  /** Hands over more of what found no room. False: the client has taken nothing since. */
  flush(): boolean;
  /** The last bytes, and the end of the answer. */
  end(last: Uint8Array): void;
  /** Breaks the answer off so that the client sees that it is not whole. */
  cut(): void;
}

/** A reply as the platform's `Response`, for those within that called the road as a client does. */
export function toResponse({ status, headers, body }: Reply): Response {
  return new Response(typeof body === 'string' ? body : streamOf(body), { status, headers });
}

/** Pieces that may wait for the reader before the upstream is made to wait. */
const WAITING_PIECES = 64;

function streamOf(body: StreamedBody): ReadableStream<Uint8Array> {
  let started = false;
  const start = (controller: ReadableStreamDefaultController<Uint8Array>): void =>
    body.start({
      write: (bytes) => {
        controller.enqueue(bytes.slice());
        return (controller.desiredSize ?? 0) > 0;
      },
      // The reader's pull tells of every piece that it takes.
      flush: () => false,
      end: (last) => {
        controller.enqueue(last);
        controller.close();
      },
      cut: () => controller.error(new Error('the answer was broken off')),
    });
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (started) body.onRoom();
        else start(controller);
        started = true;
      },
      cancel: () => body.cancel(),
    },
    { highWaterMark: WAITING_PIECES },
  );
}
